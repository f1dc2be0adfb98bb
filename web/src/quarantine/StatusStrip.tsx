import type { Actor, Quarantine } from "../api/model";
import { ActorBadge } from "../event/ActorBadge";
import { actorName } from "../event/actor";
import { CopyButton } from "../event/CopyButton";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { Time, useZone } from "../shell/zone";
import { counted } from "../text/count";
import { visible } from "../text/visible";
import { releaseCommand, unlabelCommand } from "./release";
import { storyPath, storySearch } from "./storyAddress";
import { zoneParameter } from "../time/zone";

/** Whether the pod is isolated, since when, by whom, and whether that holds. */
export function StatusStrip({ quarantine, label }: { quarantine: Quarantine; label: string }) {
  const { object, cluster, since, until, by, released_by, deleted, policy, containment, attempts } = quarantine;
  const zone = useZone();
  const link = `${location.origin}${storyPath(cluster, object.namespace, object.name)}?${storySearch({ since, reach: "1h" }, zone).toString()}`;
  return (
    <section className="status-strip" aria-label="Status">
      <ol>
        <li>
          <span className="step">label {visible(label)} set</span>
          <Time at={since} /> by <Name actor={by} />
        </li>
        <li>
          <span className="step">policy</span>
          {policy === null ? (
            <strong className="warning">none is known that denies its traffic</strong>
          ) : (
            <strong>{visible(policy)}</strong>
          )}
          {containment !== null && <Contained contained={containment.contained} />}
        </li>
        <li>
          <span className="step">{until === null ? "now" : deleted ? "pod deleted" : "label removed"}</span>
          {until === null ? (
            <strong className="lasts">still under quarantine</strong>
          ) : (
            <>
              <Time at={until} /> by <Name actor={released_by} />
            </>
          )}
        </li>
        <li>
          <span className="step">meanwhile</span>
          <strong>{counted(attempts, "attempt")}</strong> to connect
        </li>
      </ol>
      {containment !== null && (
        <ul className="quiet">
          {[...containment.sentences, ...containment.notes].map((sentence) => (
            <li key={sentence}>{visible(sentence)}</li>
          ))}
        </ul>
      )}
      <div className="strip-actions">
        <CopyButton text={link} label="Copy a link to this evidence" />
        <Link className="button" path={`/${objectPath(object)}`} search={new URLSearchParams(zoneParameter(zone))}>
          History of the pod
        </Link>
        {until === null && <Release quarantine={quarantine} label={label} />}
      </div>
    </section>
  );
}

function Name({ actor }: { actor: Actor | null }) {
  if (actor === null) return <span className="quiet">somebody unknown</span>;
  return (
    <>
      <ActorBadge type={actor.type} /> <strong>{actorName(actor)}</strong>
    </>
  );
}

function Contained({ contained }: { contained: boolean | null }) {
  if (contained === true) return <span> denies all of it, both ways</span>;
  return contained === false ? (
    <strong className="warning"> lets some traffic pass</strong>
  ) : (
    <span className="quiet"> cannot be evaluated as a whole</span>
  );
}

/** Letting it go takes rights that this page does not have; it prepares the line. */
function Release({ quarantine, label }: { quarantine: Quarantine; label: string }) {
  const command = releaseCommand(quarantine);
  return (
    <details className="release">
      <summary>Release it</summary>
      <p>This page writes to no cluster. Paste this where you are logged in to {visible(quarantine.cluster)}:</p>
      <pre tabIndex={0}>{visible(command)}</pre>
      <CopyButton text={command} label="Copy the command" />
      <p className="quiet">
        Without taffrail: <code>{visible(unlabelCommand(quarantine, label))}</code>
      </p>
    </details>
  );
}
