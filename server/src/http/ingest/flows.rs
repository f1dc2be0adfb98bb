//! What `POST /v1/flows/{cluster}` says of its records beside the body.

use axum::extract::Request;
use taffrail_event::Timestamp;
use taffrail_event::flow::{Format, is_node_name};
use taffrail_ingest::{FlowHints, IntakeOrigin};

use super::super::around::Peer;
use super::super::parameters::Parameters;
use super::super::problem::{Code, Problem};

const PARAMETERS: [&str; 5] = ["format", "node", "node_started", "offset", "via"];

/// The largest whole number that every JSON reader keeps.
const MAX_OFFSET: u64 = (1 << 53) - 1;

/// Where the records come from.
pub(super) fn origin(cluster: &str, request: &Request) -> Result<IntakeOrigin, Problem> {
    let parameters = Parameters::read(request.uri().query(), &PARAMETERS)?;
    let formats = Format::ALL.map(|format| (format.name(), Some(format)));
    let node = parameters.get("node").unwrap_or_default();
    if !node.is_empty() && !is_node_name(node) {
        return Err(bad("node", node, "a name of a node: letters, digits, - . _"));
    }
    let hints = FlowHints {
        format: parameters.choice("format", &formats, None)?,
        node: node.into(),
        started: read(&parameters, "node_started", "a time like 2026-11-23T16:00:00Z", Timestamp::parse)?,
        offset: read(&parameters, "offset", "a whole number of at most 2^53 - 1", |text| {
            text.parse().ok().filter(|offset| *offset <= MAX_OFFSET)
        })?,
    };
    if parameters.choice("via", &[("import", true)], false)? {
        return Ok(IntakeOrigin { flows: Some(hints), ..IntakeOrigin::import(cluster) });
    }
    let sender = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    Ok(IntakeOrigin::flows(cluster, sender, hints))
}

fn read<T>(
    parameters: &Parameters,
    name: &str,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| bad(name, text, expected))
}

fn bad(name: &str, value: &str, expected: &str) -> Problem {
    Problem::new(Code::BadParameter, format!("{name} is {value:?}; it has to be {expected}"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use taffrail_event::Via;

    use super::*;

    fn hints(query: &str) -> Result<IntakeOrigin, Problem> {
        let request = Request::builder().uri(format!("/v1/flows/prod{query}")).body(Body::empty()).unwrap();
        origin("prod", &request)
    }

    #[test]
    fn parameters_are_hints() {
        let plain = hints("").unwrap();
        assert_eq!((plain.flows, plain.via), (Some(FlowHints::default()), Via::Webhook));
        let all = "?format=calico.log&node=node-1&node_started=2026-11-23T16:00:00Z&offset=7&via=import";
        let all = hints(all).unwrap();
        let expected = FlowHints {
            format: Some(Format::CalicoLog),
            node: "node-1".into(),
            started: Timestamp::parse("2026-11-23T16:00:00Z"),
            offset: Some(7),
        };
        assert_eq!((all.flows, all.via), (Some(expected), Via::Import));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        fn check(query: &str, expected: Code) {
            assert_eq!(hints(query).unwrap_err().code(), expected, "{query}");
        }
        check("?format=calico", Code::BadParameter);
        check("?node=a%20b", Code::BadParameter);
        check("?node_started=today", Code::BadParameter);
        check("?offset=-1", Code::BadParameter);
        check("?offset=9007199254740992", Code::BadParameter);
        check("?fromat=calico.log", Code::UnknownParameter);
    }
}
