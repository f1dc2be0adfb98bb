//! What an event changed, member by member as `taffrail_event::Change` writes it.

use taffrail_event::{ChangeType, Confidence, FieldOp};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{any, words};

/// What an event did to its object.
#[derive(ToSchema)]
#[schema(as = Change)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct ChangeSchema {
    #[schema(schema_with = change_type)]
    r#type: ChangeType,
    #[schema(schema_with = confidence)]
    confidence: Confidence,
    /// How many fields changed, which may be more than `fields` has; null when not known.
    fields_total: Option<u64>,
    /// The members of a deletecollection, as far as its answer lists them.
    members: Vec<MemberSchema>,
    /// One entry per changed leaf, 100 at most.
    fields: Vec<FieldChangeSchema>,
    /// Whether a write of this object that was not seen, or of which the content was not seen, lies before: some of `fields`
    /// may be its doing.
    unseen_before: bool,
}

/// One object of a collection that was deleted.
#[derive(ToSchema)]
#[schema(as = Member)]
#[expect(dead_code, reason = "only its shape is used")]
struct MemberSchema {
    /// The object.
    object: MemberRefSchema,
    /// Its `metadata.uid`.
    uid: String,
}

/// Which object a member is.
#[derive(ToSchema)]
#[schema(as = MemberRef)]
#[expect(dead_code, reason = "only its shape is used")]
struct MemberRefSchema {
    /// API group; `""` for the core one.
    group: String,
    /// Plural resource name.
    resource: String,
    /// Namespace; `""` for what has none.
    namespace: String,
    /// Name.
    name: String,
}

/// One leaf that is another than before.
#[derive(ToSchema)]
#[schema(as = FieldChange)]
#[expect(dead_code, reason = "only its shape is used")]
struct FieldChangeSchema {
    /// Where it is, with merge keys: `spec.containers[name=web].image`.
    path: String,
    #[schema(schema_with = op)]
    op: FieldOp,
    #[schema(schema_with = before)]
    before: (),
    #[schema(schema_with = after)]
    after: (),
    /// Whether it is a part of the object's status; missing where it is not.
    status: bool,
    /// Whether a value is cut, so that only its beginning is here; missing where none is.
    cut: bool,
    /// How long the longer value is, where it is cut.
    bytes: u64,
}

/// How sure something is.
#[derive(ToSchema)]
#[schema(as = Confidence, rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) enum ConfidenceSchema {
    Exact,
    Patch,
    Partial,
    Unknown,
}

fn change_type() -> Object {
    words("What happened to the object.", ChangeType::ALL.map(ChangeType::name))
}

fn confidence() -> Object {
    words(
        "How sure `fields` is: both states are known; only what was asked for is; only a part of the object was seen; \
         nothing is known.",
        Confidence::ALL.map(Confidence::name),
    )
}

fn op() -> Object {
    words("What happened to it.", FieldOp::ALL.map(FieldOp::name))
}

fn before() -> Object {
    any("The value before, of any type; null where there was none, missing where it is not known.")
}

fn after() -> Object {
    any("The value after, of any type; null where there is none, missing where it is not known.")
}
