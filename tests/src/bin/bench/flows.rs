//! Flow records and kernel lines through to the index, and the story of a pod that has a million flows.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use taffrail_tests::{Binary, Random, Samples, Server, cli, disk_usage, rfc3339, samples};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::corpus::{folder, mebibytes, timed};
use crate::table::Table;

const RECORDS: u32 = 300_000;
const LINES: u32 = 600_000;
const OF_ONE_POD: u32 = 1_000_000;

/// Start of the flows, in seconds since 1970: the day of the recorded quarantine.
const DAY: i64 = 1_795_443_600;

/// What is measured of a stream of records.
struct Stream {
    name: &'static str,
    file: PathBuf,
    records: u32,
    wanted: u32,
}

/// Rates, disk, and the story.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let streams = [
        Stream {
            name: "Calico flow records",
            file: made("flows.jsonl", |lines| records(lines, RECORDS, any_pod)),
            records: RECORDS,
            wanted: 30_000,
        },
        Stream {
            name: "kernel lines",
            file: made("kern.log", |lines| kernel_lines(lines, LINES)),
            records: LINES,
            wanted: 60_000,
        },
    ];
    for stream in &streams {
        stream.import(arguments, table);
        stream.post(table);
    }
    story(table);
}

impl Stream {
    fn bytes(&self) -> u64 {
        fs::metadata(&self.file).expect("ask for a size").len()
    }

    fn each(&self) -> u64 {
        self.bytes() / u64::from(self.records)
    }

    fn rate(&self, elapsed: Duration) -> f64 {
        f64::from(self.records) / elapsed.as_secs_f64()
    }

    /// All the way to compacted.
    fn import(&self, arguments: &Arguments, table: &mut Table) {
        let (mut times, mut disk, mut peak) = (Samples::default(), 0, 0);
        for _ in 0..arguments.rounds {
            let data = TempDir::new_in(folder()).expect("create a directory");
            let mut command = Command::new(Binary::Plain.path());
            command.args(["import", "--cluster", "bench", "--node", "node-1", "--data"]);
            let (elapsed, usage) = timed(command.arg(data.path()).arg(&self.file));
            times.add(elapsed);
            peak = peak.max(usage.peak_rss);
            disk = disk_usage(data.path());
        }
        let rate = self.rate(times.median());
        table.add(
            &format!("`import` of {} {} of {} bytes, to compacted", self.records, self.name, self.each()),
            &format!(">= {} /s", self.wanted),
            format!("{rate:.0} /s ({times}); {} at its peak", mebibytes(peak)),
            rate >= f64::from(self.wanted),
        );
        table.note(
            &format!("disk per one of these {}", self.name),
            format!(
                "{:.0} bytes, {:.1} % of what came",
                disk as f64 / f64::from(self.records),
                disk as f64 * 100.0 / self.bytes() as f64
            ),
        );
    }

    /// Through the journal: acknowledged, and searchable.
    fn post(&self, table: &mut Table) {
        let server = Server::builder().set("index.commit_interval", "1s").expect_log("").start();
        let body = fs::read(&self.file).expect("read a file");
        let started = Instant::now();
        for piece in pieces(&body, 4 << 20) {
            let response = server.ingest().post("/v1/flows/bench?node=node-1", piece).expect("post flows");
            assert_eq!(response.status, 200, "{response:?}");
        }
        let durable = started.elapsed();
        server.api().wait_until_searchable();
        let searchable = started.elapsed();
        let rate = self.rate(searchable);
        table.add(
            &format!("{} posted, durable and searchable", self.name),
            &format!(">= {} /s", self.wanted),
            format!(
                "{rate:.0} /s ({searchable:.1?}); acknowledged {:.0} /s; {} at its peak",
                self.rate(durable),
                mebibytes(server.usage().peak_rss)
            ),
            rate >= f64::from(self.wanted),
        );
    }
}

/// The story of the recorded quarantine's pod, with a million more flows of it around.
fn story(table: &mut Table) {
    let flows = made("flows-of-one-pod.jsonl", |lines| records(lines, OF_ONE_POD, attacker));
    let mut server = Server::builder().expect_log("").stopped();
    let audit = samples::path("story/audit.jsonl.gz");
    cli::import(server.data(), "bench", &[&audit, &flows]).ok();
    server.start();
    let mut times = Samples::default();
    for round in 0..6 {
        let started = Instant::now();
        let story = server
            .api()
            .read("/api/v1/quarantine/bench/default/attacker", &[("before", "1h"), ("after", "1h")]);
        let elapsed = started.elapsed();
        if round == 0 {
            table.note(
                "the first story after a start",
                format!("{elapsed:.2?}; partial: {}", story["coverage"]["partial"]),
            );
        } else {
            times.add(elapsed);
        }
    }
    table.add(
        "story of a pod with 1,000,000 flows in its time",
        "< 1 s",
        times.to_string(),
        times.max() < Duration::from_secs(1),
    );
}

/// A file in the folder of what is measured with; made once.
fn made(name: &str, make: impl FnOnce(&mut BufWriter<File>)) -> PathBuf {
    let path = folder().join(name);
    if path.try_exists().expect("look for a file") {
        return path;
    }
    let part = folder().join(format!("{name}.part"));
    let mut lines = BufWriter::new(File::create(&part).expect("create a file"));
    make(&mut lines);
    lines.flush().expect("write a file");
    fs::rename(&part, &path).expect("rename a file");
    path
}

