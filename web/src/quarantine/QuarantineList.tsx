import { ask } from "../api/ask";
import type { Quarantine, QuarantinesBody } from "../api/model";
import { usePolled } from "../api/usePolled";
import { actorName } from "../event/actor";
import { CoverageLine } from "../list/CoverageLine";
import { useAddress } from "../shell/address";
import { Failure } from "../shell/Failure";
import { Link } from "../shell/Link";
import { useTitle } from "../shell/useTitle";
import { Time, useZone } from "../shell/zone";
import { grouped } from "../text/count";
import { visible } from "../text/visible";
import { QuarantinePlace } from "./QuarantinePlace";
import { storyPath, storySearch } from "./storyAddress";

const refreshMs = 15_000;

/** Which pods are or were isolated, those that still are first. */
export function QuarantineList() {
  useTitle("Quarantine");
  const cluster = new URLSearchParams(useAddress().search).get("cluster") ?? "";
  const { body, error, loading, refresh } = usePolled(`quarantine ${cluster}`, refreshMs, (signal) =>
    ask<QuarantinesBody>("quarantine", { cluster }, signal),
  );
  const sorted = [...(body?.quarantines ?? [])].sort((a, b) => Number(a.until !== null) - Number(b.until !== null));
  const lasting = sorted.filter(({ until }) => until === null).length;
  return (
    <main className="quarantines">
      <div className="page">
        <div className="quarantines-title">
          <h1>Quarantine</h1>
          <QuarantinePlace cluster={cluster} />
        </div>
        {body !== null && (
          <p>
            {lasting === 0 ? "No pod is under quarantine now." : `${grouped(lasting)} under quarantine now.`}{" "}
            <span className="quiet">A pod is, as long as it carries the label {visible(body.label)}.</span>
          </p>
        )}
        {error !== null && <Failure error={error} onRetry={refresh} />}
        {loading && body === null && <p className="quiet">Looking…</p>}
        {body !== null && sorted.length === 0 && (
          <p>
            None was recorded{cluster !== "" && ` in ${visible(cluster)}`}. “taffrail quarantine apply POD” isolates
            one.
          </p>
        )}
        {sorted.length > 0 && (
          <div className="scroll-x" tabIndex={0} role="group" aria-label="Quarantines">
            <table className="sheet">
              <thead>
                <tr>
                  {["Pod", "Cluster", "Since", "Set by", "Until", "Ended by", "Contained by", "Attempts"].map(
                    (title) => (
                      <th key={title} scope="col">
                        {title}
                      </th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {sorted.map((quarantine) => (
                  <QuarantineRow key={`${quarantine.uid} ${quarantine.since}`} quarantine={quarantine} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
      <CoverageLine coverage={body?.coverage ?? null} total={null} loading={loading} lag={null} effectsLeft={0} />
    </main>
  );
}

function QuarantineRow({ quarantine }: { quarantine: Quarantine }) {
  const zone = useZone();
  const { object, cluster, since, until, by, released_by, deleted, policy, containment, attempts } = quarantine;
  return (
    <tr className={until === null ? "lasting" : ""}>
      <th scope="row">
        <Link
          path={storyPath(cluster, object.namespace, object.name)}
          search={storySearch({ since, reach: "1h" }, zone)}
        >
          {visible(`${object.namespace}/${object.name}`)}
        </Link>
      </th>
      <td>{visible(cluster)}</td>
      <td>
        <Time at={since} />
      </td>
      <td>{by === null ? "not known" : actorName(by)}</td>
      <td>{until === null ? <strong className="lasts">still</strong> : <Time at={until} />}</td>
      <td>{deleted ? "pod deleted" : released_by === null ? "–" : actorName(released_by)}</td>
      <td>
        {visible(policy ?? "") || <span className="quiet">no policy known</span>}
        {containment?.contained === false && <strong className="warning"> not all of its traffic</strong>}
      </td>
      <td className="figure">{grouped(attempts)}</td>
    </tr>
  );
}
