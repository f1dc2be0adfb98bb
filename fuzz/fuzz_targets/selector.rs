//! Any text is a label selector or a mistake with a place in the text; a selector prints as one that reads back as the
//! same and selects the same, and its negation selects the opposite.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taffrail_query::{Selector, SelectorError};

const LABELS: [(&str, &str); 3] = [("a", "a"), ("b", ""), ("app.kubernetes.io/name", "web-1")];

fuzz_target!(|text: &str| {
    match Selector::parse(text) {
        Ok(selector) => {
            let printed = selector.to_string();
            let read = Selector::parse(&printed).expect("what is printed is a selector");
            assert_eq!(read, selector, "{text:?} printed as {printed:?}");
            assert_eq!(answers(&read), answers(&selector), "{text:?}");
            if let Ok(negated) = Selector::parse(&format!("!({printed})")) {
                assert_eq!(answers(&negated), answers(&selector).map(|answer| !answer), "{text:?}");
            }
        }
        Err(error) => {
            if let SelectorError::Syntax { offset, .. } | SelectorError::TooDeep { offset } = &error {
                assert!(text.is_char_boundary(*offset), "{error:?}");
            }
            assert!(!error.to_string().is_empty());
        }
    }
});

fn answers(selector: &Selector) -> [bool; 4] {
    let look_up = |key: &str| LABELS.iter().find(|label| label.0 == key).map(|label| label.1);
    let in_namespace = selector.matches_namespace(look_up);
    [selector.matches(look_up), selector.matches(|_| None), in_namespace, selector.matches_no_namespace()]
}
