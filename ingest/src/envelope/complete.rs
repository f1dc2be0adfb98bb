//! Completes an event that was cut on its way, as AKS (at 16 or 32 KiB) and CloudWatch Logs do.
//!
//! API servers write who, what and the outcome before the bodies, and the times after them. What is whole stays; what the cut
//! went through is left out, since half a name is another name. So is a body, because nobody knows what is missing of it.

use taffrail_event::json::{Lexer, Token};
use taffrail_event::{AuditRecord, TRUNCATED, Timestamp};

/// The event of which `prefix` is the beginning, marked as truncated; `None` if it says too little, or is no beginning of one.
/// `time` stands in for the time of the stage.
pub(super) fn complete(prefix: &[u8], time: Option<Timestamp>) -> Option<Vec<u8>> {
    let mut lexer = Lexer::new(prefix);
    if lexer.next_token() != Some(Token::ObjectOpen) {
        return None;
    }
    let mut whole = lexer.position();
    let mut members = 0;
    let mut cut_member = Vec::new();
    let mut has_time = false;
    loop {
        let mut token = lexer.next_token();
        if token == Some(Token::Comma) {
            token = lexer.next_token();
        }
        let Some(Token::String { start, end, .. }) = token else { break };
        let key = &prefix[start..end];
        if lexer.next_token() != Some(Token::Colon) {
            break;
        }
        let from = lexer.position();
        let Some(value) = lexer.value().filter(|value| is_whole(prefix, value.end)) else {
            if matches!(key, b"user" | b"impersonatedUser" | b"objectRef" | b"responseStatus" | b"sourceIPs")
            {
                cut_member = whole_part(&prefix[from..])
                    .map(|value| [b"\"", key, b"\":", &value].concat())
                    .unwrap_or_default();
            }
            break;
        };
        has_time |= matches!(key, b"requestReceivedTimestamp" | b"stageTimestamp");
        whole = value.end;
        members += 1;
    }
    let mut event = prefix[..whole].to_vec();
    let mut add = |member: &[u8]| {
        if members > 0 {
            event.push(b',');
        }
        members += 1;
        event.extend_from_slice(member);
    };
    if !cut_member.is_empty() {
        add(&cut_member);
    }
    if let Some(time) = time.filter(|_| !has_time) {
        add(format!(r#""stageTimestamp":"{time}""#).as_bytes());
    }
    add(format!(r#""annotations":{{"{TRUNCATED}":"true"}}}}"#).as_bytes());
    AuditRecord::decode(&event).is_ok().then_some(event)
}

/// A number or word at the very end may go on where it was cut.
fn is_whole(prefix: &[u8], end: usize) -> bool {
    end < prefix.len() || matches!(prefix.last(), Some(b'"' | b'}' | b']'))
}

/// The container that `value` begins, closed after its last whole member.
fn whole_part(value: &[u8]) -> Option<Vec<u8>> {
    let mut lexer = Lexer::new(value);
    let mut open = Vec::new();
    let mut is_key = false;
    let mut whole = 0;
    while let Some(token) = lexer.next_token() {
        match token {
            Token::ObjectOpen | Token::ArrayOpen => {
                let is_object = token == Token::ObjectOpen;
                open.push(if is_object { b'}' } else { b']' });
                is_key = is_object;
                whole = lexer.position();
            }
            Token::ObjectClose | Token::ArrayClose => {
                let closer = if token == Token::ObjectClose { b'}' } else { b']' };
                if open.pop() != Some(closer) {
                    return None;
                }
                is_key = false;
                whole = lexer.position();
            }
            Token::Comma => is_key = open.last() == Some(&b'}'),
            Token::Colon => is_key = false,
            Token::String { .. } if is_key => {}
            Token::String { .. } => whole = lexer.position(),
            Token::Scalar { end, .. } if is_whole(value, end) => whole = end,
            Token::Scalar { .. } => break,
        }
        if open.is_empty() {
            break;
        }
    }
    if whole == 0 {
        return None;
    }
    let mut part = value[..whole].to_vec();
    part.extend(open.iter().rev());
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use taffrail_event::json;

    #[test]
    fn what_is_whole_stays() {
        fn check(prefix: &str, expected: Option<&str>) {
            let time = Timestamp::parse("2023-01-10T22:13:00Z");
            let event = complete(prefix.as_bytes(), time).map(|event| String::from_utf8(event).unwrap());
            let mark = r#","annotations":{"audit.k8s.io/truncated":"true"}}"#;
            let expected = expected.map(|expected| format!("{expected}{mark}"));
            assert_eq!(event, expected, "{prefix}");
        }
        let time = r#""stageTimestamp":"2023-01-10T22:13:00.000000Z""#;
        let with_time = |event: &str| Some(format!("{event},{time}"));
        check(r#"{"auditID":"a","verb":"pat"#, with_time(r#"{"auditID":"a""#).as_deref());
        check(r#"{"auditID":"a","verb""#, with_time(r#"{"auditID":"a""#).as_deref());
        check(
            r#"{"auditID":"a","user":{"username":"alice","groups":["one","tw"#,
            with_time(r#"{"auditID":"a","user":{"username":"alice","groups":["one"]}"#).as_deref(),
        );
        check(
            r#"{"auditID":"a","user":{"username":"ali"#,
            with_time(r#"{"auditID":"a","user":{}"#).as_deref(),
        );
        check(
            r#"{"auditID":"a","responseStatus":{"metadata":{},"code":20"#,
            with_time(r#"{"auditID":"a","responseStatus":{"metadata":{}}"#).as_deref(),
        );
        check(
            r#"{"auditID":"a","requestObject":{"kind":"Secret","data":{"pw":"aHVu"#,
            with_time(r#"{"auditID":"a""#).as_deref(),
        );
        check(
            r#"{"auditID":"a","stageTimestamp":"2026-11-23T16:11:23.418577Z","annotations":{"x":"#,
            Some(r#"{"auditID":"a","stageTimestamp":"2026-11-23T16:11:23.418577Z""#),
        );
        check(r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"8c"#, None);
        check(r#"{"kind":"Pod","#, None);
        check("I0110 22:13:00.640063       1 httplog.go:132] \"HTTP\"", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_gives_an_event_or_nothing(at in 0_usize..400) {
            let event = br#"{"kind":"Event","level":"Request","auditID":"a","stage":"ResponseComplete","verb":"create","user":{"username":"al\"ice","groups":["g"]},"objectRef":{"resource":"pods"},"requestObject":{"a":[1,{"b":"c"}]},"requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z"}"#;
            let prefix = &event[..at.min(event.len() - 1)];
            if let Some(event) = complete(prefix, None) {
                prop_assert!(json::is_well_formed(&event));
                prop_assert!(AuditRecord::decode(&event).unwrap().is_truncated());
            }
        }

        #[test]
        fn never_panics(bytes in "[{}\\[\\]:,\"a1\\\\ ]{0,40}") {
            let prefix = format!(r#"{{"auditID":"a",{bytes}"#);
            complete(prefix.as_bytes(), None);
        }
    }
}
