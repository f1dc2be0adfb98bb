// What changes with every write, or only repeats the object, and hides the change that somebody looks for.

export type Json = unknown;

const metadataNoise = new Set(["managedFields", "resourceVersion", "generation", "creationTimestamp"]);
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The object without its noise; the object itself stays as it is. */
export function withoutNoise(object: Json): Json {
  if (!isMap(object)) return object;
  const { status, metadata, ...rest } = object;
  return metadata === undefined ? rest : { ...rest, metadata: quietMetadata(metadata) };
}

function quietMetadata(metadata: Json): Json {
  if (!isMap(metadata)) return metadata;
  const quiet: Record<string, Json> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (metadataNoise.has(key)) continue;
    if (key !== "annotations" || !isMap(value)) {
      quiet[key] = value;
      continue;
    }
    const annotations = Object.entries(value).filter(([name]) => name !== lastApplied);
    if (annotations.length > 0) quiet[key] = Object.fromEntries(annotations);
  }
  return quiet;
}

export function isMap(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
