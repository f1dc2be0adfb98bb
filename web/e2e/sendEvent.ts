/** Sends an audit event as an API server does: alice creates a config map of this name, now. */
export async function sendEvent(ingest: URL, name: string): Promise<void> {
  await sendEvents(ingest, [name]);
}

/** Sends several of them at once, a microsecond apart. */
export async function sendEvents(ingest: URL, names: readonly string[]): Promise<void> {
  const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", items: names.map(created) };
  const answer = await fetch(new URL("/v1/audit/demo", ingest), { method: "POST", body: JSON.stringify(list) });
  if (answer.status !== 200) throw new Error(`the program answered ${String(answer.status)}`);
}

function created(name: string, place: number): object {
  const now = new Date().toISOString().replace("Z", `${String(place).padStart(3, "0")}Z`);
  return {
    level: "RequestResponse",
    auditID: crypto.randomUUID(),
    stage: "ResponseComplete",
    requestURI: "/api/v1/namespaces/live/configmaps",
    verb: "create",
    user: { username: "alice", groups: ["system:authenticated"] },
    sourceIPs: ["203.0.113.10"],
    userAgent: "kubectl/v1.32.4",
    objectRef: { resource: "configmaps", namespace: "live", name, apiVersion: "v1" },
    responseStatus: { metadata: {}, code: 201 },
    responseObject: {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name, namespace: "live", uid: crypto.randomUUID(), resourceVersion: "70000" },
      data: { key: "value" },
    },
    requestReceivedTimestamp: now,
    stageTimestamp: now,
  };
}
