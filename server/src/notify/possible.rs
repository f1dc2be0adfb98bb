//! Which events may answer to a query, judged by what their records alone tell.
//!
//! The index knows more: what a write changed follows from the writes before it. To ask it about every record would cost too
//! much, so the parts of a query that it alone can answer are taken for true here where that keeps an event in.

use taffrail_query::{Field, Query};

/// A query that holds for every event, as its record tells it, for which `query` may hold as the index tells it.
pub(super) fn possible(query: &Query) -> Query {
    bound(query, true)
}

/// Holds wherever the query may (`is_upper`), or only where it must.
fn bound(query: &Query, is_upper: bool) -> Query {
    let nothing = || Query::All.negated();
    match query {
        Query::All => Query::All,
        Query::And(parts) => {
            let parts: Vec<Query> = parts.iter().map(|part| bound(part, is_upper)).collect();
            if parts.contains(&nothing()) { nothing() } else { Query::all_of(parts) }
        }
        Query::Or(parts) => {
            let parts = parts.iter().map(|part| bound(part, is_upper));
            Query::any_of(parts.filter(|part| *part != nothing()).collect())
        }
        Query::Not(part) => bound(part, !is_upper).negated(),
        // The summary and the values before are among the texts.
        Query::Text(_) if is_upper => Query::All,
        Query::Text(_) => nothing(),
        Query::Field(field, _) if !is_told(*field) => {
            if is_upper {
                Query::All
            } else {
                nothing()
            }
        }
        Query::Field(..) => query.clone(),
    }
}

/// Whether a record alone tells the field's values as the index does.
fn is_told(field: Field) -> bool {
    !matches!(
        field,
        Field::Change
            | Field::Confidence
            | Field::StatusOnly
            | Field::Changed
            | Field::Before
            | Field::After
            | Field::Member
            // One record came by one way, the event perhaps by several.
            | Field::Via
            // A second record of a request has another id.
            | Field::Id
            // That of a record without any is when it was first received.
            | Field::Time
            | Field::EffectiveVerdict
    )
}

#[cfg(test)]
mod tests {
    use taffrail_event::Timestamp;
    use taffrail_query::{TimeContext, parse};

    use super::*;

    #[test]
    fn what_only_the_index_knows_is_left_open() {
        fn check(query: &str, expected: &str) {
            let context = TimeContext::utc(Timestamp::default());
            let [query, expected] = [query, expected].map(|text| parse(text, &context).unwrap());
            assert_eq!(possible(&query), expected);
        }
        check("verb:delete ns:shop", "verb:delete ns:shop");
        check("changed:image resource:pods", "resource:pods");
        check("-changed:image resource:pods", "resource:pods");
        check("verb:delete OR after:true", "*");
        check("verb:delete OR -(changed:image -user:alice)", "*");
        check("-(changed:image OR user:alice)", "-user:alice");
        check("-(changed:image user:alice)", "*");
        check("quarantine verb:patch", "verb:patch");
        check("-quarantine -verb:patch", "-verb:patch");
        check("*", "*");
    }
}
