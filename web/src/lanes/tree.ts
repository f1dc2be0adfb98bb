// Which lane stands under which: an object under what controls it.
import type { Lane, LaneObject } from "../api/model";
import { keyId, laneId } from "./laneId";

export interface PlacedLane {
  lane: Lane;
  /** How many others it stands under. */
  depth: number;
}

interface Node {
  lane: Lane;
  /** Nothing happened to it in the time that is shown; it is there to hold the others together. */
  bystander: boolean;
  above: Node | null;
  below: Node[];
}

/** The lanes in their order, each right after what controls it. A controller that has no lane is there if it joins two others. */
export function treeOf(lanes: readonly Lane[]): PlacedLane[] {
  const nodes = new Map<string, Node>();
  for (const lane of lanes) nodes.set(laneId(lane), { lane, bystander: false, above: null, below: [] });
  for (const lane of lanes) {
    let node = nodes.get(laneId(lane));
    for (const owner of lane.owners) {
      const above = nodeOf(nodes, owner);
      if (node === undefined || node.above !== null || stands(above, node)) break;
      node.above = above;
      above.below.push(node);
      node = above;
    }
  }
  const roots = new Set([...nodes.values()].map(rootOf));
  return [...roots].flatMap((root) => placed(root, 0));
}

function nodeOf(nodes: Map<string, Node>, owner: LaneObject): Node {
  const id = keyId(owner.object);
  const known = nodes.get(id);
  if (known !== undefined) return known;
  const node = { lane: quietLane(owner), bystander: true, above: null, below: [] };
  nodes.set(id, node);
  return node;
}

/** Whether `node` is `other` or stands under it. Owners can go round in a circle. */
function stands(node: Node, other: Node): boolean {
  for (let at: Node | null = node; at !== null; at = at.above) if (at === other) return true;
  return false;
}

function rootOf(node: Node): Node {
  let root = node;
  while (root.above !== null) root = root.above;
  return root;
}

function placed(node: Node, depth: number): PlacedLane[] {
  const hidden = node.bystander && node.below.length < 2;
  const below = node.below.flatMap((child) => placed(child, hidden ? depth : depth + 1));
  return hidden ? below : [{ lane: node.lane, depth }, ...below];
}

function quietLane({ object, label, query }: LaneObject): Lane {
  return {
    key: object,
    label,
    query,
    owners: [],
    count: 0,
    by_humans: 0,
    problems: 0,
    truncated: false,
    turns: [],
    events: [],
  };
}
