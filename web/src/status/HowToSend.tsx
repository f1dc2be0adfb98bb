import { CopyButton } from "../event/CopyButton";
import { visible } from "../text/visible";
import { tryOut } from "./tryOut";

/** Nothing was ever sent: the ways to change that. */
export function HowToSend({ ingestUrl }: { ingestUrl: string }) {
  const line = tryOut(ingestUrl);
  return (
    <section className="how-to-send" aria-label="How to send">
      <h2>How to send</h2>
      <ol>
        <li>
          <strong>Connect a cluster.</strong> <code>taffrail setup PLATFORM --cluster NAME</code> prints the files and
          the steps, for kubeadm, kind, k3s, rke2, talos, openshift, eks, aks and gke. Events then come to{" "}
          <code>{visible(ingestUrl)}/v1/audit/NAME</code>.
        </li>
        <li>
          <strong>See that the way is free.</strong> This sends one event of a cluster “test”, best from a control plane
          node, with the address as it is reached from there (and, where a login is asked for, with{" "}
          <code>-H &quot;Authorization: Bearer TOKEN&quot;</code>). It shows here within seconds.
          <pre tabIndex={0}>{visible(line)}</pre>
          <CopyButton text={line} label="Copy the line" />
        </li>
        <li>
          <strong>Or look at an audit log that you have.</strong> <code>taffrail import --cluster NAME FILE</code>
        </li>
      </ol>
      <p className="quiet">“taffrail doctor” says what is wrong where something is sent and nothing comes in.</p>
    </section>
  );
}
