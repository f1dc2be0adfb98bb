/** Sends what an API server does when bob, now, puts the pod of this name in namespace shop under quarantine. */
export async function sendLabel(ingest: URL, cluster: string, name: string): Promise<void> {
  const now = new Date().toISOString().replace("Z", "000Z");
  const event = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "RequestResponse",
    auditID: crypto.randomUUID(),
    stage: "ResponseComplete",
    requestURI: `/api/v1/namespaces/shop/pods/${name}`,
    verb: "patch",
    user: { username: "bob", groups: ["system:authenticated"] },
    objectRef: { resource: "pods", namespace: "shop", name, apiVersion: "v1" },
    responseStatus: { metadata: {}, code: 200 },
    requestObject: { metadata: { labels: { quarantine: "true" } } },
    responseObject: {
      kind: "Pod",
      apiVersion: "v1",
      metadata: {
        name,
        namespace: "shop",
        uid: crypto.randomUUID(),
        resourceVersion: "71000",
        labels: { quarantine: "true" },
      },
      spec: {},
      status: {},
    },
    requestReceivedTimestamp: now,
    stageTimestamp: now,
  };
  const answer = await fetch(new URL(`/v1/audit/${cluster}`, ingest), { method: "POST", body: JSON.stringify(event) });
  if (answer.status !== 200) throw new Error(`the program answered ${String(answer.status)}`);
}
