//! Summaries of recorded events, with the change sets that their histories give.

mod recorded;

use recorded::{example, scenario};

#[test]
fn dump() {
    for (id, line) in scenario() {
        println!("{id} {line}");
    }
}
#[test]
fn dumpex() {
    for entry in std::fs::read_dir(recorded::samples().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        println!("{name} {}", example(&name));
    }
}
