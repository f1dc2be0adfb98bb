//! Every read of what is stored is itself an event: who asked what.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use taffrail_event::Timestamp;

use super::ApiState;
use crate::http::access::Who;
use crate::http::around::Peer;
use crate::serve::Read;

/// Longer texts are cut: thousands of reads may wait to be written.
const MAX_CHARS: usize = 4096;

/// Lies around the questions about events. It hands a note on and waits for nothing.
pub(super) async fn note(State(state): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let Some(log) = &state.read_log else { return next.run(request).await };
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    log.note(asked.answered(response.status()));
    response
}

/// A read before its answer.
struct Asked {
    received: Timestamp,
    user: Option<String>,
    peer: Option<String>,
    user_agent: String,
    uri: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let user_agent = request.headers().get(header::USER_AGENT);
        let uri = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
        Self {
            received: Timestamp::now(),
            user: request.extensions().get::<Who>().and_then(Who::name).map(str::to_owned),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical().to_string()),
            user_agent: cut(&String::from_utf8_lossy(user_agent.map_or(b"", |value| value.as_bytes()))),
            uri: cut(uri),
        }
    }

    fn answered(self, status: StatusCode) -> Read {
        let Self { received, user, peer, user_agent, uri } = self;
        Read { received, answered: Timestamp::now(), user, peer, user_agent, uri, code: status.as_u16() }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        fn check(text: &str, chars: usize, is_cut: bool) {
            let found = cut(text);
            assert_eq!((found.chars().count(), found.ends_with('…')), (chars, is_cut));
        }
        check("/api/v1/events", 14, false);
        check(&"ä".repeat(MAX_CHARS), MAX_CHARS, false);
        check(&"ä".repeat(MAX_CHARS + 1), MAX_CHARS + 1, true);
    }
}
