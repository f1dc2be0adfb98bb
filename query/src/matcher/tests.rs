use proptest::prelude::*;
use taffrail_event::{Key, Origins, Timestamp, Via, ViaSet};

use super::*;
use crate::arbitrary;
use crate::parse::parse;
use crate::time::TimeContext;

const PATCH: &str = r#"{"kind":"Event","level":"RequestResponse","auditID":"c631","stage":"ResponseComplete",
    "requestURI":"/api/v1/namespaces/shop/pods/web-1?fieldManager=kubectl-label","verb":"patch",
    "user":{"username":"Alice@example.com","groups":["platform-team","system:authenticated"],
        "extra":{"authentication.kubernetes.io/credential-id":["X509SHA256=e78d"]}},
    "sourceIPs":["10.0.0.7","203.0.113.10"],"userAgent":"kubectl/v1.32.4 (linux/amd64) kubernetes/4cb5f07",
    "objectRef":{"resource":"pods","namespace":"shop","name":"web-1","apiVersion":"v1"},
    "responseStatus":{"metadata":{},"code":200},
    "requestObject":{"metadata":{"labels":{"quarantine":"true"}}},
    "responseObject":{"kind":"Pod","metadata":{"name":"web-1","uid":"d01c","resourceVersion":"993"},
        "spec":{"nodeName":"node-1","containers":[{"image":"registry/shop/web:3.0.7"}]}},
    "requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","stageTimestamp":"2026-11-23T16:11:23.430577Z"}"#;

const REFUSED: &str = r#"{"level":"Metadata","auditID":"c632","stage":"ResponseComplete",
    "requestURI":"/apis/apps/v1/namespaces/pay/deployments/api","verb":"delete",
    "user":{"username":"system:serviceaccount:pay:bot"},
    "impersonatedUser":{"username":"root","groups":["system:masters"]},
    "sourceIPs":["2001:db8::7"],"userAgent":"curl/8.5.0",
    "objectRef":{"resource":"deployments","namespace":"pay","name":"api","apiGroup":"apps","apiVersion":"v1"},
    "responseStatus":{"status":"Failure","reason":"Forbidden","code":403,"message":"deployments.apps \"api\" is forbidden"},
    "annotations":{"authorization.k8s.io/decision":"forbid"},
    "requestReceivedTimestamp":"2026-11-23T17:00:00.000000Z","stageTimestamp":"2026-11-23T17:00:02.500000Z"}"#;

const NAMESPACE: &str = r#"{"level":"Request","auditID":"c633","stage":"ResponseComplete",
    "requestURI":"/api/v1/namespaces/shop","verb":"delete","user":{"username":"bob"},"sourceIPs":["192.168.1.1"],
    "objectRef":{"resource":"namespaces","namespace":"shop","name":"shop","apiVersion":"v1"},
    "responseStatus":{"code":200},"requestReceivedTimestamp":"2026-11-24T00:00:00.000000Z"}"#;

const HEALTH: &str = r#"{"level":"Metadata","auditID":"c634","stage":"RequestReceived","requestURI":"/healthz","verb":"get",
    "user":{"username":"system:anonymous"},"requestReceivedTimestamp":"2026-11-24T01:00:00.000000Z"}"#;

const RECORDS: [&str; 4] = [PATCH, REFUSED, NAMESPACE, HEALTH];

fn event(record: &str, id: u128) -> Event {
    let origins = Origins {
        id: Key(id),
        cluster: "prod".to_owned(),
        received: Timestamp::default(),
        via: ViaSet::of(Via::Webhook).union(ViaSet::of(Via::Import)),
        ..Origins::default()
    };
    Event::decode(record.as_bytes(), origins).unwrap()
}

