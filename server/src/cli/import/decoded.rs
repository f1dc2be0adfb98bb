//! A file's content whatever it is compressed with, and how many bytes of the file have been read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::is_stdin;

const BUFFER_BYTES: usize = 256 * 1024;

/// Opens a file or standard input; `read` counts the bytes as they lie there.
pub(super) fn open(path: &Path, read: &Rc<Cell<u64>>) -> io::Result<Box<dyn Read>> {
    let source: Box<dyn Read> =
        if is_stdin(path) { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let counted = Counted { source, read: Rc::clone(read) };
    decode(BufReader::with_capacity(BUFFER_BYTES, counted))
}

/// By its first bytes: names lie.
fn decode(mut file: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
    Ok(match file.fill_buf()? {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(file)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    })
}

struct Counted {
    source: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(content: Vec<u8>, expected: &[u8]) {
        let mut found = Vec::new();
        decode(io::Cursor::new(content)).unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn by_content() {
        let gzip = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        check(b"{}\n".to_vec(), b"{}\n");
        check(Vec::new(), b"");
        check(gzip(b"one"), b"one");
        check([gzip(b"one"), gzip(b"two")].concat(), b"onetwo");
        check(zstd::bulk::compress(b"three", 1).unwrap(), b"three");
    }
}
