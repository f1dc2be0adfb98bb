//! Arbitrary queries for property tests.

use std::ops::Bound;

use proptest::prelude::*;
use taffrail_event::{Timestamp, resource, words};

use crate::ast::{Predicate, Query, TextPredicate};
use crate::field::{Field, FieldKind};
use crate::ip::IpRange;
use crate::pattern::Pattern;

/// Any normal tree.
pub(crate) fn query() -> BoxedStrategy<Query> {
    let leaf = prop_oneof![
        1 => Just(Query::All),
        2 => prop::collection::vec(word(), 1..4).prop_map(|words| Query::Text(TextPredicate::Phrase(words))),
        1 => pattern(word()).prop_map(|pattern| Query::Text(TextPredicate::Pattern(pattern))),
        6 => prop::sample::select(Field::ALL).prop_flat_map(field_predicate),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Query::all_of),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Query::any_of),
            inner.prop_map(Query::negated),
        ]
    })
    .boxed()
}

prop_compose! {
    fn literal()(text in prop_oneof![
        "[a-z]{1,8}",
        "[a-zA-Z0-9 :*\\\\\"()\\[\\]{}<>=?&/._-]{1,10}",
        any::<String>().prop_filter("not empty", |text| !text.is_empty()),
        Just("AND".to_owned()),
        Just("NOT".to_owned()),
        Just("-".to_owned()),
    ]) -> String { text }
}

fn pattern(of: BoxedStrategy<String>) -> BoxedStrategy<Pattern> {
    prop::collection::vec(prop_oneof![Just(String::new()), of], 2..4)
        .prop_map(Pattern::new)
        .prop_filter("says something", |pattern| !pattern.is_any())
        .boxed()
}

fn word() -> BoxedStrategy<String> {
    prop_oneof!["[a-z0-9]{1,6}", "[a-zA-ZäÖßİ]{1,6}"]
        .prop_map(|word| words::words(&word).collect::<String>())
        .boxed()
}

fn field_predicate(field: Field) -> BoxedStrategy<Query> {
    let number = || prop_oneof![any::<i64>(), -5..700_i64];
    let bounded = move |number: i64| {
        let number = if field == Field::Time { Timestamp::from_micros(number).micros() } else { number };
        (0..3).prop_map(move |kind| match kind {
            0 => Bound::Included(number),
            1 => Bound::Excluded(number),
            _ => Bound::Unbounded,
        })
    };
    let predicate = match field.kind() {
        FieldKind::Number | FieldKind::Time => (number(), number())
            .prop_flat_map(move |(one, other)| (bounded(one.min(other)), bounded(one.max(other))))
            .prop_filter("holds something", |(lower, upper)| {
                holds_some(*lower, *upper) && (*lower, *upper) != (Bound::Unbounded, Bound::Unbounded)
            })
            .prop_map(|(lower, upper)| Predicate::Range { lower, upper })
            .boxed(),
        FieldKind::Words => prop::collection::vec(word(), 1..4).prop_map(Predicate::Phrase).boxed(),
        FieldKind::Ip | FieldKind::Endpoint => prop_oneof![
            any::<std::net::IpAddr>()
                .prop_map(move |ip| Predicate::Is(field.normal(&ip.to_string()).into_owned())),
            (any::<std::net::IpAddr>(), 0..=128_u8)
                .prop_filter_map("fits", |(ip, prefix)| IpRange::new(ip, prefix).map(Predicate::Cidr)),
        ]
        .boxed(),
        FieldKind::Keyword if let Some(values) = field.closed_values() => {
            prop::sample::select(values).prop_map(|value| Predicate::Is(value.to_owned())).boxed()
        }
        FieldKind::Keyword | FieldKind::KeywordIgnoreCase | FieldKind::Path => literal()
            .prop_map(move |text| match field {
                Field::Group if text == "core" => "apps".to_owned(),
                Field::Resource => resource::resolve(&text.replace(['.', '/'], "")).0,
                _ => field.normal(&text).into_owned(),
            })
            .prop_filter("not empty", |text| !text.is_empty())
            .prop_map(Predicate::Is)
            .boxed(),
    };
    let has_patterns = !matches!(field.kind(), FieldKind::Number | FieldKind::Time);
    let form = pattern(literal().prop_map(move |text| field.normal(&text).into_owned()).boxed())
        .prop_map(Predicate::Pattern)
        .boxed();
    let form = if has_patterns { form } else { Just(Predicate::Exists).boxed() };
    prop_oneof![4 => predicate, 2 => form, 1 => Just(Predicate::Exists)]
        .prop_map(move |predicate| Query::Field(field, predicate))
        .boxed()
}

fn holds_some(lower: Bound<i64>, upper: Bound<i64>) -> bool {
    match (lower, upper) {
        (Bound::Included(first), Bound::Included(last)) => first <= last,
        (Bound::Excluded(first), Bound::Excluded(last)) => first < last && first + 1 < last,
        (Bound::Included(first) | Bound::Excluded(first), Bound::Included(last) | Bound::Excluded(last)) => {
            first < last
        }
        _ => true,
    }
}
