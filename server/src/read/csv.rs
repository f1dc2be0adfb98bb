//! Events as rows for spreadsheets.

use std::io::Write;

use taffrail_event::Event;

/// The columns, in order. Scripts rely on them: new ones come last.
const CSV_COLUMNS: &[&str] = &[
    "id",
    "time",
    "kind",
    "cluster",
    "summary",
    "actor.name",
    "actor.type",
    "actor.as.name",
    "verb",
    "object.group",
    "object.resource",
    "object.subresource",
    "object.namespace",
    "object.name",
    "object.uid",
    "object.resource_version",
    "outcome.result",
    "outcome.code",
    "outcome.reason",
    "outcome.denied_by",
    "client.ip",
    "client.user_agent",
    "change.type",
    "audit.id",
    "audit.level",
    "audit.stage",
    "audit.uri",
    "audit.duration_ms",
    "received",
    "via",
];

/// Writes events as CSV (RFC 4180), the columns' names first.
pub(crate) struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the first line.
    pub(crate) fn new(out: W) -> std::io::Result<Self> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(CSV_COLUMNS).map_err(of_output)?;
        Ok(Self { csv })
    }

    /// Writes one event.
    pub(crate) fn write(&mut self, event: &Event) -> std::io::Result<()> {
        self.csv.write_record(cells(event).iter().map(|cell| harmless(cell))).map_err(of_output)
    }

    /// Passes on what is buffered.
    pub(crate) fn flush(&mut self) -> std::io::Result<()> {
        self.csv.flush()
    }
}

/// The error of the output itself, by which whoever gave it recognises it.
fn of_output(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("a row cannot be written: {other:?}")),
    }
}

fn cells(event: &Event) -> [String; 30] {
    let object = event.object.clone().unwrap_or_default();
    let (actor, outcome) = (event.actor.as_ref(), event.outcome.as_ref());
    let (client, audit) = (event.client.as_ref(), event.audit.as_ref());
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    let impersonated = actor.and_then(|actor| actor.impersonated.as_ref());
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let via: Vec<_> = event.via.iter().map(|via| via.name()).collect();
    [
        event.id.to_string(),
        event.time.to_string(),
        event.kind.name().to_owned(),
        event.cluster.clone(),
        event.summary.clone(),
        text(actor.map(|actor| &actor.name)),
        name(actor.map(|actor| actor.actor_type.name())),
        text(impersonated.map(|other| &other.name)),
        event.verb.clone(),
        object.group,
        object.resource,
        object.subresource,
        object.namespace,
        object.name,
        object.uid,
        object.resource_version,
        name(outcome.map(|outcome| outcome.result.name())),
        number(outcome.and_then(|outcome| outcome.code)),
        text(outcome.map(|outcome| &outcome.reason)),
        name(outcome.and_then(|outcome| outcome.denied_by).map(|by| by.name())),
        text(client.map(|client| &client.ip)),
        text(client.map(|client| &client.user_agent)),
        name(event.change.as_ref().map(|change| change.change_type.name())),
        text(audit.map(|audit| &audit.id)),
        text(audit.map(|audit| &audit.level)),
        text(audit.map(|audit| &audit.stage)),
        text(audit.map(|audit| &audit.uri)),
        number(audit.and_then(|audit| audit.duration_ms)),
        event.received.to_string(),
        via.join(" "),
    ]
}

/// A spreadsheet takes a cell that begins like this for a formula, and nearly all of an event is chosen by whoever made
/// the request. The apostrophe makes it text.
fn harmless(cell: &str) -> String {
    match cell.bytes().next() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_a_spreadsheet_would_run() {
        fn check(cell: &str, expected: &str) {
            assert_eq!(harmless(cell), expected);
        }
        check("=1+1", "'=1+1");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@x", "'@x");
        check("\t=1", "'\t=1");
        check("\r=1", "'\r=1");
        check("a=1", "a=1");
        check("", "");
    }

    #[test]
    fn the_documented_columns_are_those_of_the_export() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
        let text = std::fs::read_to_string(path).unwrap();
        let documented: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("    id time kind"))
            .take_while(|line| !line.is_empty())
            .flat_map(str::split_whitespace)
            .collect();
        assert_eq!(documented, CSV_COLUMNS);
    }
}
