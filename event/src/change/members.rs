//! The objects that one deletecollection deleted.

use std::borrow::Cow;

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

/// Lists of more members are cut here: each is found in its own history all the same ([`each_member`]).
const MAX_MEMBERS: usize = 10_000;

/// The members that the answer lists; none where it was not recorded.
pub(crate) fn members(audit: &AuditRecord<'_>, object: &ObjectRef) -> Vec<Member> {
    each_member(audit)
        .take(MAX_MEMBERS)
        .map(|item| Member {
            object: MemberRef {
                group: object.group.clone(),
                resource: object.resource.clone(),
                namespace: item.namespace.into_owned(),
                name: item.name.into_owned(),
            },
            uid: string_member(item.metadata, "uid").into_owned(),
        })
        .collect()
}

/// One object of the answer of a deletecollection.
pub(super) struct Item<'a> {
    pub(super) namespace: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) object: &'a [u8],
    metadata: &'a [u8],
}

/// Every member that the answer lists.
pub(super) fn each_member<'a>(audit: &AuditRecord<'a>) -> impl Iterator<Item = Item<'a>> + use<'a> {
    let items = audit.response_object.and_then(|body| json::member(body, "items")).unwrap_or_default();
    json::elements(items).filter_map(|range| {
        let object = &items[range];
        let metadata = json::member(object, "metadata")?;
        let (namespace, name) = (string_member(metadata, "namespace"), string_member(metadata, "name"));
        Some(Item { namespace, name, object, metadata })
    })
}
