// Senders that are refused for good: each with what to change.
import type { TurnedAway } from "../api/model";
import { counted } from "../text/count";
import { urgent, type Finding } from "./finding";
import { shownTime, type PointOfView } from "./pointOfView";

export function turnedAwayFinding(
  { sender, reason, detail, path, requests, last }: TurnedAway,
  view: PointOfView,
): Finding {
  return urgent(
    "turned-away",
    `${counted(requests, "request")} of ${sender} to ${path} refused (${reason}), the last one at ${shownTime(last, view)}; what was in it is lost unless it comes another way`,
    detail,
    fixes[reason] ?? "See the server's log",
  );
}

const tokens =
  "Compare what the sender shows with the file of ingest.auth.file; a new token comes from “taffrail token new”, and “taffrail setup PLATFORM” writes it where it belongs";
const path =
  "Have it POST to the ingest address with /v1/audit/CLUSTER behind it, as “taffrail setup PLATFORM” writes it";

/** By error code. */
const fixes: Partial<Record<string, string>> = {
  login_required:
    "Give the sender a token (“taffrail token new --name NAME --cluster CLUSTER --to FILE”) or a client certificate; “taffrail setup PLATFORM” writes it where it belongs",
  login_failed: tokens,
  too_many_logins: tokens,
  wrong_credential:
    "It shows a credential for reading: give it one that “taffrail token new --name NAME --cluster CLUSTER” made",
  foreign_cluster:
    "Correct the cluster at the end of the sender's URL, or name it in the credential's “clusters” in the file of ingest.auth.file",
  reserved_cluster: "Put the name of the cluster that the events are of at the end of the sender's URL",
  bad_cluster: path,
  not_found: path,
  method_not_allowed: path,
  body_too_large:
    "If the API server writes an audit log too, “taffrail import” of it brings what was lost; what is there already is not stored twice",
};
