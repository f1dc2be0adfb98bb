//! `taffrail import` of the large recording, beside gzip and zstd of the same file.

use std::fs::{self, File};
use std::process::Command;
use std::time::Instant;

use taffrail_tests::{Binary, Samples, disk_usage};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::corpus::{folder, large, mebibytes, timed};
use crate::table::Table;

/// Time, memory and disk.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let input = large();
    let size = fs::metadata(&input).expect("ask for a size").len();
    let packed = folder().join("packed");
    let (mut gzip, mut zstd, mut import) = (Samples::default(), Samples::default(), Samples::default());
    let (mut gzip_size, mut zstd_size, mut disk, mut peak) = (0, 0, 0, 0);
    // In turns, so that what else the machine does hits all alike.
    for _ in 0..arguments.rounds {
        let pack = |program: &str, level: &str| {
            let mut command = Command::new(program);
            command.args([level, "-c"]).stdin(File::open(&input).expect("open a file"));
            let out = File::create(&packed).expect("create a file");
            let started = Instant::now();
            // A compressor writes a file, as an import does.
            let status = command.stdout(out).status().expect("gzip and zstd are installed");
            assert!(status.success(), "{program} failed");
            (started.elapsed(), fs::metadata(&packed).expect("ask for a size").len())
        };
        let (elapsed, bytes) = pack("gzip", "-6");
        gzip.add(elapsed);
        gzip_size = bytes;
        let (elapsed, bytes) = pack("zstd", "-3");
        zstd.add(elapsed);
        zstd_size = bytes;
        let data = TempDir::new_in(folder()).expect("create a directory");
        let mut command = Command::new(Binary::Plain.path());
        command.args(["import", "--cluster", "bench", "--data"]).arg(data.path()).arg(&input);
        let (elapsed, usage) = timed(&mut command);
        import.add(elapsed);
        peak = peak.max(usage.peak_rss);
        disk = disk_usage(data.path());
    }
    fs::remove_file(&packed).expect("remove a file");

    let seconds = |samples: &Samples| samples.median().as_secs_f64();
    let ratio = seconds(&import) / seconds(&gzip);
    let percent = |bytes: u64| bytes as f64 * 100.0 / size as f64;
    table.note(
        "gzip -6 of large.jsonl",
        format!("{:.2} s, {:.1} % of the file", seconds(&gzip), percent(gzip_size)),
    );
    table.note(
        "zstd -3 of large.jsonl",
        format!("{:.2} s, {:.1} % of the file", seconds(&zstd), percent(zstd_size)),
    );
    table.add(
        "`import` of large.jsonl, to compacted",
        "<= 1.0 x gzip -6; goal 0.7",
        format!(
            "{:.2} s = {ratio:.2} x gzip -6 ({:.0} MB/s; {:.2} to {:.2} s)",
            seconds(&import),
            size as f64 / 1e6 / seconds(&import),
            import.percentile(0).as_secs_f64(),
            import.max().as_secs_f64(),
        ),
        ratio <= 1.0,
    );
    table.add("its memory", "<= 512 MB", mebibytes(peak), peak <= 512 << 20);
    table.add(
        "disk after it, index and bodies",
        "<= 10 % of the JSON; goal 6 %",
        format!("{:.1} % ({})", percent(disk), mebibytes(disk)),
        percent(disk) <= 10.0,
    );
}
