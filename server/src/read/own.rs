//! Taffrail's own records among the events: who read what.
//!
//! Somebody who looks for what happened must not be shown that he is looking, and a page that asks every few seconds would
//! bury the rest. So a question does not find the records of the cluster `taffrail` unless it asks for them.

use taffrail_config::OWN_CLUSTER;
use taffrail_query::{Field, Predicate, Query};

/// The question without Taffrail's own records, unless it asks for them: by a term `cluster:` that holds for `taffrail`
/// (`cluster:taffrail`, `cluster:*`), or by an id.
pub(crate) fn without_own(query: Query) -> Query {
    if asks_for_own(&query) {
        return query;
    }
    let own = Query::Field(Field::Cluster, Predicate::Is(OWN_CLUSTER.to_owned()));
    Query::all_of(vec![query, own.negated()])
}

fn asks_for_own(query: &Query) -> bool {
    match query {
        Query::Field(Field::Cluster, predicate) => predicate.matches_text(OWN_CLUSTER),
        Query::Field(Field::Id, _) => true,
        Query::And(parts) | Query::Or(parts) => parts.iter().any(asks_for_own),
        // Whoever leaves them out has said so, too.
        Query::Not(part) => asks_for_own(part),
        Query::All | Query::Text(_) | Query::Field(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use taffrail_query::{TimeContext, parse};

    use super::*;

    #[test]
    fn only_questions_that_ask_for_them_find_them() {
        fn check(query: &str, expected: &str) {
            let context = TimeContext::utc(taffrail_event::Timestamp::default());
            let [found, expected] =
                [without_own(parse(query, &context).unwrap()), parse(expected, &context).unwrap()];
            assert_eq!(found, expected, "{query}");
        }
        check("", "-cluster:taffrail");
        check("user:alice", "user:alice -cluster:taffrail");
        check("user:alice OR user:bob", "(user:alice OR user:bob) -cluster:taffrail");
        check("cluster:prod", "cluster:prod -cluster:taffrail");
        check("-cluster:prod", "-cluster:prod -cluster:taffrail");
        for asking in [
            "cluster:taffrail",
            "cluster:(prod OR taffrail)",
            "cluster:taff* user:a",
            "cluster:*",
            "id:4fa1*",
        ] {
            check(asking, asking);
        }
        check("-cluster:taffrail", "-cluster:taffrail");
    }
}
