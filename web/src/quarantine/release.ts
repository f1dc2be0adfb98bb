import type { Quarantine } from "../api/model";

/** Ready to paste: this page changes nothing in any cluster by itself. */
export function releaseCommand({ object }: Quarantine): string {
  return `taffrail quarantine release ${shellWord(object.name)} -n ${shellWord(object.namespace)}`;
}

/** The same without taffrail: `label` is the setting, `quarantine=true`. */
export function unlabelCommand({ object }: Quarantine, label: string): string {
  const key = label.split("=")[0] ?? label;
  return `kubectl label pod ${shellWord(object.name)} -n ${shellWord(object.namespace)} ${shellWord(`${key}-`)}`;
}

// Names come from audit events, and whoever writes those may choose one that a shell would run.
function shellWord(text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
