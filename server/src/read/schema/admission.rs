//! What admission webhooks did, member by member as `taffrail_event::Admission` writes it.

use taffrail_event::WebhookKind;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{any, words};

/// What admission webhooks did to a request, as the API server noted it.
#[derive(ToSchema)]
#[schema(as = Admission)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct AdmissionSchema {
    /// Mutating webhooks that changed the object, in the order of their calls.
    mutations: Vec<MutationSchema>,
    /// Webhooks that failed and were ignored, because their configuration says so.
    failed_open: Vec<FailedOpenSchema>,
    /// Whether some of it was too much to be listed; missing where it was not.
    cut: bool,
}

/// A mutating webhook changed the object.
#[derive(ToSchema)]
#[schema(as = Mutation)]
#[expect(dead_code, reason = "only its shape is used")]
struct MutationSchema {
    /// 0; 1 where the webhook was called once more, because later ones had changed the object.
    round: u32,
    /// The place of the webhook among all.
    index: u32,
    /// The MutatingWebhookConfiguration.
    configuration: String,
    /// The webhook in it.
    webhook: String,
    #[schema(schema_with = patch)]
    patch: (),
    /// The places that it changed, as in `change.fields`.
    paths: Vec<String>,
}

/// A webhook that failed was ignored.
#[derive(ToSchema)]
#[schema(as = FailedOpen)]
#[expect(dead_code, reason = "only its shape is used")]
struct FailedOpenSchema {
    /// The webhook.
    webhook: String,
    #[schema(schema_with = kind)]
    kind: WebhookKind,
}

fn patch() -> Object {
    any("Its operations (RFC 6902); null where they were not recorded or are too long to be shown.")
}

fn kind() -> Object {
    words("What it was called for.", WebhookKind::ALL.map(WebhookKind::name))
}
