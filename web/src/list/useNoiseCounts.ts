import { useAnswer } from "../api/useAnswer";
import { noises, onlyNoise, type NoiseKind } from "../query/noise";
import type { TimeRange } from "../time/range";
import { countEvents } from "./question";

export type NoiseCounts = Partial<Record<NoiseKind, number>>;

/** For every chip how many events it holds back, or adds. */
export function useNoiseCounts(
  question: string,
  range: TimeRange | null,
  shown: ReadonlySet<NoiseKind>,
  refresh: number,
): NoiseCounts {
  const key = range === null ? null : JSON.stringify([question, range, [...shown], refresh]);
  const answer = useAnswer(key, async (signal) => {
    if (range === null) return {};
    const counts = await Promise.all(
      noises.map(
        async (noise) => [noise.kind, await countEvents(onlyNoise(question, shown, noise), range, signal)] as const,
      ),
    );
    const byKind: NoiseCounts = Object.fromEntries(counts);
    return byKind;
  });
  return (key === null ? null : answer.body) ?? {};
}
