/** `field:value` as the query language reads it, whatever the value holds. */
export function term(field: string, value: string): string {
  return `${field}:${/^[A-Za-z0-9_./@:-]+$/.test(value) && !/^[-.:]/.test(value) ? value : quoted(value)}`;
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