/// The pod on the other side of nobody in particular: two thousand of them, in twenty namespaces.
fn any_pod(random: &mut Random) -> (String, String, String) {
    let number = random.below(2000);
    (
        format!("team-{}", number % 20),
        format!("web-{:x}-{:05x}", number / 10 + 0xf69c, number * 7919 + 0x1000),
        format!("10.244.{}.{}", number / 250, number % 250 + 2),
    )
}

fn attacker(_: &mut Random) -> (String, String, String) {
    ("default".to_owned(), "attacker".to_owned(), "10.244.1.4".to_owned())
}

/// Records as Calico Enterprise writes them, after the recorded ones: 1.5 KB, an interval of 15 seconds each.
fn records(lines: &mut impl Write, count: u32, pod: fn(&mut Random) -> (String, String, String)) {
    let mut random = Random::new(4);
    for number in 0..count {
        let start = DAY + i64::from(number) * 7200 / i64::from(count) / 15 * 15;
        let (namespace, name, ip) = pod(&mut random);
        let peer = random.below(300);
        let (port, peer_port) = (32_768 + random.below(28_000), [80, 443, 5432, 6379, 8080][random.below(5)]);
        let is_denied = random.chance(10);
        let reporter = if random.chance(50) { "src" } else { "dst" };
        let (action, rule) = if is_denied {
            ("deny", "0|security|security.quarantine|deny|1")
        } else {
            ("allow", "1|default|shop/default.allow-web|allow|0")
        };
        writeln!(
            lines,
            r#"{{"start_time":{start},"end_time":{end},"source_ip":"{ip}","source_name":"{name}","source_name_aggr":"{aggregate}-*","source_namespace":"{namespace}","source_port":{port},"source_type":"wep","source_labels":{{"labels":["app={aggregate}","app.kubernetes.io/name={aggregate}","app.kubernetes.io/part-of={namespace}","pod-template-hash=ff69c7947","projectcalico.org/orchestrator=k8s"]}},"dest_ip":"10.244.9.{peer_ip}","dest_name":"vote-ff69c7947-{peer:05x}","dest_name_aggr":"vote-ff69c7947-*","dest_namespace":"vote","dest_port":{peer_port},"dest_type":"wep","dest_labels":{{"labels":["app=vote","app.kubernetes.io/name=vote","pod-template-hash=ff69c7947","projectcalico.org/orchestrator=k8s"]}},"dest_service_namespace":"vote","dest_service_name":"vote","dest_service_port":"http","dest_service_port_num":{peer_port},"proto":"tcp","action":"{action}","reporter":"{reporter}","policies":{{"all_policies":["{rule}"],"enforced_policies":["{rule}"],"pending_policies":["{rule}"],"transit_policies":null}},"bytes_in":{bytes_in},"bytes_out":{bytes_out},"packets_in":5,"packets_out":6,"num_flows":1,"num_flows_started":1,"num_flows_completed":1,"http_requests_allowed_in":0,"http_requests_denied_in":0,"process_name":"-","num_process_names":0,"process_id":"-","num_process_ids":0,"process_args":["-"],"num_process_args":0,"original_source_ips":null,"num_original_source_ips":0,"tcp_mean_send_congestion_window":0,"tcp_min_send_congestion_window":0,"tcp_mean_smooth_rtt":0,"tcp_max_smooth_rtt":0,"tcp_mean_min_rtt":0,"tcp_max_min_rtt":0,"tcp_mean_mss":0,"tcp_min_mss":0,"tcp_total_retransmissions":0,"tcp_lost_packets":0,"tcp_unrecovered_to":0,"host":"node-{node}","@timestamp":{end}000}}"#,
            end = start + 15,
            aggregate = name.rsplit_once('-').map_or(name.as_str(), |(aggregate, _)| aggregate),
            peer_ip = peer % 250 + 2,
            bytes_in = 200 + random.below(2_000),
            bytes_out = 200 + random.below(20_000),
            node = random.below(20),
        )
        .expect("write a file");
    }
}

/// Lines as the kernel writes them and a syslog daemon stores them, after the recorded ones.
fn kernel_lines(lines: &mut impl Write, count: u32) {
    let mut random = Random::new(5);
    for number in 0..count {
        let micros = i64::from(number) * 7_200_000_000 / i64::from(count);
        let time = String::from_utf8_lossy(&rfc3339(DAY * 1_000_000 + micros)).into_owned();
        let (_, _, ip) = any_pod(&mut random);
        writeln!(
            lines,
            "{time} node-1 kernel: calico-packet: IN=cali{interface:011x} OUT=eth0 MAC=d6:dc:18:fc:5b:b6:02:05:67:2a:91:a6:08:00 SRC={ip} DST=10.244.9.{peer} LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID={id} DF PROTO=TCP SPT={port} DPT=80 WINDOW=64240 RES=0x00 SYN URGP=0 ",
            interface = ip.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte)) & 0xfff_ffff_ffff,
            peer = random.below(250) + 2,
            id = random.below(65_536),
            port = 32_768 + random.below(28_000),
        )
        .expect("write a file");
    }
}

/// Whole lines, of that many bytes together or a few more.
fn pieces(body: &[u8], bytes: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.get(bytes..).and_then(|after| after.iter().position(|byte| *byte == b'\n'));
        let (piece, left) = rest.split_at(end.map_or(rest.len(), |end| bytes + end + 1));
        rest = left;
        Some(piece)
    })
}
