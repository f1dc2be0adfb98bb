mod properties;

use super::*;

type Labels<'a> = &'a [(&'a str, &'a str)];

fn read(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn look_up<'a>(labels: Labels<'a>) -> impl Fn(&str) -> Option<&'a str> {
    move |key| labels.iter().find(|label| label.0 == key).map(|label| label.1)
}

/// As it was written, and as it is printed.
fn check(text: &str, selected: &[Labels<'_>], not_selected: &[Labels<'_>]) {
    let printed = read(text).to_string();
    for text in [text, &printed] {
        let selector = read(text);
        for labels in selected {
            assert!(selector.matches(look_up(labels)), "{text} and {labels:?}");
        }
        for labels in not_selected {
            assert!(!selector.matches(look_up(labels)), "{text} and {labels:?}");
        }
    }
}

fn check_printed(text: &str, expected: &str) {
    let selector = read(text);
    assert_eq!(selector.to_string(), expected, "{text}");
    assert_eq!(read(expected), selector, "{text}");
}

fn check_error(text: &str, offset: usize, expected: &str) {
    let error = Selector::parse(text).unwrap_err();
    let SelectorError::Syntax { offset: at, expected: message } = error else { panic!("{text}: {error}") };
    assert_eq!(at, offset, "{text}: {message}");
    assert!(message.contains(expected), "{text}: {message}");
}

