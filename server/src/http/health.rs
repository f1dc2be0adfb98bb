//! The health listener: probes and metrics, plain and without a login, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::api::{ApiState, probes};
use super::around::{around, with_fallbacks};

/// The listener's name in metrics.
const LISTENER: &str = "health";

/// The routes of the listener.
pub(crate) fn router(state: Arc<ApiState>) -> Router {
    let metrics = Arc::clone(&state.metrics);
    let routes = probes::routes().route("/metrics", get(probes::metrics)).with_state(state);
    around(with_fallbacks(routes, "GET, HEAD"), LISTENER, metrics)
}
