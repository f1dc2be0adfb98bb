import type { Attempt } from "../api/model";
import { Link } from "../shell/Link";
import { objectPath } from "../shell/place";
import { Time, useZone } from "../shell/zone";
import { counted, grouped } from "../text/count";
import { visible } from "../text/visible";
import { zoneParameter } from "../time/zone";

/** Whom the pod tried to reach, and who tried to reach it, over all the time of the story. */
export function AttemptTable({
  attempts,
  total,
  cluster,
}: {
  attempts: readonly Attempt[];
  total: number;
  cluster: string;
}) {
  return (
    <section aria-label="Attempts">
      <h2>Attempts to connect</h2>
      {attempts.length === 0 ? (
        <p className="quiet">No flow of this pod was recorded in this time.</p>
      ) : (
        <>
          <p className="quiet">
            Counted over all the time of this page, before and after the quarantine too. An attempt is one connection:
            packets that are sent again for it count once.
          </p>
          <div className="scroll-x" tabIndex={0} role="group" aria-label="Attempts by peer">
            <table className="sheet">
              <thead>
                <tr>
                  <th scope="col">Peer</th>
                  <th scope="col">Port</th>
                  <th scope="col" className="figure">
                    Denied
                  </th>
                  <th scope="col" className="figure">
                    Allowed
                  </th>
                  <th scope="col" className="figure">
                    Seen
                  </th>
                  <th scope="col">First</th>
                  <th scope="col">Last</th>
                </tr>
              </thead>
              <tbody>
                {attempts.map((attempt) => (
                  <AttemptRow
                    key={`${attempt.direction} ${attempt.peer} ${attempt.port ?? ""} ${attempt.protocol}`}
                    attempt={attempt}
                    cluster={cluster}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {total > attempts.length && <p className="quiet">{counted(total, "kind")} of attempts in all.</p>}
    </section>
  );
}

function AttemptRow({ attempt, cluster }: { attempt: Attempt; cluster: string }) {
  const zone = useZone();
  const { peer, peer_ref, port, protocol, direction, allowed, denied, observed, first, last } = attempt;
  const pod = { cluster, group: "", resource: "pods", namespace: peer_ref.namespace, name: peer_ref.name };
  return (
    <tr>
      <th scope="row">
        <span className="quiet">{direction === "ingress" ? "from " : "to "}</span>
        {peer_ref.kind === "pod" && peer_ref.name !== "" ? (
          <Link path={`/${objectPath(pod)}`} search={new URLSearchParams(zoneParameter(zone))}>
            {visible(peer)}
          </Link>
        ) : (
          visible(peer)
        )}
      </th>
      <td>
        {port ?? "–"}/{visible(protocol)}
      </td>
      <td className="figure">{denied > 0 ? <strong className="denied-count">{grouped(denied)}</strong> : 0}</td>
      <td className="figure">{grouped(allowed)}</td>
      <td className="figure">{grouped(observed)}</td>
      <td>
        <Time at={first} />
      </td>
      <td>
        <Time at={last} />
      </td>
    </tr>
  );
}
