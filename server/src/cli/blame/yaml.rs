//! An object as YAML, drawn from its fields, so that each line that has a value knows which field it is.

use taffrail_event::change::{JsonText, Part, parts};

/// Longer values are cut: the whole of them is in `-o json` and in `taffrail at`.
const MAX_VALUE: usize = 200;

/// A line of YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The text.
    pub(super) text: String,
    /// Which of the fields it shows; `None` for what only holds others.
    pub(super) field: Option<usize>,
}

/// The fields, each a path and its value, as YAML in the order of their paths.
pub(super) fn lines(fields: &[(&str, Option<&JsonText>)]) -> Vec<Line> {
    let mut sorted: Vec<(Vec<Part<'_>>, usize)> =
        fields.iter().enumerate().map(|(index, (path, _))| (parts(path).collect(), index)).collect();
    sorted.sort_by(|(one, _), (other, _)| one.iter().map(text_of).cmp(other.iter().map(text_of)));
    let mut lines = Vec::new();
    let mut before: &[Part<'_>] = &[];
    for (path, index) in &sorted {
        let shared = path.iter().zip(before).take_while(|(one, other)| one == other).count();
        let value = fields.get(*index).and_then(|(_, value)| *value);
        open(&mut lines, path, shared, value, *index);
        before = path;
    }
    lines
}

/// Writes the parts of a path that the line before did not share, and the value behind the last.
fn open(lines: &mut Vec<Line>, path: &[Part<'_>], shared: usize, value: Option<&JsonText>, index: usize) {
    // An element's dash stands before the first member that is written of it.
    let mut dash = false;
    let mut depth = 0;
    for (at, part) in path.iter().enumerate() {
        let is_last = at + 1 == path.len();
        let is_new = at >= shared;
        match part {
            Part::Keys(keys) => {
                dash |= is_new;
                if is_last && is_new {
                    let text = format!("{}- {}", indent(depth), shown(value, keys));
                    lines.push(Line { text, field: Some(index) });
                }
                depth += 1;
            }
            Part::Member(name) => {
                // YAML lets a list stand as deep as its name.
                let is_list = matches!(path.get(at + 1), Some(Part::Keys(_)));
                if is_new || is_last {
                    let lead = if dash { format!("{}- ", indent(depth - 1)) } else { indent(depth) };
                    let (rest, field) = match is_last {
                        true => (format!(" {}", shown(value, "?")), Some(index)),
                        false => (String::new(), None),
                    };
                    lines.push(Line { text: format!("{lead}{name}:{rest}"), field });
                    dash = false;
                }
                depth += usize::from(!is_list);
            }
        }
    }
}

fn text_of<'a>(part: &'a Part<'_>) -> &'a str {
    match part {
        Part::Member(text) | Part::Keys(text) => text,
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// The value as YAML takes it: JSON is YAML, and texts that cannot be taken for anything else need no quotes.
fn shown(value: Option<&JsonText>, unknown: &str) -> String {
    let Some(value) = value else { return unknown.to_owned() };
    let plain = value.plain();
    let text =
        if value.as_json().starts_with('"') && is_plain(&plain) { plain.as_ref() } else { value.as_json() };
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}... # cut", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn is_plain(text: &str) -> bool {
    let is_word = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b'@' | b' ')
    };
    let is_taken = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(is_word)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !is_taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_as_yaml() {
        fn check(fields: &[(&str, &str)], expected: &str) {
            let values: Vec<JsonText> =
                fields.iter().map(|(_, value)| JsonText::of(value.as_bytes())).collect();
            let fields: Vec<_> =
                fields.iter().zip(&values).map(|((path, _), value)| (*path, Some(value))).collect();
            let lines: Vec<_> = lines(&fields).into_iter().map(|line| line.text).collect();
            assert_eq!(lines.join("\n"), expected);
        }
        check(
            &[
                ("spec.template.spec.containers[name=web].image", r#""nginx:1.27""#),
                ("spec.template.spec.containers[name=web].name", r#""web""#),
                (
                    "spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP].containerPort",
                    "80",
                ),
                ("spec.template.spec.containers[name=side].name", r#""side""#),
                ("spec.replicas", "3"),
                (r#"metadata.labels["app.kubernetes.io/name"]"#, r#""web""#),
                ("metadata.labels.on", r#""true""#),
                ("metadata.finalizers", r#"["a","b"]"#),
                ("spec.emptyDir", "{}"),
            ],
            "\
metadata:
  finalizers: [\"a\",\"b\"]
  labels:
    \"app.kubernetes.io/name\": web
    on: \"true\"
spec:
  emptyDir: {}
  replicas: 3
  template:
    spec:
      containers:
      - name: side
      - image: nginx:1.27
        name: web
        ports:
        - containerPort: 80",
        );
    }

    #[test]
    fn lines_know_their_fields() {
        let three = JsonText::of(b"3");
        let lines = lines(&[("spec.b", None), ("spec.a", Some(&three))]);
        let lines: Vec<_> = lines.iter().map(|line| (line.text.as_str(), line.field)).collect();
        assert_eq!(lines, [("spec:", None), ("  a: 3", Some(1)), ("  b: ?", Some(0))]);
    }
}
