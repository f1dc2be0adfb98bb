//! One audit event: which of its members are read how.

use std::ops::Range;

use taffrail_event::json;
use taffrail_event::{NotAudit, Outline, RecordFlags};

use super::edit::write_escaped;
use super::scope::Scope;
use super::walk::{Cursor, Member, Walk, Work};
use super::{Redactor, paths, uri};

/// How often a body that became a text is read again at most. Each time there is less left to mask.
const MAX_READINGS: usize = 8;

/// Appends the redacted `record` to `out`.
pub(super) fn redact(
    redactor: &Redactor,
    record: &[u8],
    out: &mut Vec<u8>,
) -> Result<(RecordFlags, Option<Outline>), NotAudit> {
    let start = out.len();
    let Passed { mut flags, became_text, outline } = pass(redactor, record, out)?;
    if became_text {
        // A text is read by other rules than the broken JSON that it was. They must find nothing more to do later.
        for _ in 0..MAX_READINGS {
            let before = out.split_off(start);
            flags = flags.union(pass(redactor, &before, out)?.flags);
            if out.get(start..) == Some(&before) {
                break;
            }
        }
    }
    Ok((flags, outline))
}

struct Passed {
    flags: RecordFlags,
    /// A body that is no JSON is kept as a text.
    became_text: bool,
    /// Of the record, if it stayed as it was.
    outline: Option<Outline>,
}

fn pass(redactor: &Redactor, record: &[u8], out: &mut Vec<u8>) -> Result<Passed, NotAudit> {
    let mut anchors = Vec::new();
    redactor.patterns.anchors(record, &mut anchors);
    let (work, flags) = (Work::default(), RecordFlags::default());
    let mut pass = Pass { redactor, record, anchors: &anchors, work, flags, became_text: false };
    let mut outline = Some(pass.members()?);
    if pass.work.edits.is_empty() {
        out.extend_from_slice(record);
    } else {
        pass.work.edits.apply(record, &redactor.hash, out);
        outline = None;
    }
    Ok(Passed { flags: pass.flags, became_text: pass.became_text, outline })
}

/// What a member of an audit event is to redaction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Says which record this is, and is never changed.
    Identity,
    AuditId,
    Stage,
    Uri,
    Body,
    /// Small; looked into only if something in it is suspicious.
    User,
    Reference,
    Annotations,
    Other,
}

/// The one pass over a record. What a body is depends on `objectRef`, which normally comes first.
struct Pass<'p> {
    redactor: &'p Redactor,
    record: &'p [u8],
    anchors: &'p [usize],
    work: Work,
    flags: RecordFlags,
    /// A body that is no JSON is kept as a text.
    became_text: bool,
}

/// A member that was met, and whether it has been read.
struct Met {
    part: Part,
    place: Range<usize>,
    is_read: bool,
}

impl<'p> Pass<'p> {
    /// Accepts exactly what [`AuditRecord::decode`](taffrail_event::AuditRecord::decode) accepts.
    fn members(&mut self) -> Result<Outline, NotAudit> {
        let record = self.record;
        let mut outline = Outline::default();
        let mut cursor = Cursor::new(record, 0);
        if !cursor.eat(b'{') {
            return Err(NotAudit::NotAnObject);
        }
        let mut met: Vec<Met> = Vec::with_capacity(16);
        let mut scope: Option<Scope<'p>> = None;
        let (mut has_id, mut has_stage) = (false, false);
        loop {
            // As lenient as the decoder: a comma may be missing between members, but not be the last thing.
            let after_comma = cursor.eat(b',');
            let Some(key) = cursor.string() else {
                if after_comma || !cursor.eat(b'}') {
                    return Err(NotAudit::Malformed);
                }
                break;
            };
            let name = json::text(&record[key.start..key.end], key.escaped);
            let part = Part::of(name.as_bytes());
            if !cursor.eat(b':') {
                return Err(NotAudit::Malformed);
            }
            let from = cursor.position();
            if let Some(scope) = &scope
                && part.root().is_some()
                && let Some(end) = self.walk(scope, part, from)
            {
                outline.note_named(&name, &(from..end)).ok_or(NotAudit::Malformed)?;
                met.push(Met { part, place: from..end, is_read: true });
                cursor.skip_to(end);
                continue;
            }
            let place = cursor.value().ok_or(NotAudit::Malformed)?;
            outline.note_named(&name, &place).ok_or(NotAudit::Malformed)?;
            match part {
                Part::AuditId => has_id = is_text(&record[place.clone()]),
                Part::Stage => has_stage = is_text(&record[place.clone()]),
                Part::Reference => scope = self.scope(&place, &mut met),
                _ => {}
            }
            // A container where a text belongs identifies nothing, and may hold anything.
            let is_container = matches!(record[place.start], b'{' | b'[');
            match part {
                Part::Identity | Part::AuditId | Part::Stage if !is_container => {}
                Part::Identity | Part::AuditId | Part::Stage | Part::Uri if is_container => {
                    met.push(Met { part: Part::Other, place, is_read: false });
                }
                _ => met.push(Met { part, place, is_read: false }),
            }
        }
        if !cursor.is_at_end() {
            return Err(NotAudit::Malformed);
        }
        if !has_id && !has_stage {
            return Err(NotAudit::NotAnEvent);
        }
        let scope = scope.unwrap_or_else(|| self.scope_of_all(&met));
        for Met { part, place, .. } in met.into_iter().filter(|met| !met.is_read) {
            self.read(&scope, part, place);
        }
        Ok(outline)
    }

