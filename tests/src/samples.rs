//! The recorded events of `samples/`.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// The path of a recorded file, e.g. `audit/scenario.jsonl.gz`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(name)
}

/// The content of a recorded file, unpacked.
pub fn unpacked(name: &str) -> Vec<u8> {
    let path = path(name);
    let fail = |error| -> ! { panic!("read {}: {error}", path.display()) };
    let mut content = Vec::new();
    let file = File::open(&path).unwrap_or_else(|error| fail(error));
    let read = if name.ends_with(".gz") {
        GzDecoder::new(file).read_to_end(&mut content)
    } else {
        { file }.read_to_end(&mut content)
    };
    read.unwrap_or_else(|error| fail(error));
    content
}

/// The lines of a recorded file of JSON lines.
pub fn lines(name: &str) -> Vec<Vec<u8>> {
    split_lines(&unpacked(name))
}

/// The webhook requests recorded in a folder, in the order in which they arrived.
pub fn requests(folder: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(path(folder)).expect("list recorded requests");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("list recorded requests").file_name()).collect();
    names.sort();
    names.iter().map(|name| unpacked(&format!("{folder}/{}", name.to_string_lossy()))).collect()
}

/// One of the single events in `audit/examples`, as one line.
pub fn example(name: &str) -> Vec<u8> {
    let content = unpacked(&format!("audit/examples/{name}.json"));
    let json: serde_json::Value = serde_json::from_slice(&content).expect("examples are valid JSON");
    serde_json::to_vec(&json).expect("JSON can be written")
}

/// An `EventList` of these events, as a webhook sends it.
pub fn event_list<T: AsRef<[u8]>>(events: &[T]) -> Vec<u8> {
    let mut list = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#.to_vec();
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            list.push(b',');
        }
        list.extend_from_slice(event.as_ref());
    }
    list.extend_from_slice(b"]}\n");
    list
}

/// The lines of `content`, without empty ones.
pub fn split_lines(content: &[u8]) -> Vec<Vec<u8>> {
    content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}
