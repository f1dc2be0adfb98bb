//! Questions about one object that was written ten thousand times.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use taffrail_tests::{Samples, Server, cli, samples};

use crate::arguments::Arguments;
use crate::corpus::folder;
use crate::table::Table;

const VERSIONS: u32 = 10_000;

/// First page of its history, who set each of its fields, and what it was in between.
pub(crate) fn measure(_: &Arguments, table: &mut Table) {
    let file = folder().join("versions.jsonl");
    let mut lines = fs::File::create(&file).map(std::io::BufWriter::new).expect("create a file");
    let recorded = recorded();
    for number in 1..=VERSIONS {
        writeln!(lines, "{}", version(&recorded, number)).expect("write a file");
    }
    lines.flush().expect("write a file");
    drop(lines);
    let mut server = Server::builder().expect_log("").stopped();
    cli::import(server.data(), "bench", &[&file]).ok();
    server.start();
    let object = "/api/v1/objects/bench/apps/deployments/shop-a/web";
    let middle = "2026-11-23T17:30:00Z";
    for (name, budget, path, parameters) in [
        (
            "first page of the history of an object with 10,000 versions",
            200,
            "history",
            vec![("limit", "100")],
        ),
        ("its blame", 300, "blame", vec![]),
        ("what it was at a time", 300, "at", vec![("time", middle)]),
    ] {
        let mut times = Samples::default();
        for _ in 0..20 {
            let started = Instant::now();
            let answer = server.api().read(&format!("{object}/{path}"), &parameters);
            times.add(started.elapsed());
            assert_eq!(answer["coverage"]["partial"], false, "{name}");
        }
        let limit = Duration::from_millis(budget);
        table.add(name, &format!("< {budget} ms"), times.to_string(), times.max() < limit);
    }
}

/// A change of a deployment, as the API server answered it.
fn recorded() -> Value {
    samples::lines("audit/scenario.jsonl.gz")
        .iter()
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .find(|record| {
            record["verb"] == "patch"
                && record["objectRef"]["resource"] == "deployments"
                && record["objectRef"]["name"] == "web"
                && record["objectRef"]["subresource"].is_null()
                && record["responseObject"]["spec"]["replicas"].is_u64()
        })
        .expect("the recording has one")
}

/// The same, for another number of replicas.
fn version(recorded: &Value, number: u32) -> Value {
    let mut record = recorded.clone();
    let seconds = number / 2;
    let time = format!(
        "2026-11-23T{:02}:{:02}:{:02}.{:06}Z",
        16 + seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        number % 2 * 500_000
    );
    record["auditID"] = format!("{number:08x}-bfd7-4afb-a8b9-7d52749868dd").into();
    record["requestReceivedTimestamp"] = time.clone().into();
    record["stageTimestamp"] = time.into();
    record["requestObject"] = json!({"spec": {"replicas": number}});
    record["responseObject"]["spec"]["replicas"] = number.into();
    record["responseObject"]["metadata"]["generation"] = number.into();
    record["responseObject"]["metadata"]["resourceVersion"] = (1_000_000 + number).to_string().into();
    record
}
