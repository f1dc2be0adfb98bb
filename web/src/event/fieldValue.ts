import type { FieldChange } from "../api/model";
import { visible } from "../text/visible";

const longest = 300;

/** A value of a field as one reads it: strings bare, everything else as JSON. */
export function fieldValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const shown = visible(text);
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
}

/** The value before or after; null where there is none. A missing member means that nobody knows. */
export function sideOf(field: FieldChange, side: "before" | "after"): { text: string; known: boolean } | null {
  if (!(side in field)) return { text: "not known", known: false };
  const value = field[side];
  return value === null ? null : { text: fieldValue(value), known: true };
}
