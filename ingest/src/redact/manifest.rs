//! Manifests of Secrets within texts: what stands under `data` and `stringData`, in YAML and in JSON that is only a part of
//! the text, is replaced as one.

use std::ops::Range;

use memchr::memmem;
use taffrail_event::json::Lexer;

use super::Redactor;
use super::hash::is_masked;

/// Replaces the data of the Secrets in `text`: of documents that say that they hold one. `None` if there is nothing to do.
pub(super) fn mask_secrets(redactor: &Redactor, text: &[u8]) -> Option<Vec<u8>> {
    if !names_secret(text) {
        return None;
    }
    let mut blocks = Vec::new();
    for document in documents(text) {
        if names_secret(&text[document.clone()]) {
            yaml_data(text, document.clone(), &mut blocks);
            json_data(text, document, &mut blocks);
        }
    }
    replace(redactor, text, blocks)
}

/// Replaces whatever stands under `data` in `text`, of which nobody knows what it is about.
pub(super) fn mask_all(redactor: &Redactor, text: &[u8]) -> Option<Vec<u8>> {
    let mut blocks = Vec::new();
    yaml_data(text, 0..text.len(), &mut blocks);
    json_data(text, 0..text.len(), &mut blocks);
    replace(redactor, text, blocks)
}

/// Whether something in `text` is of kind Secret.
fn names_secret(text: &[u8]) -> bool {
    memmem::find_iter(text, b"Secret").any(|at| {
        let before_quote = |text: &'_ [u8]| {
            let text = text.trim_ascii_end();
            text.len() - usize::from(matches!(text.last(), Some(b'"' | b'\'')))
        };
        let before = text[..before_quote(&text[..at])].trim_ascii_end();
        let Some(key) = before.strip_suffix(b":") else { return false };
        let key = &key[..before_quote(key)];
        let rest = &text[at + b"Secret".len()..];
        let rest = rest.strip_prefix(b"List").unwrap_or(rest);
        key.ends_with(b"kind") && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// The documents of a YAML stream.
fn documents(text: &[u8]) -> Vec<Range<usize>> {
    let mut documents = Vec::new();
    let mut start = 0;
    for at in memmem::find_iter(text, b"\n---") {
        documents.push(start..at + 1);
        start = at + 1;
    }
    documents.push(start..text.len());
    documents
}

/// Appends the blocks under `data:` and `stringData:` in a document in YAML.
fn yaml_data(text: &[u8], document: Range<usize>, blocks: &mut Vec<Range<usize>>) {
    let mut block: Option<(usize, Range<usize>)> = None;
    let mut at = document.start;
    while at < document.end {
        let end = memchr::memchr(b'\n', &text[at..document.end]).map_or(document.end, |len| at + len + 1);
        let line = &text[at..end];
        let is_marker = line.starts_with(b"---");
        let indent = if is_marker {
            0
        } else {
            line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-')).count()
        };
        let is_blank = line.trim_ascii().is_empty();
        match &mut block {
            Some((outer, place)) if is_blank || indent > *outer => place.end = end,
            _ => {
                blocks.extend(block.take().map(|(_, place)| place));
                let (key, value) = line.split_at(memchr::memchr(b':', line).unwrap_or(0));
                let key = key.trim_ascii();
                let key = key.strip_prefix(b"- ").unwrap_or(key).trim_ascii();
                let value = value.strip_prefix(b":").unwrap_or(value);
                let in_json = key.starts_with(b"\"") && value.trim_ascii_start().starts_with(b"{");
                let key = unquoted(key);
                if is_data(key) && !in_json {
                    // `data: {a: b}` on one line counts as well.
                    let from = if value.trim_ascii().is_empty() { end } else { end - value.len() };
                    block = Some((indent, from..end));
                }
            }
        }
        at = end;
    }
    blocks.extend(block.map(|(_, place)| place));
}

/// Appends the objects after `"data":` and `"stringData":` in JSON that stands somewhere in the document. One that is cut
/// off takes the rest.
fn json_data(text: &[u8], document: Range<usize>, blocks: &mut Vec<Range<usize>>) {
    let mut read = document.start;
    for at in memmem::find_iter(&text[document.clone()], b"ata\"").map(|at| document.start + at) {
        let end = at + b"ata".len();
        let start = text[document.start..at].iter().rposition(|byte| *byte == b'"');
        let Some(start) = start.map(|quote| document.start + quote + 1) else { continue };
        let after = text[end + 1..document.end].trim_ascii_start();
        let Some(value) = after.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else { continue };
        let from = document.end - value.len();
        if from < read || !is_data(&text[start..end]) || !value.starts_with(b"{") {
            continue;
        }
        read = Lexer::new(value).value().map_or(document.end, |value| from + value.end);
        blocks.push(from..read);
    }
}

fn unquoted(text: &[u8]) -> &[u8] {
    let between = |quote: &[u8]| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    between(b"\"").or_else(|| between(b"'")).unwrap_or(text)
}

fn is_data(key: &[u8]) -> bool {
    key.eq_ignore_ascii_case(b"data") || key.eq_ignore_ascii_case(b"stringData")
}

fn replace(redactor: &Redactor, text: &[u8], mut blocks: Vec<Range<usize>>) -> Option<Vec<u8>> {
    let is_nothing = |value: &[u8]| value.is_empty() || value == b"{}" || value == b"null";
    blocks.retain(|place| {
        let value = text[place.clone()].trim_ascii();
        let value = value.strip_suffix(b",").unwrap_or(value);
        !is_nothing(value) && !is_masked(unquoted(value))
    });
    if blocks.is_empty() {
        return None;
    }
    blocks.sort_unstable_by_key(|place| place.start);
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for place in blocks {
        if place.start < copied {
            continue;
        }
        out.extend_from_slice(&text[copied..place.start]);
        let block = &text[place.clone()];
        if block.starts_with(b"{") {
            out.push(b'"');
            redactor.hash.write(block, &mut out);
            out.push(b'"');
        } else {
            out.push(b' ');
            redactor.hash.write(block, &mut out);
            if block.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
        copied = place.end;
    }
    out.extend_from_slice(&text[copied..]);
    Some(out)
}
