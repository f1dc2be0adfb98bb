//! The objects that one deletecollection deleted.

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, string_member};
use crate::json;
use crate::object::ObjectRef;

/// One object of a collection that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The object.
    pub object: MemberRef,
    /// Its `metadata.uid`.
    pub uid: String,
}

/// Which object a member is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRef {
    /// API group.
    pub group: String,
    /// Plural resource name.
    pub resource: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Lists of more members are cut here: each is found in its own history all the same.
const MAX_MEMBERS: usize = 10_000;

/// The members that the answer lists; none where it was not recorded.
pub(crate) fn members(audit: &AuditRecord<'_>, object: &ObjectRef) -> Vec<Member> {
    let Some(items) = audit.response_object.and_then(|body| json::member(body, "items")) else {
        return Vec::new();
    };
    json::elements(items)
        .take(MAX_MEMBERS)
        .filter_map(|range| {
            let metadata = json::member(&items[range], "metadata")?;
            let object = MemberRef {
                group: object.group.clone(),
                resource: object.resource.clone(),
                namespace: string_member(metadata, "namespace").into_owned(),
                name: string_member(metadata, "name").into_owned(),
            };
            Some(Member { object, uid: string_member(metadata, "uid").into_owned() })
        })
        .collect()
}
