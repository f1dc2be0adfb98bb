//! The health listener: probes and metrics, plain and without a login, and nothing else.

use std::sync::Arc;

use axum::Router;
use utoipa_axum::routes;

use super::api::{ApiState, probes};
use super::around::{around, with_fallbacks};

/// The listener's name in metrics.
const LISTENER: &str = "health";

/// The routes of the listener.
pub(crate) fn router(state: Arc<ApiState>) -> Router {
    let metrics = Arc::clone(&state.metrics);
    let routes = probes::probe_routes().routes(routes!(probes::metrics)).with_state(state);
    let (routes, _) = routes.split_for_parts();
    around(with_fallbacks(routes, "GET, HEAD"), LISTENER, metrics)
}
