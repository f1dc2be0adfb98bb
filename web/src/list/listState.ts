// Everything that changes what the list page shows, and its form in the address bar.
import { noiseKinds, type NoiseKind } from "../query/noise";
import { everything, type TimeRange } from "../time/range";
import { readZone, writeZone, type ZoneChoice } from "../time/zone";

export interface ListState {
  query: string;
  cluster: string;
  /** Null until somebody chooses: the page then opens on what is newest. */
  range: TimeRange | null;
  /** The kinds of noise that are shown. */
  shown: ReadonlySet<NoiseKind>;
  /** The event whose details are open. */
  event: string | null;
  pane: Pane;
  live: boolean;
  view: View;
  /** What a lane stands for. */
  by: LaneField;
  /** The part of the time that the lanes are zoomed to, if any. */
  zoom: TimeRange | null;
  zone: ZoneChoice;
  /** The changes under which what they set off is unfolded, by the first digits of their ids. */
  unfolded: ReadonlySet<string>;
}

/** As many digits of an id as tell the events of one list apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

export const panes = ["change", "diff", "who", "around", "raw"] as const;
export type Pane = (typeof panes)[number];

export type View = "list" | "lanes";

export const laneFields = ["object", "actor", "namespace", "node"] as const;
export type LaneField = (typeof laneFields)[number];

export function readListState(search: URLSearchParams): ListState {
  const from = search.get("from") ?? "";
  const to = search.get("to") ?? "";
  const pane = panes.find((known) => known === search.get("pane"));
  const shown = (search.get("show") ?? "").split(",");
  return {
    query: search.get("q") ?? "",
    cluster: search.get("cluster") ?? "",
    range: from === "" && to === "" ? null : { from: from === "" ? everything.from : from, to },
    shown: new Set(noiseKinds.filter((kind) => shown.includes(kind))),
    event: search.get("event"),
    pane: pane ?? "change",
    view: search.get("view") === "lanes" ? "lanes" : "list",
    by: laneFields.find((known) => known === search.get("by")) ?? "object",
    zoom: zoomOf(search.get("zoom") ?? ""),
    live: search.get("live") !== "off",
    zone: readZone(search),
    unfolded: new Set((search.get("unfold") ?? "").split(",").filter((id) => /^[0-9a-f]{8}$/.test(id))),
  };
}

/** Only what differs from the page as it opens, so that addresses stay short enough to read. */
export function listSearch(state: ListState): URLSearchParams {
  const search = new URLSearchParams();
  if (state.query.trim() !== "") search.set("q", state.query.trim());
  if (state.cluster !== "") search.set("cluster", state.cluster);
  if (state.range !== null) {
    search.set("from", state.range.from);
    if (state.range.to !== "") search.set("to", state.range.to);
  }
  const shown = noiseKinds.filter((kind) => state.shown.has(kind));
  if (shown.length > 0) search.set("show", shown.join(","));
  if (state.view === "lanes") {
    search.set("view", "lanes");
    if (state.by !== "object") search.set("by", state.by);
    if (state.zoom !== null) search.set("zoom", `${state.zoom.from}~${state.zoom.to}`);
  }
  if (state.event !== null) {
    search.set("event", state.event);
    if (state.pane !== "change") search.set("pane", state.pane);
  }
  if (state.unfolded.size > 0) search.set("unfold", [...state.unfolded].join(","));
  if (!state.live) search.set("live", "off");
  writeZone(search, state.zone);
  return search;
}

function zoomOf(text: string): TimeRange | null {
  const [from = "", to = ""] = text.split("~");
  return Date.parse(from) < Date.parse(to) ? { from, to } : null;
}
