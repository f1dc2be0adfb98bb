//! The Lambda function that `taffrail setup eks` hands out, run.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use taffrail_tests::Server;
use taffrail_tests::cli::taffrail;
use tempfile::TempDir;

/// The Lambda function with what CloudWatch gives it, against a real server.
#[test]
fn the_lambda_function_delivers() {
    let python =
        Command::new("python3").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: there is no python3 to run the function with");
        return;
    }
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let out = folder.path().to_string_lossy();
    taffrail(&["setup", "eks", "--cluster", "prod", "--url", "https://taffrail.example:8586", "--out", &out])
        .ok();
    let server = Server::builder().expect_log("request refused").start();
    let batch = json!({
        "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/eks/x/cluster", "logStream": "kube-apiserver-audit-1",
        "subscriptionFilters": ["taffrail"],
        "logEvents": [{"id": "1", "timestamp": 1, "message": "{\"kind\":\"Event\"}"}],
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(batch.to_string().as_bytes()).expect("compress");
    let event = json!({"awslogs": {"data": STANDARD.encode(gzip.finish().expect("compress"))}});
    let script = "import json, sys, lambda_function as f; print(json.dumps(f.lambda_handler(json.load(sys.stdin), None)))";
    let run = |url: String| {
        let mut command = Command::new("python3");
        command
            .args(["-c", script])
            .current_dir(folder.path())
            .env("TAFFRAIL_URL", url)
            .env_remove("http_proxy");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start python3");
        child
            .stdin
            .take()
            .expect("standard input is piped")
            .write_all(event.to_string().as_bytes())
            .expect("write the event");
        child.wait_with_output().expect("wait for python3")
    };
    let done = run(format!("http://{}/v1/audit/prod", server.ingest_addr()));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(answer["status"], 200);
    let refused = run(format!("http://{}/v1/audit/NOT-A-NAME", server.ingest_addr()));
    assert!(!refused.status.success(), "a batch that was not taken has to come again");
}