fn query(text: &str) -> Query {
    let context = TimeContext::utc(Timestamp::parse("2026-11-24T02:00:00Z").unwrap());
    parse(text, &context).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// Which of the four records answer, by their numbers.
fn check(text: &str, expected: &[usize]) {
    let query = query(text);
    let found: Vec<usize> = (0..RECORDS.len())
        .filter(|number| {
            query.matches(&event(RECORDS[*number], *number as u128), RECORDS[*number].as_bytes())
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn identities() {
    check("user:alice@EXAMPLE.com", &[0]);
    check("user:alice*", &[0]);
    check("user:alice", &[]);
    check("user:system:*", &[1, 3]);
    check("by:(human OR anonymous)", &[0, 2, 3]);
    check("as:Root", &[1]);
    check("-as:*", &[0, 2, 3]);
    check("cred:X509SHA256=e78d", &[0]);
    check("groups:platform-team", &[0]);
    check("groups:system:*", &[0]);
}

#[test]
fn objects() {
    check("resource:po", &[0]);
    check("resource:Deployment", &[1]);
    check("resource:deployments.apps", &[1]);
    check("resource:deployments.extensions", &[]);
    check("group:apps", &[1]);
    check("group:core", &[0, 2]);
    check("group:\"\"", &[0, 2, 3]);
    check("ns:shop", &[0, 2]);
    check("-ns:shop", &[1, 3]);
    check("name:web-1", &[0]);
    check("name:WEB-1", &[]);
    check("name:web-*", &[0]);
    check("name:(web-1 OR api)", &[0, 1]);
    check("uid:d01c rv:993 node:node-1 pod:web-1", &[0]);
    check("pod:*", &[0]);
    check("sub:*", &[]);
}

#[test]
fn changes() {
    check("changed:quarantine", &[0]);
    check("changed:metadata.labels", &[0]);
    check("changed:labels.quarantine", &[0]);
    check("changed:label", &[]);
    check("changed:metadata.*", &[0]);
    check("changed:*", &[0]);
    check("after:true", &[0]);
    check("before:*", &[]);
    check("confidence:patch", &[0]);
    check("confidence:exact", &[1, 3]);
    // Deleted, but there is no answer that says that it is gone.
    check("confidence:partial", &[2]);
    check("statusonly:true", &[]);
}

#[test]
fn outcomes_and_clients() {
    check("code:>=400", &[1]);
    check("code:[200 TO 299]", &[0, 2]);
    check("code:2xx", &[0, 2]);
    check("-code:2xx", &[1, 3]);
    check("code:*", &[0, 1, 2]);
    check("result:success", &[0, 2]);
    check("result:pending", &[3]);
    check("denied_by:authz reason:Forbidden", &[1]);
    check("ip:10.0.0.0/8", &[0]);
    check("ip:203.0.113.10", &[0]);
    check("ip:2001:DB8:0::7", &[1]);
    check("ip:2001:db8::/32", &[1]);
    check("ip:0.0.0.0/0", &[0, 2]);
    check("ip:10.0.*", &[0]);
    check("agent:KUBECTL", &[0]);
    check("agent:\"kubectl v1.32.4\"", &[0]);
    check("agent:v1.32", &[0]);
    check("agent:kube", &[]);
    check("agent:curl/*", &[1]);
}

#[test]
fn records_and_times() {
    check("verb:delete", &[1, 2]);
    check("change:update", &[0]);
    check("change:delete", &[2]);
    check("auditid:c631", &[0]);
    check("uri:/api/v1/*", &[0, 2]);
    check("level:Metadata stage:RequestReceived", &[3]);
    check("duration:>2s", &[1]);
    check("duration:12", &[0]);
    check("-duration:*", &[2, 3]);
    check("id:00000000000000000000000000000002", &[2]);
    check("kind:audit cluster:prod via:import via:webhook", &[0, 1, 2, 3]);
    check("time:>=2026-11-24", &[2, 3]);
    check("time:yesterday", &[0, 1]);
    check("time:[2026-11-23 TO 2026-11-23]", &[0, 1]);
    check("time:{2026-11-23T16:11:23.418577Z TO now-2h]", &[1, 2]);
    check("time:2026-11-23T16:11:23.418577Z", &[0]);
}

#[test]
fn bare_words_look_into_every_text() {
    check("", &[0, 1, 2, 3]);
    check("WEB-1", &[0]);
    check("web", &[0]);
    check("we*", &[0]);
    check("quarantine", &[0]);
    check("registry/shop/web\\:3.0.7", &[0]);
    check("\"shop web 3 0\"", &[0]);
    check("\"web shop\"", &[]);
    check("forbidden", &[1]);
    check("healthz", &[3]);
    check("masters", &[]);
    check("shop -quarantine", &[2]);
    check("quarantine OR healthz", &[0, 3]);
    check("-(shop OR pay)", &[3]);
    check("NOT *", &[]);
}

#[test]
fn values_are_read_as_the_event_shows_them() {
    let event = event(PATCH, 1);
    for field in Field::ALL {
        field.texts(&event, &mut |value| assert!(!value.is_empty(), "{field:?}"));
        let mut numbers = Vec::new();
        field.texts(&event, &mut |value| numbers.push(value.to_owned()));
        if field.kind() == FieldKind::Number {
            assert_eq!(
                numbers,
                field.number(&event).map(|number| number.to_string()).into_iter().collect::<Vec<_>>()
            );
        }
    }
}

/// The meaning of a query, word for word and without any care for cost.
fn oracle(query: &Query, event: &Event, record: &[u8]) -> bool {
    match query {
        Query::All => true,
        Query::And(parts) => parts.iter().all(|part| oracle(part, event, record)),
        Query::Or(parts) => parts.iter().any(|part| oracle(part, event, record)),
        Query::Not(part) => !oracle(part, event, record),
        Query::Text(predicate) => {
            let mut texts = Vec::new();
            event.texts(record, |text| texts.push(text.to_owned()));
            texts.iter().any(|text| predicate.matches_text(text))
        }
        Query::Field(field, predicate) => {
            let mut values = Vec::new();
            field.texts(event, &mut |value| values.push(field.normal(value).into_owned()));
            match field.kind() {
                FieldKind::Number | FieldKind::Time => {
                    field.number(event).is_some_and(|number| predicate.matches_number(number))
                }
                FieldKind::Path => values.iter().any(|value| predicate.matches_path(value)),
                _ => values.iter().any(|value| predicate.matches_text(value)),
            }
        }
    }
}

/// Queries whose terms say something about the four records.
fn likely() -> BoxedStrategy<Query> {
    let term = prop::sample::select(vec![
        "shop",
        "web-1",
        "\"web 1\"",
        "\"1 web\"",
        "quarantine",
        "re*",
        "*e",
        "pod*",
        "forbidden",
        "v1",
        "nothing",
        "\"shop web 3\"",
        "user:alice*",
        "by:human",
        "resource:pods",
        "ns:shop",
        "code:>=400",
        "code:*",
        "as:*",
        "verb:delete",
        "ip:10.0.0.0/8",
        "agent:kubectl",
        "time:yesterday",
        "group:core",
        "change:none",
    ]);
    term.prop_map(query)
        .prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Query::all_of),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Query::any_of),
                inner.prop_map(Query::negated),
            ]
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_the_meaning(query in prop_oneof![3 => likely(), 1 => arbitrary::query()]) {
        let matcher = Matcher::new(&query);
        for record in RECORDS {
            let event = event(record, 1);
            let expected = oracle(&query, &event, record.as_bytes());
            prop_assert_eq!(matcher.matches(&event, record.as_bytes()), expected, "{} {}", query, record);
        }
    }
}
