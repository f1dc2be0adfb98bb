//! What an API server says when it does not do something.

use serde_json::{Value, json};

/// The Status object that goes with a code, about the resource and object at a path.
pub(super) fn status(code: u16, method: &str, place: Option<&super::objects::Place>) -> Value {
    let (resource, name, group) = match place {
        Some(place) => (place.resource.as_str(), place.name.as_deref().unwrap_or_default(), place.group()),
        None => ("", "", ""),
    };
    let full = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let verb = match method {
        "GET" if name.is_empty() => "list",
        "GET" => "get",
        "PATCH" => "patch",
        "POST" => "create",
        _ => "delete",
    };
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized".to_owned()),
        403 => {
            let within = match place.and_then(|place| place.namespace.as_deref()) {
                Some(namespace) => format!("in the namespace \"{namespace}\""),
                None => "at the cluster scope".to_owned(),
            };
            let of = if name.is_empty() { full } else { format!("{full} \"{name}\"") };
            (
                "Forbidden",
                format!(
                    "{of} is forbidden: User \"alice\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {within}"
                ),
            )
        }
        404 => ("NotFound", format!("{full} \"{name}\" not found")),
        409 if method == "POST" => ("AlreadyExists", format!("{full} \"{name}\" already exists")),
        409 => (
            "Conflict",
            format!("Operation cannot be fulfilled on {full} \"{name}\": the object has been modified"),
        ),
        422 => {
            ("Invalid", format!("Pod \"{name}\" is invalid: metadata.uid: Invalid value: field is immutable"))
        }
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_owned()),
        _ => ("InternalError", "Internal error occurred".to_owned()),
    };
    let mut details = json!({"name": name, "group": group, "kind": resource});
    if let Some(members) = details.as_object_mut() {
        members.retain(|_, value| value != "");
    }
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code,
    })
}
