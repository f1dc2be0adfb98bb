/** A line for a shell that sends one event, of now. */
export function tryOut(ingestUrl: string): string {
  const time = "'\"$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)\"'";
  const event = [
    '"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete"',
    '"auditID":"taffrail-test","requestURI":"/api/v1/namespaces/test/configmaps/hello","verb":"create"',
    '"user":{"username":"tester"},"objectRef":{"resource":"configmaps","namespace":"test","name":"hello","apiVersion":"v1"}',
    `"responseStatus":{"code":201},"requestReceivedTimestamp":"${time}","stageTimestamp":"${time}"`,
  ].join(",");
  return `curl -sS -d '{${event}}' ${ingestUrl}/v1/audit/test`;
}
