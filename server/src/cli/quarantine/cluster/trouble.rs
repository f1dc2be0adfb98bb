//! What an API server refuses, and what to do about one that cannot be asked.

use std::error::Error;

/// Why a request came to nothing. The texts are safe to show.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Refusal {
    /// There is no such object, or no such resource.
    #[error("{0}")]
    NotFound(String),
    /// The caller may not do that.
    #[error("{0}")]
    Forbidden(String),
    /// The object is there already, or is another one by now.
    #[error("{0}")]
    Conflict(String),
    /// The caller is nobody to this cluster.
    #[error("{0}")]
    Unauthorized(String),
    /// Nobody answers there whom one could believe.
    #[error("{0}")]
    Unreachable(String),
    #[error("{0}")]
    Failed(String),
}

impl Refusal {
    pub(super) fn of(url: &str, error: kube::Error) -> Self {
        let cause = innermost(&error);
        match error {
            kube::Error::Api(status) => {
                Self::answered(url, status.code, &status.reason, &said(&status.message))
            }
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => {
                Self::Failed(format!("{url} does not answer as an API server does: {cause}"))
            }
            kube::Error::Auth(_) => Self::Unauthorized(format!("cannot log in to {url}: {cause}")),
            _ => Self::Unreachable(format!("cannot reach {url}: {cause}; {}", next_step(&cause))),
        }
    }

    fn answered(url: &str, code: u16, reason: &str, message: &str) -> Self {
        match code {
            401 => Self::Unauthorized(format!(
                "{url} does not accept the credentials of the kubeconfig ({message}): they may have expired; log in again, or choose \
                 another context with --context"
            )),
            403 => Self::Forbidden(message.to_owned()),
            404 => Self::NotFound(message.to_owned()),
            // Invalid is what a patch for another uid is.
            409 | 422 => Self::Conflict(message.to_owned()),
            429 => Self::Failed(format!("{url} is overloaded ({message}); try again")),
            _ => Self::Failed(format!("{url} answers {code} {reason}: {message}")),
        }
    }

    /// Whether nothing else can be asked there either.
    pub(in super::super) fn is_final(&self) -> bool {
        matches!(self, Self::Unauthorized(_) | Self::Unreachable(_))
    }
}

/// Answers come from anybody who listens there, and may be whole pages.
fn said(message: &str) -> String {
    const MAX_CHARS: usize = 500;
    crate::cli::visible::visible(&message.chars().take(MAX_CHARS).collect::<String>()).into_owned()
}

fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    said(&cause.to_string())
}

fn next_step(cause: &str) -> &'static str {
    match cause {
        _ if cause.contains("UnknownIssuer") => {
            "the kubeconfig has to name the authority of its certificate (certificate-authority)"
        }
        _ if cause.contains("certificate") => "see whether the certificate is for this name and still valid",
        _ if cause.contains("lookup address") => "no machine is known here by that name",
        _ => "see whether the context is the right one, and what `kubectl version` says",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        fn check(code: u16, expected: fn(&Refusal) -> bool) {
            let found = Refusal::answered("https://a", code, "R", "m");
            assert!(expected(&found), "{code}: {found:?}");
        }
        check(401, |found| matches!(found, Refusal::Unauthorized(text) if text.contains("log in again")));
        check(403, |found| matches!(found, Refusal::Forbidden(text) if text == "m"));
        check(404, |found| matches!(found, Refusal::NotFound(_)));
        check(409, |found| matches!(found, Refusal::Conflict(_)));
        check(422, |found| matches!(found, Refusal::Conflict(_)));
        check(503, |found| matches!(found, Refusal::Failed(text) if text.contains("503 R")));
    }

    #[test]
    fn what_answers_is_not_obeyed() {
        assert_eq!(said("a\x1b[2J"), "a\\u{1b}[2J");
        assert_eq!(said(&"x".repeat(9999)).len(), 500);
    }
}
