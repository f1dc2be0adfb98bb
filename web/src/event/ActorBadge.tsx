import type { ActorType } from "../api/model";
import { actorBadges } from "./marks";

/** What kind of identity it is, in a word and a colour. */
export function ActorBadge({ type }: { type: ActorType }) {
  const badge = actorBadges[type];
  return (
    <span className={`badge ${type}`} title={badge.name}>
      {badge.short}
    </span>
  );
}
