const perBatch = 1_000;

/** Sends constructed audit events, and marks them so: `lanes` config maps with `each` updates, a second apart. */
export async function sendMany(ingest: URL, lanes: number, each: number): Promise<void> {
  const events = Array.from({ length: lanes * each }, (_, place) =>
    constructed(place % lanes, Math.floor(place / lanes)),
  );
  for (let begin = 0; begin < events.length; begin += perBatch) {
    const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", items: events.slice(begin, begin + perBatch) };
    const answer = await fetch(new URL("/v1/audit/constructed", ingest), {
      method: "POST",
      body: JSON.stringify(list),
    });
    if (answer.status !== 200) throw new Error(`the program answered ${String(answer.status)}`);
  }
}

const begin = Date.parse("2026-11-20T08:00:00Z");

function constructed(lane: number, second: number): object {
  const time = new Date(begin + second * 1_000 + lane).toISOString().replace("Z", "000Z");
  const name = `map-${String(lane)}`;
  return {
    level: "Metadata",
    auditID: crypto.randomUUID(),
    stage: "ResponseComplete",
    requestURI: `/api/v1/namespaces/constructed/configmaps/${name}`,
    verb: "update",
    user: { username: "alice", groups: ["system:authenticated"] },
    sourceIPs: ["203.0.113.10"],
    userAgent: "constructed-for-a-test",
    objectRef: { resource: "configmaps", namespace: "constructed", name, apiVersion: "v1" },
    responseStatus: { metadata: {}, code: second % 50 === 0 ? 403 : 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { "constructed.example.com/for": "a test of many events" },
  };
}
