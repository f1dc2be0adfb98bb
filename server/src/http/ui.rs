//! The web UI: the files of `web/dist` as they were when the program was built. It asks the API like any other client, so anybody
//! may load it, and whoever has no login sees nothing but its form.
//!
//! Every path that is no route is a screen of it, if a browser asks: each screen has a URL.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::Embed;

/// Whether or not the UI was built: without it the program builds all the same.
#[derive(Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// Where the files stand whose names say their content.
const HASHED: &str = "assets/";

/// The build puts a packed copy beside every file that is worth it.
const PACKED: &str = ".gz";

/// Nothing from elsewhere, nothing written into the page, nowhere else to send anything.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// For a build without Node. It takes no login, so it says nothing of what is stored.
const NOT_BUILT: &str = concat!(
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Taffrail</title><h1>Taffrail ",
    env!("CARGO_PKG_VERSION"),
    "</h1><p>This program was built without its web UI. To have it, install Node.js 20.19 or newer and run ",
    "<code>make run</code> (or <code>make web</code> and build again).</p>",
    "<p>Everything else is here: the API is described in <a href=\"/openapi.json\">/openapi.json</a>, and ",
    "<code>taffrail search --server URL</code> asks it from a terminal.</p></html>",
);

/// What the UI has for a request that no route is for.
pub(super) fn answer(request: &Request) -> Option<Response> {
    let path = request.uri().path().trim_start_matches('/');
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_file = !path.is_empty() && !path.starts_with('.') && path != INDEX && !path.ends_with(PACKED);
    if is_get && is_file && Files::get(path).is_some() {
        return Some(file(path, request.headers()));
    }
    if is_get && is_screen(request.uri()) && takes_html(request.headers()) {
        return Some(index(request.headers()));
    }
    None
}

/// The page that every screen begins with.
pub(super) fn index(asked: &HeaderMap) -> Response {
    if Files::get(INDEX).is_some() { file(INDEX, asked) } else { page(Html(NOT_BUILT)) }
}

/// A mistyped route of the API is no screen.
fn is_screen(uri: &Uri) -> bool {
    let path = uri.path();
    !["/api", "/v1", "/assets"]
        .iter()
        .any(|of| path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Browsers say so when somebody opens an address; programs do not.
fn takes_html(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT)
        .iter()
        .any(|types| types.as_bytes().windows(9).any(|part| part == b"text/html"))
}

fn file(path: &str, asked: &HeaderMap) -> Response {
    let packed = takes_gzip(asked).then(|| Files::get(&format!("{path}{PACKED}"))).flatten();
    let is_packed = packed.is_some();
    let Some(found) = packed.or_else(|| Files::get(path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hash = found.metadata.sha256_hash();
    let tag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known { page(StatusCode::NOT_MODIFIED) } else { page(found.data.into_owned()) };
    let headers = response.headers_mut();
    let keep = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if is_packed && !is_known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn page(content: impl IntoResponse) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|codings| codings.to_str().ok())
        .flat_map(|codings| codings.split(','))
        .any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
}

/// Of the kinds of files that the build writes.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn check(method: &str, target: &str, accept: &str, is_answered: bool) {
        let request = Request::builder().method(method).uri(target).header("accept", accept);
        let answered = answer(&request.body(Body::empty()).unwrap());
        assert_eq!(answered.is_some(), is_answered, "{method} {target} {accept}");
        if let Some(response) = answered {
            let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).unwrap();
            assert!(policy.to_str().unwrap().starts_with("default-src 'none'; script-src 'self'"));
        }
    }

    #[test]
    fn browsers_get_a_screen_and_programs_do_not() {
        const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        check("GET", "/quarantine/prod/default/attacker?tz=UTC", BROWSER, true);
        check("HEAD", "/quarantine", BROWSER, true);
        check("GET", "/apis", BROWSER, true);
        check("GET", "/quarantine", "*/*", false);
        check("POST", "/quarantine", BROWSER, false);
        for route in ["/api/v1/evnts", "/api", "/v1/audit/prod", "/assets/gone.js"] {
            check("GET", route, BROWSER, false);
        }
        for file in ["/.gitignore", "/../Cargo.toml", "//etc/passwd"] {
            check("GET", file, "*/*", false);
        }
    }

    #[test]
    fn codings() {
        fn check(codings: &str, expected: bool) {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_str(codings).unwrap())]);
            assert_eq!(takes_gzip(&headers), expected, "{codings}");
        }
        check("gzip, deflate, br", true);
        check("br;q=1.0, gzip;q=0.8", true);
        check("identity", false);
        check("", false);
    }
}
