//! Events as they come: which of the newest records answer to a query.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use taffrail_event::{ActorRules, Decoded, Event, Key, Origins, RecordBatch, RecordFlags, Stage, Timestamp};
use taffrail_query::{Matcher, Query};

/// Events remembered at least, so that a copy is not shown twice.
const REMEMBERED: usize = 20_000;

/// How far before the last event an answer from the index begins: events come late, by as much as API servers collect them
/// and try again.
const OVERLAP_MICROS: i64 = 180_000_000;

/// Where a reader is: everything before this place in the journal was looked at, and it had been received by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TailPlace {
    /// The journal position.
    pub(crate) position: u64,
    /// When the record before it was received.
    pub(crate) received: Timestamp,
}

impl TailPlace {
    /// From when on the index is asked for what came after this place.
    pub(crate) fn resumes_from(self) -> Timestamp {
        self.received.plus_micros(-OVERLAP_MICROS)
    }
}

impl fmt::Display for TailPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.position, self.received.micros())
    }
}

impl FromStr for TailPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (position, micros) = text.split_once('-').ok_or(())?;
        let micros = micros.parse().map_err(|_| ())?;
        Ok(Self { position: position.parse().map_err(|_| ())?, received: Timestamp::from_micros(micros) })
    }
}

/// One reader's query, and what it was shown.
#[derive(Debug)]
pub(crate) struct TailFilter {
    query: Query,
    /// Who is who.
    actors: ActorRules,
    /// The newest stage shown of each event, in two generations: the older one goes when the newer one is full.
    shown: [HashMap<Key, Stage>; 2],
}

impl TailFilter {
    /// A reader that has seen nothing.
    pub(crate) fn new(query: Query, actors: ActorRules) -> Self {
        Self { query, actors, shown: Default::default() }
    }

    /// What it asks for.
    pub(crate) fn query(&self) -> &Query {
        &self.query
    }

    /// The events of a batch at `offset` from `place` on, each with the place behind it. A `RequestReceived` is left out: what
    /// follows says how the request ended. What was shown is left out, unless this is a later stage of it.
    pub(crate) fn events(&mut self, offset: u64, batch: &RecordBatch, place: u64) -> Vec<(TailPlace, Event)> {
        let mut events = Vec::new();
        let mut candidates = Vec::new();
        {
            let matcher = Matcher::new(&self.query);
            for (number, (record, flags)) in (offset..).zip(batch.records()) {
                if number < place {
                    continue;
                }
                let Some((event, stage)) = decode(&record, flags, batch, &self.actors) else { continue };
                if matcher.matches(&event, &record) {
                    candidates.push((number + 1, event, stage));
                }
            }
        }
        for (position, event, stage) in candidates {
            if self.is_news(event.id, stage) {
                events.push((TailPlace { position, received: batch.origin.received }, event));
            }
        }
        events
    }

    /// Notes that the event is shown from elsewhere; whether it had not been.
    pub(crate) fn note(&mut self, event: &Event) -> bool {
        let stage = event.audit.as_ref().map_or(Stage::ResponseComplete, |audit| Stage::of(&audit.stage));
        self.is_news(event.id, stage)
    }

    fn is_news(&mut self, id: Key, stage: Stage) -> bool {
        let known = self.shown.iter().filter_map(|shown| shown.get(&id)).max();
        if known.is_some_and(|known| *known >= stage) {
            return false;
        }
        let [newer, older] = &mut self.shown;
        if newer.len() >= REMEMBERED {
            *older = std::mem::take(newer);
        }
        newer.insert(id, stage);
        true
    }
}

fn decode(
    record: &[u8],
    flags: RecordFlags,
    batch: &RecordBatch,
    actors: &ActorRules,
) -> Option<(Event, Stage)> {
    let decoded = Decoded::of(record, flags).ok()?;
    let stage = decoded.audit().map_or(Stage::ResponseComplete, |audit| audit.stage());
    if stage == Stage::RequestReceived {
        return None;
    }
    let origin = &batch.origin;
    let id = decoded.keys(&origin.cluster).request;
    let event = decoded.event(Origins::of_record(id, origin, flags, actors));
    Some((event, stage))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taffrail_event::{BatchBuilder, Origin, Via};
    use taffrail_query::{TimeContext, parse};

    use super::*;

    fn batch(records: &[(&str, &str)]) -> RecordBatch {
        let received = Timestamp::from_micros(9);
        let origin = Origin { cluster: "prod".into(), source: "webhook".into(), via: Via::Webhook, received };
        let mut batch = BatchBuilder::new(Arc::new(origin));
        for (user, stage) in records {
            let record = format!(
                r#"{{"auditID":"{user}","stage":"{stage}","verb":"get","user":{{"username":"{user}"}}}}"#
            );
            batch.push(record.as_bytes(), RecordFlags::default());
        }
        batch.finish()
    }

    fn filter(query: &str) -> TailFilter {
        let query = parse(query, &TimeContext::utc(Timestamp::default())).unwrap();
        TailFilter::new(query, crate::actors::tests::robots())
    }

    fn users(events: &[(TailPlace, Event)]) -> Vec<(u64, &str)> {
        events
            .iter()
            .map(|(place, event)| (place.position, event.actor.as_ref().unwrap().name.as_str()))
            .collect()
    }

    #[test]
    fn what_matches_comes_once_for_each_stage() {
        let mut filter = filter("-user:carol");
        let first =
            batch(&[("alice", "RequestReceived"), ("bob", "ResponseStarted"), ("carol", "ResponseComplete")]);
        assert_eq!(users(&filter.events(10, &first, 10)), [(12, "bob")]);
        assert_eq!(users(&filter.events(10, &first, 10)), []);
        let second = batch(&[
            ("alice", "ResponseComplete"),
            ("bob", "ResponseComplete"),
            ("alice", "ResponseComplete"),
        ]);
        assert_eq!(users(&filter.events(13, &second, 13)), [(14, "alice"), (15, "bob")]);
        let third = batch(&[("dan", "Panic"), ("eve", "Panic")]);
        assert_eq!(users(&filter.events(16, &third, 17)), [(18, "eve")]);
    }

    #[test]
    fn rules_say_who_is_who() {
        let batch = batch(&[("system:kube-probe", "ResponseComplete"), ("alice", "ResponseComplete")]);
        assert_eq!(users(&filter("by:controller").events(0, &batch, 0)), [(1, "system:kube-probe")]);
        let found = filter("user:probe").events(0, &batch, 0);
        assert_eq!(found[0].1.actor.as_ref().unwrap().display, "Probe");
    }

    #[test]
    fn what_was_shown_long_ago_is_forgotten() {
        let mut filter = filter("");
        for number in 0..3 * REMEMBERED {
            assert!(filter.is_news(Key(number as u128), Stage::ResponseComplete));
        }
        assert!(filter.shown.iter().map(HashMap::len).sum::<usize>() <= 2 * REMEMBERED);
        assert!(!filter.is_news(Key(3 * REMEMBERED as u128 - 1), Stage::ResponseComplete));
        assert!(filter.is_news(Key(0), Stage::ResponseComplete));
    }

    #[test]
    fn places_are_texts() {
        let place = TailPlace { position: 12, received: Timestamp::from_micros(-5) };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "12", "-", "x-1", "1-x", "1-2-3"] {
            assert_eq!(wrong.parse::<TailPlace>(), Err(()), "{wrong}");
        }
    }
}
