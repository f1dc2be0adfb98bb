//! Senders that are refused for good: each with what to change.

use jiff::tz::TimeZone;
use taffrail_event::Timestamp;

use super::checks::RECENT_MICROS;
use super::finding::Finding;
use crate::cli::status::view::Status;
use crate::cli::table::counted;
use crate::cli::times::shown;
use crate::serve::TurnedAwayBody;

/// One line for each sender and reason of the last day.
pub(super) fn findings(status: &Status, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let senders = status.ingest.turned_away.iter();
    let recent = senders.filter(|sender| now.micros() - sender.last.micros() < RECENT_MICROS);
    recent.map(|sender| finding(sender, zone)).collect()
}

fn finding(sender: &TurnedAwayBody, zone: &TimeZone) -> Finding {
    let TurnedAwayBody { sender, reason, detail, path, requests, last } = sender;
    Finding::urgent(
        "turned-away",
        format!(
            "{} of {sender} to {path} refused ({reason}), the last one at {}; what was in it is lost unless it comes another way",
            counted(*requests, "request"),
            shown(*last, zone)
        ),
        detail.as_str(),
        fix(reason),
    )
}

/// By error code; docs/api.md lists them.
fn fix(reason: &str) -> &'static str {
    match reason {
        "login_required" => {
            "Give the sender a token (`taffrail token new --name NAME --cluster CLUSTER --to FILE`) or a client certificate; `taffrail setup PLATFORM` writes it where it belongs"
        }
        "login_failed" | "too_many_logins" => {
            "Compare what the sender shows with the file of ingest.auth.file; a new token comes from `taffrail token new`, and `taffrail setup PLATFORM` writes it where it belongs"
        }
        "wrong_credential" => {
            "It shows a credential for reading: give it one that `taffrail token new --name NAME --cluster CLUSTER` made"
        }
        "foreign_cluster" => {
            "Correct the cluster at the end of the sender's URL, or name it in the credential's `clusters` in the file of ingest.auth.file"
        }
        "reserved_cluster" => {
            "Put the name of the cluster that the events are of at the end of the sender's URL"
        }
        "bad_cluster" | "not_found" | "method_not_allowed" => {
            "Have it POST to the ingest address with /v1/audit/CLUSTER behind it, as `taffrail setup PLATFORM` writes it"
        }
        "body_too_large" => {
            "If the API server writes an audit log too, `taffrail import` of it brings what was lost; what is there already is not stored twice"
        }
        _ => "See the server's log",
    }
}
