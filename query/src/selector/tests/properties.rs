//! What holds for any selector.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Whatever the parser knows, in any order.
const TEXT: &str = "([ab(){},!=&|'\" \nä]|has\\(|all\\(| in | not in | == 'a'| && ){0,12}";

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]", "[a-zA-Z0-9_./-]{1,10}", "(all|global|has|in|not|contains|starts|ends|with)"]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{0,2}", any::<String>()].prop_map(|text| match text.contains('"') {
        true => text.replace('\'', ""),
        false => text,
    })
}

fn node() -> impl Strategy<Value = Node> {
    let values = || prop::collection::btree_set(value(), 0..4);
    let test = prop_oneof![
        Just(Test::Exists),
        value().prop_map(Test::Is),
        value().prop_map(Test::IsNot),
        value().prop_map(Test::Contains),
        value().prop_map(Test::StartsWith),
        value().prop_map(Test::EndsWith),
        values().prop_map(Test::In),
        values().prop_map(Test::NotIn),
    ];
    let label = (key(), test).prop_map(|(key, test)| Node::Label(key, test));
    let leaf = prop_oneof![1 => Just(Node::All), 1 => Just(Node::Global), 6 => label];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Node::all_of),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Node::any_of),
            inner.prop_map(Node::negated),
        ]
    })
}

fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(key(), value(), 0..4)
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(root in node()) {
        let selector = Selector { root };
        prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
    }

    #[test]
    fn a_negated_selector_selects_the_others(root in node(), labels in labels()) {
        let look_up = |key: &str| labels.get(key).map(String::as_str);
        let [selector, negated] = [root.clone(), root.negated()].map(|root| Selector { root });
        prop_assert_ne!(selector.matches(look_up), negated.matches(look_up));
        prop_assert_ne!(selector.matches_namespace(look_up), negated.matches_namespace(look_up));
        prop_assert_ne!(selector.matches_no_namespace(), negated.matches_no_namespace());
    }

    #[test]
    fn any_text_is_a_selector_or_a_mistake_with_a_place(text in TEXT) {
        match Selector::parse(&text) {
            Ok(selector) => prop_assert_eq!(read(&selector.to_string()), selector),
            Err(SelectorError::Syntax { offset, .. }) => prop_assert!(text.is_char_boundary(offset)),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }
}
