//! `/`: what this is, for somebody who opened it in a browser.

use crate::http::openapi::{ANYBODY, LOGIN, problems};

/// A page in plain text, for somebody who opened it in a browser.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "page",
    tag = "process",
    responses((status = 200, description = "The page.", body = String, content_type = "text/plain"), PageProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn page() -> &'static str {
    concat!(
        "Taffrail ",
        env!("CARGO_PKG_VERSION"),
        "\n\nKeeps Kubernetes audit events and answers what changed, who did it, and when.\n
GET /api/v1/events?q=&from=&to=&order=desc&limit=100&cursor=
GET /api/v1/events/{id}
GET /api/v1/histogram?q=&from=&to=&buckets=100&split=verb
GET /api/v1/facets?field=actor.name&q=&from=&to=&limit=20
GET /api/v1/export?q=&from=&to=&format=ndjson
GET /api/v1/clusters
GET /api/v1/deadletters?limit=100&cursor=
GET /api/v1/status
GET /livez, /readyz, /metrics, /openapi.json

For example: /api/v1/events?q=verb:delete+-user:system*&from=now-1h
"
    )
}

problems!(PageProblems: ANYBODY, LOGIN);