/// From libcalico-go/lib/selector/parser/parser_test.go of projectcalico/calico, Apache-2.0.
#[test]
fn labels_are_selected_as_calico_selects_them() {
    check(r#"a == "b""#, &[&[("a", "b")], &[("a", "b"), ("c", "d")]], &[&[], &[("a", "c")], &[("c", "d")]]);
    check(
        r#"a == "b" && c == "d""#,
        &[&[("a", "b"), ("c", "d")]],
        &[&[], &[("a", "b"), ("c", "e")], &[("a", "c"), ("c", "d")], &[("c", "d")], &[("a", "b")]],
    );
    check(
        r#"a == "b" || c == "d""#,
        &[&[("a", "b"), ("c", "d")], &[("a", "b")], &[("c", "d")]],
        &[&[], &[("a", "e"), ("c", "e")], &[("c", "e")], &[("a", "e")]],
    );
    let quotes: &[Labels<'_>] = &[&[("a", "c")], &[("a", "\"")], &[("a", "'")]];
    check(r#"a in {"'", '"', "c"}"#, quotes, &[&[], &[("a", "e")]]);
    check(r#"a not in {"'", '"', "c"}"#, &[&[], &[("a", "e")]], quotes);

    check("a == 'a'", &[&[("a", "a")]], &[&[], &[("a", "b")]]);
    check(r#"a != "b""#, &[&[("a", "a")]], &[]);
    check(r#"a != "a""#, &[&[]], &[&[("a", "a")]]);
    check("a != 'a'", &[], &[&[("a", "a")]]);
    let elsewhere: Labels<'_> = &[("b", "aaa")];
    let longer: Labels<'_> = &[("a", "aaa"), ("b", "c")];
    check(r#"a contains "a""#, &[&[("a", "a")], &[("a", "bab")], longer], &[&[], &[("a", "b")], elsewhere]);
    check(
        r#"a starts with "a""#,
        &[&[("a", "a")], &[("a", "abb")], longer],
        &[&[], &[("a", "b")], &[("a", "baa")], elsewhere],
    );
    check(
        r#"a ends with "a""#,
        &[&[("a", "a")], &[("a", "bba")], longer],
        &[&[], &[("a", "b")], &[("a", "aab")], elsewhere],
    );
    check(r#"a in {"a"}"#, &[&[("a", "a")]], &[&[("a", "b")]]);
    check(r#"!a in {"a"}"#, &[&[("a", "b")]], &[]);
    check(r#"a in {"a", "b"}"#, &[&[("a", "a")], &[("a", "b")]], &[&[("a", "c")]]);
    check(r#"a not in {"d", "e"}"#, &[&[("a", "a")]], &[]);
    check(r#"a not in {"a"}"#, &[], &[&[("a", "a")]]);
    check("has(a)", &[&[("a", "b")]], &[]);
    check("!has(a)", &[&[("b", "b")]], &[]);
    for everything in ["", " ", "all()", " all()", "global()", " global()"] {
        check(everything, &[&[], &[("a", "b")]], &[]);
    }
    for other in ["has(b)", "!!has(b)"] {
        check(other, &[], &[&[("a", "b")]]);
    }
    for negated in ["! has(a)", "!has(a)", "!!! has(a)", "!!!has(a)", "!! ! has(a)", "! !!has(a)"] {
        check(negated, &[], &[&[("a", "b")]]);
    }

    let both: Labels<'_> = &[("a", "a1"), ("b", "b1")];
    check("a == 'a1' && b == 'b1'", &[both], &[]);
    check("a == 'a1' && b != 'b1'", &[], &[both]);
    check("a != 'a1' && b == 'b1'", &[], &[both]);
    check("a != 'a1' && b != 'b1'", &[], &[both]);
    check("a != 'a1' && !b == 'b1'", &[], &[both]);
    check("!a == 'a1' && b == 'b1'", &[], &[both]);
    check("a == 'a1' || b == 'b1'", &[both], &[]);
    check("a == 'a1' || b != 'b1'", &[both], &[]);
    check("a != 'a1' || b == 'b1'", &[both], &[]);
    check("a != 'a1' || b != 'b1'", &[], &[both]);
    check("! a == 'a1' || ! b == 'b1'", &[], &[both]);
    for text in ["has(a) && !has(b)", "!has(b) && has(a)", "!(!has(a) || has(b))", "!(has(b) || !has(a))"] {
        check(text, &[&[("a", "a")]], &[]);
    }
}

#[test]
fn and_binds_before_or_and_a_missing_label_has_no_value() {
    check("has(a) || has(b) && has(c)", &[&[("a", "")]], &[&[("b", "")]]);
    check("(has(a) || has(b)) && has(c)", &[&[("b", ""), ("c", "")]], &[&[("a", "")]]);
    check("!has(a) && has(b)", &[&[("b", "")]], &[&[], &[("a", ""), ("b", "")]]);
    for test in ["== ''", "in {''}", "contains ''", "starts with ''", "ends with ''"] {
        check(&format!("a {test}"), &[&[("a", "")]], &[&[]]);
        check(&format!("!a {test}"), &[&[]], &[&[("a", "")]]);
    }
    check("a in {}", &[], &[&[], &[("a", "")]]);
    check("a not in {}", &[&[], &[("a", "")]], &[]);
}

/// From libcalico-go/lib/selector/parser/parser_test.go and tokenizer/tokenizer_test.go of projectcalico/calico,
/// Apache-2.0. Without the parentheses that change nothing.
#[test]
fn a_selector_prints_in_one_form() {
    check_printed("", "all()");
    check_printed(" (all() )", "all()");
    check_printed("! (has( b)||! has(a ))", "!(has(b) || !has(a))");
    check_printed(r#"! (a == "b"&&! c != "d")"#, r#"!(a == "b" && !c != "d")"#);
    check_printed(
        "!(!(k == 'v' && has(t) || all()) && (a in {'b', 'c'}))",
        r#"!(!(k == "v" && has(t) || all()) && a in {"b", "c"})"#,
    );
    check_printed(r#"a == "'""#, r#"a == "'""#);
    check_printed(r#"a contains '"'"#, r#"a contains '"'"#);
    check_printed(r#"a startswith '"'"#, r#"a starts with '"'"#);
    check_printed(r#"a endswith "'""#, r#"a ends with "'""#);
    check_printed(r#"a!='"'"#, r#"a != '"'"#);
    check_printed(r#"a in {"z", "z", "x", "y", "x", "a"}"#, r#"a in {"a", "x", "y", "z"}"#);
    check_printed("contains contains 'contains'", r#"contains contains "contains""#);
    check_printed("startswith starts\t with'value'", r#"startswith starts with "value""#);
    check_printed(
        r#"a notin{"bar"}&&!has(foo)||b in{"c"}"#,
        r#"a not in {"bar"} && !has(foo) || b in {"c"}"#,
    );
    check_printed("has(calico/k8s_NS-.1/role)", "has(calico/k8s_NS-.1/role)");
}

#[test]
fn what_changes_nothing_is_not_kept() {
    check_printed("!(!has(a))", "has(a)");
    check_printed("(((has(a))))", "has(a)");
    check_printed("has(a) && (has(b) && has(c))", "has(a) && (has(b) && has(c))");
    check_printed("a in {'b',}", r#"a in {"b"}"#);
    check_printed("all == 'global()' && has(has)", r#"all == "global()" && has(has)"#);
    check_printed("a == 'b\n\\'", "a == \"b\n\\\"");
}

/// Most from `badSelectors` in libcalico-go/lib/selector/parser/parser_test.go of projectcalico/calico, Apache-2.0.
#[test]
fn a_mistake_is_told_with_its_place() {
    check_error("b == b", 5, "quotation marks");
    check_error("b contains b", 11, "quotation marks");
    check_error("b starts with b", 14, "quotation marks");
    check_error("b ends with b", 12, "quotation marks");
    check_error("'b1' == b", 0, "a label key, has(key)");
    check_error("b", 1, "`==`");
    check_error("a b", 2, "`==`");
    check_error("a ", 2, "`==`");
    check_error("a = 'b'", 2, "`==`");
    check_error("label starts foo 'value'", 6, "`starts with`");
    check_error("!", 1, "a label key");
    check_error("foo == \"bar\" &", 13, "`&&`");
    check_error("foo == \"bar\" |", 13, "`||`");
    check_error("foo != ||", 7, "quotation marks");
    check_error("foo in {\"\", ||", 12, "`}`");
    check_error("foo in {'a' 'b'}", 12, "`,` or `}`");
    check_error("foo in {,}", 8, "`}`");
    check_error("foo in \"\"", 7, "{'a', 'b'}");
    check_error("\"FOO", 0, "a label key");
    check_error("a == \"FOO'", 5, "second quotation mark");
    check_error("(", 1, "a label key");
    check_error("(a == \"foo\"", 11, "`)`");
    check_error(")", 0, "a label key");
    check_error("()", 1, "a label key");
    check_error("has(a))", 6, "the end");
    check_error("%", 0, "a label key");
    check_error("a == \"b\" && %", 12, "a label key");
    check_error("a == \"b\" || %", 12, "a label key");
    check_error("has(foo) &&", 11, "a label key");
    check_error("has()", 4, "within has()");
    check_error("has(a b)", 6, "`)`");
    check_error("all(a)", 4, "all()");
    check_error("global(", 7, "global()");
    check_error("ä == 'b'", 0, "a label key");
    check_error("a == 'ä' ä", 10, "the end");
    check_error("has(a)\n", 6, "line break");
    let message = Selector::parse("a = 'b'").unwrap_err().to_string();
    assert!(message.starts_with("expected `==`, ") && message.ends_with(" at byte 2"), "{message}");
}

#[test]
fn a_selector_is_bounded() {
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "!(".repeat(depth), ")".repeat(depth));
    read(&nested(MAX_DEPTH, "has(a) && has(b)"));
    let too_deep = Selector::parse(&nested(MAX_DEPTH + 1, "has(a)")).unwrap_err();
    assert_eq!(too_deep, SelectorError::TooDeep { offset: 2 * MAX_DEPTH + 1 });
    read(&vec!["(has(a))"; 1000].join(" && "));
    read(&format!("{}has(a)", "!".repeat(MAX_BYTES - 6)));
    let too_long = Selector::parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err();
    assert_eq!(too_long, SelectorError::TooLong { length: MAX_BYTES + 1 });
    // Short enough as written, not as printed.
    let dense = vec!["has(a)"; 7000].join("&&");
    assert_eq!(Selector::parse(&dense).unwrap_err(), SelectorError::TooLong { length: 7000 * 10 - 4 });
}

/// After `getEndpointSelector` in libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go.
#[test]
fn a_namespace_selector_tells_what_is_in_a_namespace_from_what_is_not() {
    let check = |text: &str, in_namespace: bool, in_none: bool| {
        let selector = read(text);
        let in_shop = selector.matches_namespace(look_up(&[("team", "shop")]));
        assert_eq!((in_shop, selector.matches_no_namespace()), (in_namespace, in_none), "{text}");
    };
    check("all()", true, false);
    check("global()", false, true);
    check("!global()", true, false);
    check("global() || team == 'shop'", true, true);
    check("team == 'shop'", true, false);
    check("team != 'shop'", false, true);
    check("!has(other)", true, true);
}

#[test]
fn only_all_says_that_it_is_everything() {
    for (text, expected) in [("", true), ("(all())", true), ("global()", false), ("has(a) || !has(a)", false)]
    {
        assert_eq!(read(text).is_everything(), expected, "{text}");
    }
}

#[test]
fn a_label_selector_of_kubernetes_is_a_selector() {
    let of = |key, operator, values: &[&'static str]| {
        let requirement = LabelRequirement { key, operator, values: values.to_vec() };
        Selector::of_label_selector([], [requirement]).map(|selector| selector.to_string())
    };
    let says = |text: &str| Ok(text.to_owned());
    assert_eq!(of("tier", "In", &["web", "api"]), says(r#"tier in {"api", "web"}"#));
    assert_eq!(of("tier", "NotIn", &["web"]), says(r#"tier not in {"web"}"#));
    assert_eq!(of("tier", "Exists", &[]), says("has(tier)"));
    assert_eq!(of("tier", "DoesNotExist", &[]), says("!has(tier)"));

    let refused = |key: &str, expected| Err(SelectorError::Requirement { key: key.to_owned(), expected });
    assert_eq!(of("tier", "In", &[]), refused("tier", "one value or more"));
    assert_eq!(of("tier", "Exists", &["web"]), refused("tier", "no values"));
    assert_eq!(of("tier", "Gt", &["1"]), refused("tier", "the operator In, NotIn, Exists or DoesNotExist"));
    assert_eq!(of("a b", "Exists", &[]), refused("a b", "a key of letters, digits, `_`, `.`, `/` and `-`"));
    assert_eq!(of("tier", "In", &["'\""]), refused("tier", "a value without quotation marks"));

    let everything = Selector::of_label_selector([], []).unwrap();
    assert!(everything.is_everything());
    let exists = LabelRequirement { key: "tier", operator: "Exists", values: Vec::new() };
    let selector = Selector::of_label_selector([("app", "shop"), ("env", "")], [exists]).unwrap();
    assert_eq!(selector, read("app == 'shop' && env == '' && has(tier)"));
}
