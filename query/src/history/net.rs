//! What became of objects over a stretch of time, all in all: what is different at its end from what was at its beginning.

use std::collections::BTreeMap;

use taffrail_event::change::JsonText;
use taffrail_event::{ChangeType, Event, FieldChange, FieldOp, OutcomeResult, Timestamp};

use super::ObjectName;

/// The net change of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct NetChange {
    /// The object.
    pub object: ObjectName,
    /// What became of it.
    pub outcome: NetOutcome,
    /// The fields that are another at the end, by path, but for those of its status. None for what is new or gone.
    pub fields: Vec<FieldChange>,
    /// Whether there were more fields than the change sets list, or changes of which the fields are not known.
    pub is_cut: bool,
    /// Whoever changed it, in the order of their first change.
    pub actors: Vec<String>,
    /// How many changes there were.
    pub changes: u64,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetOutcome {
    /// It is new.
    Created,
    /// It is another than before.
    Changed,
    /// It is as it was.
    Back,
    /// It is gone.
    Deleted,
    /// It came and went.
    Passed,
    /// It went, and another one of that name came.
    Replaced,
}

impl NetOutcome {
    /// Its name, in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Back => "back",
            Self::Deleted => "deleted",
            Self::Passed => "passed",
            Self::Replaced => "replaced",
        }
    }
}

/// Adds up changes, told oldest first.
#[derive(Debug, Default)]
pub struct Net {
    objects: BTreeMap<ObjectName, Sum>,
}

#[derive(Debug)]
struct Sum {
    was_there: bool,
    is_there: bool,
    /// Whether it was created or deleted in between.
    began_anew: bool,
    fields: BTreeMap<String, FieldChange>,
    is_cut: bool,
    actors: Vec<String>,
    changes: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Net {
    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        let Some(change) = &event.change else { return };
        let has_effect =
            event.outcome.as_ref().is_some_and(|outcome| outcome.result == OutcomeResult::Success);
        if !has_effect || change.change_type == ChangeType::None {
            return;
        }
        for object in ObjectName::of(event).into_iter().chain(ObjectName::members_of(event)) {
            self.sum(object, event).add(event);
        }
    }

    fn sum(&mut self, object: ObjectName, event: &Event) -> &mut Sum {
        self.objects.entry(object).or_insert_with(|| Sum {
            was_there: event.change.as_ref().is_none_or(|change| change.change_type != ChangeType::Create),
            is_there: true,
            began_anew: false,
            fields: BTreeMap::new(),
            is_cut: false,
            actors: Vec::new(),
            changes: 0,
            first: event.time,
            last: event.time,
        })
    }

    /// By object.
    pub fn finish(self) -> Vec<NetChange> {
        self.objects.into_iter().map(|(object, sum)| sum.finish(object)).collect()
    }
}

impl Sum {
    fn add(&mut self, event: &Event) {
        self.changes += 1;
        self.last = event.time;
        if let Some(actor) = &event.actor
            && !self.actors.contains(&actor.name)
        {
            self.actors.push(actor.name.clone());
        }
        let Some(change) = &event.change else { return };
        match change.change_type {
            ChangeType::Create => {
                self.began_anew |= self.changes > 1;
                self.is_there = true;
                self.fields.clear();
            }
            ChangeType::Delete => self.is_there = false,
            ChangeType::Update | ChangeType::None => {
                let listed = change.fields.len() as u64;
                self.is_cut |= change.fields_total.is_none_or(|total| total > listed);
                change.fields.iter().filter(|field| !field.status).for_each(|field| self.note(field));
            }
        }
    }

    fn note(&mut self, field: &FieldChange) {
        match self.fields.get_mut(&field.path) {
            Some(known) => {
                known.after.clone_from(&field.after);
                known.cut |= field.cut;
            }
            None => drop(self.fields.insert(field.path.clone(), field.clone())),
        }
    }

