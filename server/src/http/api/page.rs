//! `/`: the web UI.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::http::openapi::{ANYBODY, problems};
use crate::http::ui;

/// The web UI, for browsers.
///
/// Asks for no login: what it shows it asks the API for. Paths that are none of the API's are its screens.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "page",
    tag = "process",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), PageProblems)
)]
pub(super) async fn page(headers: HeaderMap) -> Response {
    ui::index(&headers)
}

problems!(PageProblems: ANYBODY);
