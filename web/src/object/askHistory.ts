import { ask } from "../api/ask";
import type { Coverage, HistoryBody, ObjectName, ObjectVersion } from "../api/model";
import { objectPath } from "../shell/place";

const pageSize = 500;
const mostPages = 10;

export interface History {
  /** Newest first. */
  versions: readonly ObjectVersion[];
  /** Whether there are newer ones, more than a page can hold. */
  cut: boolean;
  coverage: Coverage;
}

/** The versions of an object. The API gives them oldest first, and somebody looks for the newest. */
export async function askHistory(object: ObjectName, withStatus: boolean, signal: AbortSignal): Promise<History> {
  const versions: ObjectVersion[] = [];
  let cursor: string | undefined;
  for (let page = 1; ; page += 1) {
    const body: HistoryBody = await ask(
      `${objectPath(object)}/history`,
      { q: withStatus ? "" : "-statusonly:true", limit: pageSize, cursor },
      signal,
    );
    versions.push(...body.versions);
    if (body.next === null || page === mostPages) {
      return { versions: versions.reverse(), cut: body.next !== null, coverage: body.coverage };
    }
    cursor = body.next;
  }
}
