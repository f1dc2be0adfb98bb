import { ask } from "../api/ask";
import type { QuarantinesBody, StoryBody } from "../api/model";
import type { StoryState } from "./storyAddress";

export interface Pod {
  cluster: string;
  namespace: string;
  pod: string;
}

export interface Story {
  body: StoryBody;
  label: string;
}

/** The story with the first `pages` pages of its rows, as they are now. */
export async function askStory(
  { cluster, namespace, pod }: Pod,
  { since, reach }: StoryState,
  pages: number,
  signal: AbortSignal,
): Promise<Story> {
  const path = `quarantine/${[cluster, namespace, pod].map(encodeURIComponent).join("/")}`;
  const page = (cursor?: string) => ask<StoryBody>(path, { since, before: reach, after: reach, cursor }, signal);
  const [first, { label }] = await Promise.all([
    page(),
    ask<QuarantinesBody>("quarantine", { cluster, ns: namespace }, signal),
  ]);
  let body = first;
  for (let more = 1; more < pages && body.next !== null; more += 1) {
    const { events, next } = await page(body.next);
    body = { ...body, events: [...body.events, ...events], next };
  }
  return { body, label };
}
