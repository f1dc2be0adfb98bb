//! The shape of problem documents, and the list of codes against docs/api.md.

use std::collections::BTreeSet;

use http_body_util::BodyExt;
use serde_json::{Value, json};
use taffrail_event::Key;
use taffrail_query::{CursorError, TimeContext, parse};

use super::*;

#[tokio::test]
async fn documents() {
    async fn check(problem: Problem, status: u16, expected: Value) {
        let response = problem.response("r1");
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let document: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document["status"], status);
        assert_eq!(document["request_id"], "r1");
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&document[name], value, "{name} of {document}");
        }
    }
    let context = TimeContext::utc(taffrail_event::Timestamp::default());
    let error = parse("verb:delete usr:alice", &context).unwrap_err();
    check(
        ReadError::from(error).into(),
        400,
        json!({"code": "query_unknown_field", "title": "Bad Request", "span": {"start": 12, "end": 15}, "ids": null}),
    )
    .await;
    check(ReadError::from(CursorError::Damaged).into(), 400, json!({"code": "bad_cursor", "span": null}))
        .await;
    check(ReadError::NotFound("abcdef00".into()).into(), 404, json!({"code": "not_found"})).await;
    let ambiguous = ReadError::Ambiguous { prefix: "00000000".into(), ids: vec![Key(1), Key(2)] };
    check(
        ambiguous.into(),
        409,
        json!({"code": "ambiguous_id", "ids": [Key(1).to_string(), Key(2).to_string()]}),
    )
    .await;
    let hidden = ReadError::from(SearchError::Storage("/var/lib/taffrail/index: EIO".into()));
    check(
        hidden.into(),
        500,
        json!({"code": "internal", "detail": "the index cannot be read; the server's log says why"}),
    )
    .await;
}

#[test]
fn retry_after_is_an_integer() {
    let response = Problem::new(Code::DiskFull, "full").retry_after(10).response("r1");
    assert_eq!(response.headers()[header::RETRY_AFTER], "10");
}

#[test]
fn the_documented_codes_are_all_there_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let documented: BTreeSet<(String, String)> = text
        .lines()
        .skip_while(|line| !line.starts_with("## Error codes"))
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(|cell| cell.trim().replace('`', ""));
            Some((cells.next()?, cells.next()?))
        })
        .collect();
    let known =
        Code::all().map(|code| (code.name().to_owned(), code.status().as_u16().to_string())).collect();
    assert_eq!(documented, known);
}
