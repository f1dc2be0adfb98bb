//! What a reading command asks: the query and the range, with every relative time resolved once.

use jiff::tz::TimeZone;
use taffrail_config::is_cluster_name;
use taffrail_event::Timestamp;
use taffrail_query::{Field, Order, Predicate, Query, TimeContext, TimeRange, parse};

use super::query_problem::query_problem;
use super::times;
use crate::args::RangeArgs;
use crate::exit::WrongUse;

/// A question about events.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Which events.
    pub(crate) query: Query,
    /// From when.
    pub(crate) range: TimeRange,
    /// The query in the words that were typed.
    pub(crate) typed: String,
    /// The moment that it was asked.
    pub(crate) now: Timestamp,
    /// The zone of times that name none, and of those shown.
    pub(crate) zone: TimeZone,
    /// In which order events are shown.
    pub(crate) order: Order,
}

impl Question {
    /// The question that was typed, asked now.
    pub(crate) fn new(query: &str, cluster: Option<&str>, range: &RangeArgs) -> anyhow::Result<Self> {
        let zone = times::zone(range.tz.as_deref())?;
        Self::at(TimeContext { now: Timestamp::now(), tz: zone }, query, cluster, range)
    }

    fn at(
        context: TimeContext,
        query: &str,
        cluster: Option<&str>,
        range: &RangeArgs,
    ) -> anyhow::Result<Self> {
        // Here and not in the server: clock times in the query are those of this machine's zone.
        let mut parts = vec![parse(query, &context).map_err(|error| {
            WrongUse(query_problem(query, error.span, &error.message, error.hint.as_deref()))
        })?];
        if let Some(name) = cluster {
            if !is_cluster_name(name) {
                let text = format!("--cluster {name}: cluster names consist of a-z, 0-9, -, . and _");
                return Err(WrongUse(text).into());
            }
            parts.push(Query::Field(Field::Cluster, Predicate::Is(name.to_owned())));
        }
        let range = times::range(range, &context)?;
        let cluster = cluster.map(|name| format!("--cluster {name}"));
        let typed: Vec<&str> = [Some(query.trim()), cluster.as_deref()].into_iter().flatten().collect();
        let typed = typed.join(" ").trim().to_owned();
        let order = Order::Desc;
        Ok(Self { query: Query::all_of(parts), range, typed, now: context.now, zone: context.tz, order })
    }

    /// The question in words, as in "nothing found ...".
    pub(crate) fn in_words(&self) -> String {
        let when = times::range_in_words(self.range, &self.zone);
        match self.typed.as_str() {
            "" => when,
            typed => format!("for {typed} {when}"),
        }
    }

    /// Only those events that also match, oldest first.
    pub(crate) fn narrowed(self, query: Query) -> Self {
        Self { query: Query::all_of(vec![self.query, query]), order: Order::Asc, ..self }
    }

    /// The same about all times.
    pub(crate) fn at_any_time(&self) -> Self {
        Self { range: TimeRange::default(), ..self.clone() }
    }

    /// The parameters of the API that say the same.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let query = (self.query != Query::All).then(|| ("q", self.query.to_string()));
        let from = self.range.from.map(|from| ("from", from.to_string()));
        let to = self.range.to.map(|to| ("to", to.to_string()));
        query.into_iter().chain(from).chain(to).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str, cluster: Option<&str>) -> anyhow::Result<Question> {
        let now = Timestamp::parse("2026-11-23T16:30:00Z").unwrap();
        let context = TimeContext { now, tz: TimeZone::get("Europe/Berlin").unwrap() };
        Question::at(
            context,
            query,
            cluster,
            &RangeArgs { since: Some("2h".to_owned()), ..RangeArgs::default() },
        )
    }

    #[test]
    fn relative_times_are_resolved_here() {
        let question = ask("user:alice time:>=14:00", Some("prod")).unwrap();
        let parameters = question.parameters();
        let (names, texts): (Vec<_>, Vec<_>) = parameters.into_iter().unzip();
        assert_eq!(names, ["q", "from"]);
        assert!(texts[0].contains("2026-11-23T13:00:00"), "{texts:?}");
        assert!(texts[0].contains("cluster:prod"), "{texts:?}");
        assert_eq!(texts[1], "2026-11-23T14:30:00.000000Z");
    }

    #[test]
    fn everything_has_no_query() {
        assert!(ask("", None).unwrap().at_any_time().parameters().is_empty());
    }

    #[test]
    fn in_words() {
        let question = ask(" user:alice ", Some("prod")).unwrap();
        assert_eq!(
            question.in_words(),
            "for user:alice --cluster prod since 2026-11-23 15:30:00 (Europe/Berlin)"
        );
        assert_eq!(ask("", None).unwrap().at_any_time().in_words(), "at any time");
    }

    #[test]
    fn errors_show_the_place() {
        let error = ask("verb:get usr:alice", None).unwrap_err();
        assert!(error.is::<WrongUse>());
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[1..3], ["  verb:get usr:alice", "           ^^^"]);
        assert!(ask("", Some("no cluster")).unwrap_err().is::<WrongUse>());
    }
}
