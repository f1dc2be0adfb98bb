import type { ReactNode } from "react";
import type { AuditEvent } from "../api/model";
import { Time } from "../shell/zone";
import { grouped } from "../text/count";
import { visible } from "../text/visible";

type Flow = NonNullable<AuditEvent["flow"]>;
type Endpoint = Flow["source"];

/** Who spoke to whom over the network, and what became of it. */
export function FlowFacts({ flow }: { flow: Flow }) {
  const { policy } = flow;
  return (
    <dl className="facts">
      <Fact name="From">{endpoint(flow.source)}</Fact>
      <Fact name="To">{endpoint(flow.destination)}</Fact>
      <Fact name="Verdict">
        <strong>{flow.effective_verdict}</strong>
        {flow.effective_verdict !== flow.verdict && <span className="quiet"> this reporter says {flow.verdict}</span>}
        {flow.pending_verdict !== null && flow.pending_verdict !== flow.effective_verdict && (
          <span className="quiet">, a new connection would be {visible(flow.pending_verdict)}</span>
        )}
      </Fact>
      {policy !== null && (
        <Fact name="Decided by">
          {visible(
            [policy.kind, policy.namespace === "" ? policy.name : `${policy.namespace}/${policy.name}`]
              .filter((part) => part !== "")
              .join(" "),
          )}
          {policy.tier !== "" && ` in tier ${visible(policy.tier)}`}
          {policy.rule !== null && `, rule ${String(policy.rule)}`}
        </Fact>
      )}
      <Fact name="Protocol">
        {visible(flow.protocol)}, {visible(flow.direction) || "direction not said"}
        {flow.connections !== null && `, ${grouped(flow.connections)} connections`}
      </Fact>
      <Fact name="Between">
        <Time at={flow.start} /> and <Time at={flow.end} />
      </Fact>
      <Fact name="Reported by">
        {visible(flow.reporter) || "not said"}
        {flow.node !== "" && ` on node ${visible(flow.node)}`} <span className="quiet">{flow.format}</span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function endpoint({ namespace, pod, workload, service, ip, port, domain, resolved_by }: Endpoint): string {
  const name = pod !== "" ? `pod ${namespace}/${pod}` : workload !== "" ? `${namespace}/${workload}` : "";
  const address = ip === null ? "" : port === null ? ip : `${ip} port ${String(port)}`;
  const parts = [name, service === "" ? "" : `service ${service}`, address, ...domain];
  const known = parts.filter((part) => part !== "").join(", ");
  return visible(resolved_by === "ambiguous" ? `${known} (several had this address)` : known) || "not known";
}
