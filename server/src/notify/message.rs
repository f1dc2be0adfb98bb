//! What a receiver is told of an event.

use serde::Serialize;
use serde_json::{Map, Value, json};
use taffrail_config::{NotifyFormat, NotifySettings};
use taffrail_event::Event;

/// Severity of what is no finding.
const SEVERITY: &str = "info";

/// Alertmanager keeps labels in memory and shows annotations in mails: nobody needs more of either.
const MAX_CHARS: usize = 1024;

/// The body of the message to a target about an event.
pub(super) fn message(settings: &NotifySettings, event: &Event) -> serde_json::Result<Vec<u8>> {
    let link = (!settings.link.is_empty()).then(|| settings.link.replace("{id}", &event.id.to_string()));
    match settings.format {
        NotifyFormat::Json => serde_json::to_vec(&Message { name: &settings.name, link, event }),
        NotifyFormat::Alertmanager => serde_json::to_vec(&[alert(&settings.name, link, event)?]),
    }
}

/// The event as the API shows it, with who asked for it.
#[derive(Debug, Serialize)]
struct Message<'a> {
    /// The target's name.
    name: &'a str,
    /// Null if the settings have none.
    link: Option<String>,
    event: &'a Event,
}

/// An alert as Alertmanager's API takes it (version 2, `postableAlert`).
///
/// There is no `endsAt`: how long an alert lasts of which nothing more is heard is Alertmanager's own setting. Labels are what makes
/// two alerts one, so the event's id is no label.
fn alert(name: &str, link: Option<String>, event: &Event) -> serde_json::Result<Value> {
    let json = serde_json::to_value(event)?;
    let finding = |member: &str| json["finding"][member].as_str().unwrap_or_default();
    let object = |member: &str| json["object"][member].as_str().unwrap_or_default();
    let object_name = object("name");
    let pod = if object("resource") == "pods" { object_name } else { "" };
    let actor = event.actor.as_ref().map_or("", |actor| actor.name.as_str());
    let (rule, severity) = (finding("rule"), finding("severity"));
    let labels = [
        ("alertname", if rule.is_empty() { name } else { rule }),
        ("severity", if severity.is_empty() { SEVERITY } else { severity }),
        ("notify", name),
        ("kind", json["kind"].as_str().unwrap_or_default()),
        ("cluster", &event.cluster),
        ("namespace", object("namespace")),
        ("resource", object("resource")),
        ("object", object_name),
        ("pod", pod),
        ("verb", &event.verb),
        ("rule", rule),
        ("actor", actor),
    ];
    let title = finding("title");
    let description = if title.is_empty() {
        format!("{} ({}, cluster {})", event.summary, event.time, event.cluster)
    } else {
        format!("{title}: {} ({}, cluster {})", event.summary, event.time, event.cluster)
    };
    let event_id = event.id.to_string();
    let annotations = [
        ("summary", if title.is_empty() { event.summary.as_str() } else { title }),
        ("description", &description),
        ("event_id", &event_id),
    ];
    let mut alert =
        json!({"labels": texts(labels), "annotations": texts(annotations), "startsAt": event.time});
    if let (Some(link), Some(alert)) = (link, alert.as_object_mut()) {
        alert.insert("generatorURL".to_owned(), link.into());
    }
    Ok(alert)
}

/// Empty ones are left out: Alertmanager takes a label without a value for none.
fn texts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let shown = |text: &str| Value::String(text.chars().take(MAX_CHARS).collect());
    pairs
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| (name.to_owned(), shown(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Key, Origins, RecordFlags, Timestamp};

    use super::*;

    fn settings(format: NotifyFormat, link: &str) -> NotifySettings {
        NotifySettings { name: "team".to_owned(), format, link: link.to_owned(), ..NotifySettings::default() }
    }

    fn event() -> Event {
        let record = br#"{"auditID":"a","stage":"ResponseComplete","verb":"delete","user":{"username":"alice"},"objectRef":{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1"},"requestURI":"/api/v1/namespaces/shop/pods/web","requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","responseStatus":{"code":200}}"#;
        let origins = Origins { id: Key(0xabc), cluster: "prod".to_owned(), ..Origins::default() };
        Event::decode(record, origins).unwrap()
    }

    fn check(settings: &NotifySettings, event: &Event, expected: &Value) {
        let body: Value = serde_json::from_slice(&message(settings, event).unwrap()).unwrap();
        assert_eq!(&body, expected);
    }

    #[test]
    fn an_event_as_the_api_shows_it() {
        let event = event();
        let json = serde_json::to_value(&event).unwrap();
        check(
            &settings(NotifyFormat::Json, ""),
            &event,
            &json!({"name": "team", "link": null, "event": json}),
        );
        let link = "https://t/events/00000000000000000000000000000abc?x";
        check(
            &settings(NotifyFormat::Json, "https://t/events/{id}?x"),
            &event,
            &json!({"name": "team", "link": link, "event": json}),
        );
    }

    #[test]
    fn an_event_as_an_alert() {
        let event = event();
        check(
            &settings(NotifyFormat::Alertmanager, "https://t/{id}"),
            &event,
            &json!([{
                "labels": {
                    "alertname": "team", "severity": "info", "notify": "team", "kind": "audit", "cluster": "prod",
                    "namespace": "shop", "resource": "pods", "object": "web", "pod": "web", "verb": "delete", "actor": "alice",
                },
                "annotations": {
                    "summary": event.summary,
                    "description": format!("{} (2026-11-23T16:11:23.418577Z, cluster prod)", event.summary),
                    "event_id": "00000000000000000000000000000abc",
                },
                "startsAt": "2026-11-23T16:11:23.418577Z",
                "generatorURL": "https://t/00000000000000000000000000000abc",
            }]),
        );
    }

    #[test]
    fn an_alert_of_what_nobody_did() {
        let gap = br#"{"cluster":"","source":"webhook","from":"2026-11-23T16:00:00Z","to":"2026-11-23T16:05:00Z","lost":null,"reason":"silent"}"#;
        let decoded = taffrail_event::Decoded::of(gap, RecordFlags::GAP).unwrap();
        let event = decoded.event(Origins { id: Key(1), ..Origins::default() });
        let body = message(&settings(NotifyFormat::Alertmanager, ""), &event).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body[0]["labels"],
            json!({"alertname": "team", "severity": "info", "notify": "team", "kind": "gap"})
        );
        assert_eq!(body[0]["generatorURL"], Value::Null);
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let mut event = event();
        event.cluster = "ä".repeat(5000);
        event.verb = " \t".to_owned();
        event.time = Timestamp::default();
        let body = message(&settings(NotifyFormat::Alertmanager, ""), &event).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body[0]["labels"]["cluster"].as_str().unwrap().chars().count(), MAX_CHARS);
        assert_eq!(body[0]["labels"]["verb"], Value::Null);
    }
}
