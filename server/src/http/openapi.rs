//! `/openapi.json`: what both listeners take and answer, for programs.
//!
//! Every handler carries its own description (`#[utoipa::path]`), and [`routes!`](utoipa_axum::routes) registers it together
//! with the route, so that no route is left out and none is invented. `docs/openapi.json` is what comes of it; a test compares
//! the two, others hold the answers of the handlers to it.

#[cfg(test)]
mod conform;
mod problems;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema,
    ServerBuilder,
};

pub(super) use self::problems::{
    ANYBODY, BODY, BROWSERS, BUSY, CURSOR, FULL, ID, LOGIN, OBJECT, PARAMETERS, QUESTION, SENDING, STORE,
    TIME, problems, responses,
};
use super::problem::Document;
use super::{api, ingest};

/// The document as it goes out, made when somebody first asks for it.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| text(&document()).into());

/// Members that are left out where there is nothing to say; every other one is always there.
const OPTIONAL: &[(&str, &[&str])] = &[
    ("EventBody", &["raw", "raw_base64"]),
    ("FieldChange", &["before", "after", "status", "cut", "bytes"]),
    ("Problem", &["span", "hint", "ids"]),
    ("Admission", &["cut"]),
];

/// What every question about events has.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its shape is used")]
pub(super) struct QuestionParameters {
    /// The question, in the query language; absent = everything.
    #[param(max_length = 65_536, example = "verb:delete user:alice")]
    q: Option<String>,
    /// Start of the stretch of event time, inclusive: RFC 3339, a date, `now`, `now-15m`, `-15m`, `yesterday 14:00`. Times that
    /// name no zone are UTC.
    #[param(max_length = 128, example = "2026-11-23")]
    from: Option<String>,
    /// Its end, exclusive, in the same forms.
    #[param(max_length = 128, example = "now")]
    to: Option<String>,
}

/// This document, for programs.
///
/// Asks for no login: it says nothing about what is stored.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "process",
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = serde_json::Value), OpenapiProblems)
)]
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.clone()).into_response()
}

problems!(OpenapiProblems: ANYBODY);

/// What both listeners take and answer.
fn document() -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Taffrail")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Keeps Kubernetes audit events and answers what changed, who did it, and when. docs/api.md says more. \
                     Members and parameters may be added; none is renamed or changes its meaning.",
                ))
                .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
                .build(),
        )
        .servers(Some([ServerBuilder::new()
            .url("http://127.0.0.1:8585")
            .description(Some("The API listener (`api.listen`)."))
            .build()]))
        .tags(Some([
            tag("events", "Questions about what is stored."),
            tag("objects", "The history of what is stored, object by object."),
            tag("process", "Questions about the process itself."),
            tag("sending", "Sending events, to the ingest listener."),
        ]))
        .components(Some(security()))
        .build();
    document.merge(api::documented());
    let mut sending = ingest::documented();
    for path in sending.paths.paths.values_mut() {
        path.servers = Some(vec![
            ServerBuilder::new()
                .url("http://127.0.0.1:8586")
                .description(Some("The ingest listener (`ingest.listen`)."))
                .build(),
        ]);
    }
    document.merge(sending);
    if let Some(components) = &mut document.components {
        require_members(components);
    }
    document
}

fn text(document: &OpenApi) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

fn tag(name: &str, description: &str) -> Tag {
    let mut tag = Tag::new(name);
    tag.description = Some(description.to_owned());
    tag
}

fn security() -> Components {
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("A token of the listener's credentials file.".to_owned());
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some("The credential's name, and its token as the password.".to_owned());
    let certificate = SecurityScheme::MutualTls {
        description: Some("A client certificate with a name of the credentials file.".to_owned()),
        extensions: None,
        deprecated: None,
    };
    ComponentsBuilder::new()
        .schema_from::<Document<'static>>()
        .security_scheme("token", SecurityScheme::Http(bearer))
        .security_scheme("basic", SecurityScheme::Http(basic))
        .security_scheme("certificate", certificate)
        .build()
}

/// Answers have null where there is nothing; derived schemas would let the member be left out.
fn require_members(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let optional = OPTIONAL.iter().find(|(body, _)| body == name).map_or(&[][..], |(_, members)| members);
        if let RefOr::T(schema) = schema {
            require(schema, optional);
        }
    }
}

fn require(schema: &mut Schema, optional: &[&str]) {
    match schema {
        Schema::Object(object) => {
            let members = object.properties.keys().filter(|name| !optional.contains(&name.as_str()));
            object.required = members.cloned().collect();
            object.properties.values_mut().for_each(|member| {
                if let RefOr::T(member) = member {
                    require(member, &[]);
                }
            });
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(|part| {
            if let RefOr::T(part) = part {
                require(part, optional);
            }
        }),
        _ => {}
    }
}

#[cfg(test)]
pub(super) use self::conform::{conforms, described_bounds, described_parameters};

#[cfg(test)]
mod tests;
