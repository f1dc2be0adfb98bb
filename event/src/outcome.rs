//! How a request ended.

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, Stage, string_member};
use crate::json;

/// The result in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeResult {
    /// Answered with a code below 400.
    Success,
    /// 401 or 403.
    Denied,
    /// Any other error.
    Failed,
    /// Answered and still going on: a watch, or somebody's shell.
    Open,
    /// No completion was seen.
    Pending,
}

impl OutcomeResult {
    /// Every result.
    pub const ALL: [Self; 5] = [Self::Success, Self::Denied, Self::Failed, Self::Open, Self::Pending];

    /// The name in `outcome.result`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Open => "open",
            Self::Pending => "pending",
        }
    }
}

/// Who refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeniedBy {
    /// The credential was not accepted (401).
    Authn,
    /// The authorizer (RBAC) said no.
    Authz,
    /// Admission said no after authorization had allowed it.
    Admission,
    /// A resource quota is exhausted.
    Quota,
}

impl DeniedBy {
    /// Everyone who refuses.
    pub const ALL: [Self; 4] = [Self::Authn, Self::Authz, Self::Admission, Self::Quota];

    /// The name in `outcome.denied_by`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authn => "authn",
            Self::Authz => "authz",
            Self::Admission => "admission",
            Self::Quota => "quota",
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The result in one word.
    pub result: OutcomeResult,
    /// `responseStatus.code`.
    pub code: Option<i64>,
    /// `responseStatus.reason`.
    pub reason: String,
    /// Who refused it, if it was refused.
    pub denied_by: Option<DeniedBy>,
}

impl Outcome {
    pub(crate) fn of(audit: &AuditRecord<'_>) -> Self {
        let status = audit.response_status.unwrap_or_default();
        let code = audit.code();
        let result = result(audit.stage(), code);
        let denied_by = (result == OutcomeResult::Denied).then(|| denied_by(audit, code, status));
        Self { result, code, reason: string_member(status, "reason").into_owned(), denied_by }
    }
}

fn result(stage: Stage, code: Option<i64>) -> OutcomeResult {
    match (stage, code) {
        (Stage::Panic, _) => OutcomeResult::Failed,
        (_, Some(401 | 403)) => OutcomeResult::Denied,
        (_, Some(400..)) => OutcomeResult::Failed,
        (Stage::RequestReceived, _) => OutcomeResult::Pending,
        (Stage::ResponseStarted, _) => OutcomeResult::Open,
        (Stage::ResponseComplete, _) => OutcomeResult::Success,
    }
}

/// Authorization leaves `authorization.k8s.io/decision`: a 403 with `allow` came from admission, or from RBAC, which looks into
/// roles and bindings once more before it stores them.
fn denied_by(audit: &AuditRecord<'_>, code: Option<i64>, status: &[u8]) -> DeniedBy {
    if code == Some(401) {
        return DeniedBy::Authn;
    }
    if audit.annotation("authorization.k8s.io/decision").as_deref() != Some("allow") {
        return DeniedBy::Authz;
    }
    let message = json::member(status, "message").and_then(json::string).unwrap_or_default();
    if message.contains("exceeded quota") {
        DeniedBy::Quota
    } else if message.contains(ESCALATION) {
        DeniedBy::Authz
    } else {
        DeniedBy::Admission
    }
}

/// Nobody may hand out rights that he does not hold (kubernetes `pkg/registry/rbac/validation/rule.go`).
const ESCALATION: &str = "attempting to grant RBAC permissions not currently held";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        fn check(rest: &str, expected: OutcomeResult, denied_by: Option<DeniedBy>) {
            let json = format!(r#"{{"auditID":"a",{rest}}}"#);
            let outcome = Outcome::of(&AuditRecord::decode(json.as_bytes()).unwrap());
            assert_eq!((outcome.result, outcome.denied_by), (expected, denied_by), "{rest}");
        }
        check(r#""stage":"ResponseComplete","responseStatus":{"code":201}"#, OutcomeResult::Success, None);
        check(r#""stage":"ResponseStarted","responseStatus":{"code":101}"#, OutcomeResult::Open, None);
        check(r#""stage":"RequestReceived""#, OutcomeResult::Pending, None);
        check(r#""stage":"Panic","responseStatus":{"code":500}"#, OutcomeResult::Failed, None);
        check(
            r#""stage":"ResponseStarted","responseStatus":{"code":401}"#,
            OutcomeResult::Denied,
            Some(DeniedBy::Authn),
        );
        check(
            r#""stage":"ResponseComplete","responseStatus":{"code":403},"annotations":{"authorization.k8s.io/decision":"forbid"}"#,
            OutcomeResult::Denied,
            Some(DeniedBy::Authz),
        );
        check(
            r#""stage":"ResponseComplete","responseStatus":{"code":403,"message":"pods \"x\" is forbidden: exceeded quota: q"},"annotations":{"authorization.k8s.io/decision":"allow"}"#,
            OutcomeResult::Denied,
            Some(DeniedBy::Quota),
        );
        check(
            r#""stage":"ResponseComplete","responseStatus":{"code":403,"message":"roles \"x\" is forbidden: user \"a\" is attempting to grant RBAC permissions not currently held:\n{}"},"annotations":{"authorization.k8s.io/decision":"allow"}"#,
            OutcomeResult::Denied,
            Some(DeniedBy::Authz),
        );
        check(
            r#""stage":"ResponseComplete","responseStatus":{"code":403,"message":"violates PodSecurity"},"annotations":{"authorization.k8s.io/decision":"allow"}"#,
            OutcomeResult::Denied,
            Some(DeniedBy::Admission),
        );
        check(r#""stage":"ResponseComplete","responseStatus":{"code":409}"#, OutcomeResult::Failed, None);
    }
}
