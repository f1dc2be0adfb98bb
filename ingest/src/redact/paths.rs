//! The field paths of added rules: a walk of its own, made only for records that such a rule covers.

use std::ops::Range;

use taffrail_config::{FieldPath, Segment};
use taffrail_event::json::{self, Lexer, Members};

use super::MAX_SECRETS;
use super::edit::Edits;
use super::hash::{Encoding, is_masked};

/// A path and how many of its segments lead to where the walk is.
#[derive(Clone, Copy)]
struct Position<'r> {
    path: &'r FieldPath,
    taken: usize,
}

/// A value to look into, with the paths that lead there.
struct Visit<'r> {
    place: Range<usize>,
    positions: Vec<Position<'r>>,
}

/// Masks what `paths` name in `body`, which stands at `offset`: an object, the items of a list, the rows of a table, or a
/// patch of any form. Returns `false` if there is too much to mask.
pub(super) fn mask(paths: &[&FieldPath], body: &[u8], offset: usize, edits: &mut Edits) -> bool {
    let roots: Vec<_> = paths.iter().map(|path| Position { path, taken: 0 }).collect();
    let mut visits: Vec<_> = objects(body)
        .map(|place| Visit { place, positions: roots.clone() })
        .chain(operations(body, &roots))
        .take(MAX_SECRETS + 1)
        .collect();
    // No recursion: depth is the sender's choice. A path has at most 64 segments, so no value is visited more often.
    while let Some(visit) = visits.pop() {
        if visits.len() + edits.len() > MAX_SECRETS {
            return false;
        }
        if visit.positions.iter().any(|position| position.is_done()) {
            mask_value(body, visit.place, offset, edits);
            continue;
        }
        let value = &body[visit.place.clone()];
        let mut go_on = |key: Option<&str>, place: Range<usize>| {
            let positions: Vec<_> =
                visit.positions.iter().filter_map(|position| position.step(key)).collect();
            if !positions.is_empty() {
                let start = visit.place.start;
                visits.push(Visit { place: start + place.start..start + place.end, positions });
            }
        };
        for member in Members::of(value) {
            go_on(Some(&member.key), member.value);
        }
        for place in json::elements(value) {
            go_on(None, place);
        }
    }
    true
}

impl Position<'_> {
    fn is_done(&self) -> bool {
        self.taken == self.path.segments().len()
    }

    /// One step down, to a key or (without one) to an element of a list.
    fn step(mut self, key: Option<&str>) -> Option<Self> {
        let fits = match (self.path.segments().get(self.taken)?, key) {
            (Segment::Any, _) => true,
            (Segment::Key(expected), Some(key)) => expected.eq_ignore_ascii_case(key),
            (Segment::Key(_), None) => false,
        };
        self.taken += 1;
        fits.then_some(self)
    }
}

/// The objects in a body: itself, the items of a list, the objects of a table's rows.
fn objects(body: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut places = Vec::new();
    if let Some(whole) = Lexer::new(body).value() {
        places.push(whole);
    }
    for member in Members::of(body) {
        let of_table = match member.key.as_ref() {
            "items" => false,
            "rows" => true,
            _ => continue,
        };
        let list = member.value;
        for element in json::elements(&body[list.clone()]).take(MAX_SECRETS) {
            let element = list.start + element.start..list.start + element.end;
            if !of_table {
                places.push(element);
                continue;
            }
            for member in Members::of(&body[element.clone()]).filter(|member| member.key == "object") {
                places.push(element.start + member.value.start..element.start + member.value.end);
            }
        }
    }
    places.into_iter()
}

/// The values of a JSON patch, with as much of the paths taken as their pointers lead down. The patch is the body itself or,
/// in what the API server notes of a webhook, its member `patch`.
fn operations<'r>(body: &[u8], roots: &[Position<'r>]) -> Vec<Visit<'r>> {
    let noted = Members::of(body).filter(|member| member.key == "patch").map(|member| member.value);
    let whole = 0..body.len();
    let mut visits = Vec::new();
    let elements = noted.chain([whole]).flat_map(|patch| {
        let start = patch.start;
        json::elements(&body[patch]).map(move |element| start + element.start..start + element.end)
    });
    for element in elements.take(MAX_SECRETS) {
        let operation = &body[element.clone()];
        let pointers = Members::of(operation).filter(|member| member.key.eq_ignore_ascii_case("path"));
        let positions: Vec<_> = pointers
            .filter_map(|member| json::string(&operation[member.value]))
            .flat_map(|pointer| roots.iter().filter_map(|root| follow(*root, &pointer)).collect::<Vec<_>>())
            .collect();
        if positions.is_empty() {
            continue;
        }
        for member in Members::of(operation).filter(|member| member.key.eq_ignore_ascii_case("value")) {
            let place = element.start + member.value.start..element.start + member.value.end;
            visits.push(Visit { place, positions: positions.clone() });
        }
    }
    visits
}

/// Follows a JSON pointer until it ends or the path does.
fn follow<'r>(mut position: Position<'r>, pointer: &str) -> Option<Position<'r>> {
    for segment in pointer.split('/').skip(1) {
        if position.is_done() {
            break;
        }
        let key = segment.replace("~1", "/").replace("~0", "~");
        position = position.step(Some(&key))?;
    }
    Some(position)
}

fn mask_value(body: &[u8], place: Range<usize>, offset: usize, edits: &mut Edits) {
    let raw = &body[place.clone()];
    let is_string = raw.first() == Some(&b'"');
    let inner = if is_string { place.start + 1..place.end - 1 } else { place };
    let value = &body[inner.clone()];
    if !value.is_empty() && raw != b"null" && !is_masked(value) {
        edits.mask(offset + inner.start..offset + inner.end, is_string, Encoding::Plain);
    }
}
