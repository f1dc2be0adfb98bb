//! An event as one line of a table: who, did what, and a mark when it did not go through.

use serde::Deserialize;
use taffrail_event::{Event, Timestamp};

use super::table::{Text, Tone};

/// What a line needs of an event. Lenient on purpose: a newer server may send kinds and fields that this build does not
/// know.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventRow {
    /// Its id.
    pub(crate) id: String,
    /// When it happened.
    pub(crate) time: Timestamp,
    /// Where.
    #[serde(default)]
    pub(crate) cluster: String,
    #[serde(default)]
    summary: String,
    actor: Option<Actor>,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Deserialize)]
struct Actor {
    #[serde(default)]
    name: String,
    #[serde(default)]
    display: String,
    #[serde(default, rename = "as")]
    impersonated: Option<Impersonated>,
}

#[derive(Debug, Clone, Deserialize)]
struct Impersonated {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Outcome {
    #[serde(default)]
    result: String,
    code: Option<i64>,
}

impl EventRow {
    /// By way of the text, so that there is one way to say an event in two columns, wherever it comes from.
    pub(super) fn of(event: &Event) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(&serde_json::to_string(event)?)?)
    }

    /// Who, and what they did. The summary is a sentence that begins with who; it is cut there, so that the two columns
    /// read as that sentence.
    pub(crate) fn sentence(&self) -> (&str, &str) {
        let Some(actor) = &self.actor else { return ("", &self.summary) };
        let who = if actor.display.is_empty() { short_name(&actor.name) } else { &actor.display };
        let mut candidates = vec![who.to_owned()];
        if let Some(impersonated) = &actor.impersonated {
            candidates.insert(0, format!("{who} as {}", short_name(&impersonated.name)));
        }
        candidates.push("an anonymous caller".to_owned());
        candidates.push("an unauthenticated caller".to_owned());
        let cut = candidates.iter().find_map(|who| {
            let what = self.summary.strip_prefix(who.as_str()).filter(|_| !who.is_empty())?;
            Some((self.summary.get(..who.len())?, what.strip_prefix(' ')?))
        });
        cut.unwrap_or((who, &self.summary))
    }

    /// The mark of a request that did not go through, or not yet.
    pub(crate) fn mark(&self) -> Text {
        let Some(outcome) = &self.outcome else { return Text::new("") };
        let coded = || match outcome.code {
            Some(code) => format!("{} {code}", outcome.result),
            None => outcome.result.clone(),
        };
        match outcome.result.as_str() {
            "success" => Text::new(""),
            "denied" => Text::new(coded()).tone(Tone::Bad),
            "failed" => Text::new(coded()).tone(Tone::Notable),
            other => Text::new(other).tone(Tone::Quiet),
        }
    }
}

/// As summaries say it: `system:serviceaccount:ns:name` is `ns:name`, `system:node:n` is `n`.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("system:serviceaccount:").or_else(|| name.strip_prefix("system:node:")).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Event, Origins};

    use super::*;

    fn row(rest: &str) -> EventRow {
        let record = format!(
            r#"{{"auditID":"a","stage":"ResponseComplete","requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z",{rest}}}"#
        );
        let event = Event::decode(record.as_bytes(), Origins::default()).unwrap();
        serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap()
    }

    #[test]
    fn summaries_are_cut_after_who() {
        fn check(rest: &str, expected: (&str, &str)) {
            assert_eq!(row(rest).sentence(), expected, "{rest}");
        }
        let pod = r#""objectRef":{"resource":"pods","namespace":"shop","name":"web-1"},"responseStatus":{"code":200}"#;
        check(
            &format!(r#""verb":"delete","user":{{"username":"alice"}},{pod}"#),
            ("alice", "deleted pod shop/web-1"),
        );
        check(
            &format!(r#""verb":"get","user":{{"username":"system:serviceaccount:shop:web"}},{pod}"#),
            ("shop:web", "read pod shop/web-1"),
        );
        check(
            &format!(
                r#""verb":"get","user":{{"username":"alice"}},"impersonatedUser":{{"username":"bob"}},{pod}"#
            ),
            ("alice as bob", "read pod shop/web-1"),
        );
        check(
            &format!(r#""verb":"get","user":{{"username":"system:anonymous"}},{pod}"#),
            ("an anonymous caller", "read pod shop/web-1"),
        );
        check(
            r#""verb":"get","user":{},"requestURI":"/x","responseStatus":{"code":401}"#,
            ("an unauthenticated caller", "was refused getting /x"),
        );
    }

    #[test]
    fn unknown_kinds_still_make_a_line() {
        let gap = r#"{"id":"00","time":"2026-11-23T16:11:23.000000Z","kind":"gap","summary":"5 records lost",
            "actor":null,"outcome":null,"new":{"x":1}}"#;
        let row: EventRow = serde_json::from_str(gap).unwrap();
        assert_eq!(row.sentence(), ("", "5 records lost"));
        let bare: EventRow = serde_json::from_str(r#"{"id":"00","time":"2026-11-23T16:11:23Z"}"#).unwrap();
        assert_eq!(bare.sentence(), ("", ""));
    }
}
