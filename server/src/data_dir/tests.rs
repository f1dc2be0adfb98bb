//! The directory's rules.

use std::fs;

use super::*;

fn text<T>(result: anyhow::Result<T>) -> String {
    match result {
        Ok(_) => "fine".to_owned(),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn a_second_writer_is_told_who_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, lock) = DataDir::open(dir.path()).unwrap();
    let refused = text(DataDir::open(dir.path()));
    assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");
    assert_eq!(data.holder().unwrap(), Some(Holder { pid: Some(std::process::id()) }));
    drop(lock);
    assert_eq!(data.holder().unwrap(), None);
    DataDir::open(dir.path()).unwrap();
}

#[test]
fn a_newer_format_is_refused_with_the_version_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("format.json"), r#"{"format":7,"needs":"3.2.0","more":1}"#).unwrap();
    for refused in [text(DataDir::open(dir.path())), text(DataDir::existing(dir.path()))] {
        assert!(refused.contains("has format 7, which needs Taffrail 3.2.0 or newer"), "{refused}");
    }
    fs::write(dir.path().join("format.json"), "{").unwrap();
    assert!(text(DataDir::open(dir.path())).contains("damaged"));
}

#[test]
fn somebody_elses_directory_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "").unwrap();
    assert!(text(DataDir::open(dir.path())).contains("holds thesis.tex but no Taffrail data"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_first_start_that_was_killed_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lock"), "12").unwrap();
    fs::write(dir.path().join("format.json.tmp"), "{").unwrap();
    DataDir::open(dir.path()).unwrap();
    DataDir::existing(dir.path()).unwrap();
}

#[test]
fn reading_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    assert!(text(DataDir::existing(&missing)).contains("there is no Taffrail data"));
    assert!(!missing.try_exists().unwrap());
}

#[test]
fn a_server_is_known_only_while_it_holds_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let (data, lock) = DataDir::open(dir.path()).unwrap();
    assert_eq!(data.server().unwrap(), None);
    let server = ServerFile {
        health: None,
        pid: std::process::id(),
        api: "http://127.0.0.1:1".into(),
        ingest: "http://127.0.0.1:2".into(),
    };
    data.write_server(&server).unwrap();
    assert_eq!(data.server().unwrap(), Some(server.clone()));
    drop(lock);
    assert_eq!(data.server().unwrap(), None, "left behind by a crash");
    let (data, _lock) = DataDir::open(dir.path()).unwrap();
    data.write_server(&ServerFile { pid: server.pid + 1, ..server }).unwrap();
    assert_eq!(data.server().unwrap(), None, "of another process");
    data.remove_server().unwrap();
    data.remove_server().unwrap();
}

#[test]
fn the_directory_is_the_owners() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b");
    DataDir::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}