    /// The scope that the first `objectRef` gives. After a second one everything has to wait for the end, and so it has
    /// after one that names no resource: the URI may come later.
    fn scope(&mut self, place: &Range<usize>, met: &mut [Met]) -> Option<Scope<'p>> {
        if met.iter().all(|met| met.part != Part::Reference) {
            let scope = self.redactor.rules.scope(Some(&self.record[place.clone()]), String::new);
            return scope.is_known.then_some(scope);
        }
        self.work = Work::default();
        self.flags = RecordFlags::default();
        met.iter_mut().for_each(|met| met.is_read = false);
        None
    }

    /// All that any `objectRef` or, without one, the URI brings with it.
    fn scope_of_all(&self, met: &[Met]) -> Scope<'p> {
        let of =
            |part| met.iter().filter(move |met| met.part == part).map(|met| &self.record[met.place.clone()]);
        let uri = || of(Part::Uri).next_back().and_then(json::string).unwrap_or_default().into_owned();
        of(Part::Reference)
            .map(|reference| self.redactor.rules.scope(Some(reference), uri))
            .reduce(Scope::and)
            .unwrap_or_else(|| self.redactor.rules.scope(None, uri))
    }

    fn read(&mut self, scope: &Scope<'_>, part: Part, place: Range<usize>) {
        if scope.is_idle() {
            return;
        }
        match part {
            Part::Uri => self.read_uri(scope, place),
            Part::User if self.is_plain(&place) => {}
            Part::Reference if self.is_plain(&place) && !scope.is_bearing() => {}
            _ if self.walk(scope, part, place.start) == Some(place.end) => {}
            _ => self.withhold(scope, place),
        }
    }

    /// Redacts the value that starts at `from` and returns where it ends; `None` if it is no JSON.
    fn walk(&mut self, scope: &Scope<'_>, part: Part, from: usize) -> Option<usize> {
        let root = match part {
            Part::User => Member::User,
            Part::Reference => Member::Reference,
            _ => part.root()?,
        };
        let first = self.anchors.partition_point(|anchor| *anchor < from);
        let mut walk = Walk::new(self.redactor, scope, self.record, &self.anchors[first..], &mut self.work);
        let end = walk.value(from, root).ok()?;
        // JSON in strings, as in the annotations that hold the patches of webhooks, the walk takes care of.
        let covers = part == Part::Body && !scope.paths.is_empty();
        let masked =
            !covers || paths::mask(&scope.paths, &self.record[from..end], from, &mut self.work.edits);
        masked.then_some(end)
    }

    /// Whether nothing in `place` can be a secret by its look.
    fn is_plain(&self, place: &Range<usize>) -> bool {
        let first = self.anchors.partition_point(|anchor| *anchor < place.start);
        self.anchors.get(first).is_none_or(|anchor| *anchor >= place.end)
            && memchr::memchr(b'\\', &self.record[place.clone()]).is_none()
    }

    fn read_uri(&mut self, scope: &Scope<'_>, place: Range<usize>) {
        let Some(uri) = json::string(&self.record[place.clone()]) else { return };
        if scope.built_in
            && let Some(masked) = uri::mask(self.redactor, scope, uri.as_bytes())
        {
            self.work.edits.replace(place.start + 1..place.end - 1, |out| write_escaped(&masked, out));
        }
    }

    /// Replaces a value that is no JSON. About secrets, or about who knows what, it is replaced whole; else it becomes a
    /// string in which everything but the harmless is masked.
    fn withhold(&mut self, scope: &Scope<'_>, place: Range<usize>) {
        if !scope.built_in && scope.paths.is_empty() {
            return;
        }
        let raw = &self.record[place.clone()];
        let is_secret = scope.is_bearing() || !scope.is_known;
        let redactor = self.redactor;
        self.work.edits.replace(place, |out| {
            out.push(b'"');
            if is_secret {
                redactor.hash.write(raw, out);
            } else {
                write_escaped(&redactor.mask(raw), out);
            }
            out.push(b'"');
        });
        if is_secret {
            self.flags = self.flags.union(RecordFlags::WITHHELD);
        } else {
            self.became_text = true;
        }
    }
}

impl Part {
    fn of(key: &[u8]) -> Self {
        match key {
            b"auditID" => Self::AuditId,
            b"stage" => Self::Stage,
            b"kind" | b"apiVersion" | b"level" | b"verb" => Self::Identity,
            b"requestReceivedTimestamp" | b"stageTimestamp" => Self::Identity,
            b"requestURI" => Self::Uri,
            b"requestObject" | b"responseObject" => Self::Body,
            b"user" | b"impersonatedUser" | b"sourceIPs" | b"authenticationMetadata" => Self::User,
            b"objectRef" => Self::Reference,
            b"annotations" => Self::Annotations,
            _ => Self::Other,
        }
    }

    /// What it is to the walk, if it is always walked.
    fn root(self) -> Option<Member> {
        match self {
            Self::Body => Some(Member::Root),
            Self::Annotations => Some(Member::AuditAnnotations),
            Self::Other => Some(Member::Plain),
            _ => None,
        }
    }
}

fn is_text(value: &[u8]) -> bool {
    json::string(value).is_some_and(|text| !text.is_empty())
}
