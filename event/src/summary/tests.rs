//! Summaries of recorded events, with the change sets that their histories give.

mod recorded;

use recorded::{example, scenario};

#[test]
fn dump() {
    let _ = recorded::last_of(&[]);
    for (id, line) in scenario() {
        println!("{id} {line}");
    }
}
#[test]
fn dumplarge() {
    for f in ["large.jsonl.gz", "all-verbs.jsonl.gz","delete-finalizer-ssa-crd.jsonl.gz","scenario-typical-policy.jsonl.gz","scenario-metadata-level.jsonl.gz", "adversarial-inputs.jsonl.gz","../story/audit.jsonl.gz"] {
    println!("FILE {f}");
    for (id, line) in recorded::recording(f) {
        println!("{id} {line}");
    }
    }
}
#[test]
fn dumpex() {
    for entry in std::fs::read_dir(recorded::samples().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        println!("{name} {}", example(&name));
    }
}