    fn finish(mut self, object: ObjectName) -> NetChange {
        self.fields.retain(|_, field| field.before != field.after || field.before.is_none() || field.cut);
        let outcome = match (self.was_there, self.is_there) {
            (false, true) => NetOutcome::Created,
            (false, false) => NetOutcome::Passed,
            (true, false) => NetOutcome::Deleted,
            (true, true) if self.began_anew => NetOutcome::Replaced,
            (true, true) if self.fields.is_empty() && !self.is_cut => NetOutcome::Back,
            (true, true) => NetOutcome::Changed,
        };
        let fields = if outcome == NetOutcome::Changed { self.fields } else { BTreeMap::new() };
        NetChange {
            object,
            outcome,
            fields: fields.into_values().map(with_op).collect(),
            is_cut: self.is_cut && outcome == NetOutcome::Changed,
            actors: self.actors,
            changes: self.changes,
            first: self.first,
            last: self.last,
        }
    }
}

/// What the first value and the last one make of it together.
fn with_op(mut field: FieldChange) -> FieldChange {
    let is_nothing =
        |value: &Option<JsonText>| value.as_ref().is_some_and(|value| *value == JsonText::null());
    field.op = match (is_nothing(&field.before), is_nothing(&field.after)) {
        (true, _) => FieldOp::Add,
        (_, true) => FieldOp::Remove,
        (false, false) => FieldOp::Replace,
    };
    field
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Change, Confidence, Origins};

    use super::*;

    /// An event about the object `name` at second `at`, with this change set.
    fn event(at: u8, user: &str, verb: &str, name: &str, change: Option<Change>) -> Event {
        let record = format!(
            r#"{{"auditID":"a{at}","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"{user}"}},"objectRef":{{"resource":"configmaps","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:11:{at:02}.000000Z"}}"#
        );
        Event::decode(record.as_bytes(), Origins { change, ..Origins::default() }).unwrap()
    }

    /// Path, value before and value after.
    fn update(at: u8, user: &str, name: &str, (path, before, after): (&str, &str, &str)) -> Event {
        let value = |text: &str| Some(JsonText::of(text.as_bytes()));
        let field = FieldChange {
            path: path.to_owned(),
            op: FieldOp::Replace,
            before: value(before),
            after: value(after),
            status: false,
            cut: false,
            bytes: None,
        };
        let change = Change {
            confidence: Confidence::Exact,
            fields_total: Some(1),
            fields: vec![field],
            ..Change::of_type(ChangeType::Update)
        };
        event(at, user, "update", name, Some(change))
    }

    #[test]
    fn what_is_left_of_changes() {
        fn check(events: &[Event], expected: &str) {
            let mut net = Net::default();
            events.iter().for_each(|event| net.take(event));
            let found = net.finish().into_iter().map(|net| {
                let fields = net.fields.iter().map(|field| {
                    let value =
                        |value: &Option<JsonText>| value.as_ref().map_or("?", JsonText::as_json).to_owned();
                    format!(
                        " {} {}:{}->{}",
                        field.op.name(),
                        field.path,
                        value(&field.before),
                        value(&field.after)
                    )
                });
                format!(
                    "{} {} by {}{}",
                    net.object.name,
                    net.outcome.name(),
                    net.actors.join("+"),
                    fields.collect::<String>()
                )
            });
            assert_eq!(found.collect::<Vec<_>>().join("; "), expected);
        }
        let create = |at: u8, name: &str| event(at, "alice", "create", name, None);
        let delete = |at: u8, name: &str| event(at, "carol", "delete", name, None);
        check(
            &[update(1, "alice", "x", ("data.a", "1", "2")), update(2, "bob", "x", ("data.a", "2", "3"))],
            "x changed by alice+bob replace data.a:1->3",
        );
        check(
            &[update(1, "alice", "x", ("data.a", "1", "2")), update(2, "bob", "x", ("data.a", "2", "1"))],
            "x back by alice+bob",
        );
        check(
            &[
                update(1, "alice", "x", ("data.a", "null", "2")),
                update(2, "bob", "x", ("data.b", "2", "null")),
            ],
            "x changed by alice+bob add data.a:null->2 remove data.b:2->null",
        );
        check(&[create(1, "x"), update(2, "bob", "x", ("data.a", "2", "1"))], "x created by alice+bob");
        check(&[create(1, "x"), delete(2, "x")], "x passed by alice+carol");
        check(&[delete(1, "x")], "x deleted by carol");
        check(
            &[delete(1, "x"), create(2, "x"), create(3, "y")],
            "x replaced by carol+alice; y created by alice",
        );
    }
}
