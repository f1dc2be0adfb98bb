//! Any lines are policies, tiers and namespaces or are not: a pod can be asked about among them, the answer is in short
//! sentences, and what is seen a second time changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taffrail_query::containment::{Containment, PodSubject, Policies};

const PODS: [&str; 3] = [
    r#"{"kind":"Pod","metadata":{"namespace":"default","name":"a","labels":{"quarantine":"true","app":"a"}},"spec":{"serviceAccountName":"default"}}"#,
    r#"{"kind":"Pod","metadata":{"namespace":"vote","name":"b"},"spec":{}}"#,
    r#"{"kind":"Pod","metadata":{"namespace":"vote","name":"c"},"spec":{"hostNetwork":true}}"#,
];

fuzz_target!(|objects: &[u8]| {
    let mut policies = Policies::default();
    put(&mut policies, objects);
    let first = answers(&policies);
    for containment in &first {
        assert!(!(containment.is_contained() && containment.verdict() != Some(true)));
        for words in containment.in_words().iter().chain(&containment.notes) {
            assert!(!words.is_empty() && !words.contains('\n'), "{words:?}");
        }
    }
    put(&mut policies, objects);
    assert_eq!(answers(&policies), first);
});

fn put(policies: &mut Policies, objects: &[u8]) {
    for object in objects.split(|byte| *byte == b'\n') {
        policies.put(object);
    }
}

fn answers(policies: &Policies) -> Vec<Containment> {
    let pods = PODS.iter().filter_map(|pod| PodSubject::of_pod(pod.as_bytes()));
    pods.map(|pod| policies.containment_of(&pod.subject())).collect()
}
