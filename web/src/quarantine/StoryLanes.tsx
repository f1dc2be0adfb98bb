import type { Quarantine, StoryRow } from "../api/model";
import { markOf } from "../event/marks";
import { Link } from "../shell/Link";
import { useZone } from "../shell/zone";
import { counted } from "../text/count";
import { visible } from "../text/visible";
import { clockTime, zoneParameter } from "../time/zone";
import { along, effectMarks, intentMarks, markSize, spanOf, type Verdict } from "./lanes";

const verdicts: readonly Verdict[] = ["denied", "observed", "allowed"];
const words: Record<Verdict, string> = { denied: "denied", observed: "seen", allowed: "allowed" };

/** What was meant, and what came of it: two lanes over one time. */
export function StoryLanes({ quarantine, rows }: { quarantine: Quarantine; rows: readonly StoryRow[] }) {
  const zone = useZone();
  // Read once: a quarantine that lasts would else move at every repaint.
  const span = spanOf(quarantine, Math.max(...rows.map(({ time }) => Date.parse(time)), Date.parse(quarantine.since)));
  const intent = intentMarks(rows, span);
  const effect = effectMarks(rows, span);
  const begin = along(span, quarantine.since) ?? 0;
  const end = quarantine.until === null ? 1 : (along(span, quarantine.until) ?? 1);
  const left = (at: number) => ({ left: `${(at * 100).toFixed(2)}%` });
  const search = (id: string) => new URLSearchParams({ from: "all", event: id, ...zoneParameter(zone) });
  const edge = (time: number) => clockTime(new Date(time).toISOString(), zone).clock;
  return (
    <section className="story-lanes" aria-label="Intent and effect">
      <div className="lane-labels" aria-hidden="true">
        <span>intent</span>
        {verdicts.map((verdict) => (
          <span key={verdict}>{words[verdict]}</span>
        ))}
      </div>
      <div className="lane-plot">
        <div
          className="interval"
          style={{ left: `${begin * 100}%`, width: `${(end - begin) * 100}%` }}
          aria-hidden="true"
        >
          <span>under quarantine</span>
        </div>
        <div className="lane">
          {intent.map(({ at, event }) => {
            const mark = markOf(event);
            const { clock, fraction } = clockTime(event.time, zone);
            return (
              <span
                key={event.id}
                className="intent-mark"
                style={left(at)}
                title={`${clock}${fraction} ${visible(event.summary)}`}
              >
                <Link path="/" search={search(event.id)} className={`glyph ${mark.tone}`}>
                  <span aria-hidden="true">{mark.glyph}</span>
                  <span className="unseen">{visible(event.summary)}</span>
                </Link>
              </span>
            );
          })}
        </div>
        {verdicts.map((verdict) => {
          const marks = effect.filter((mark) => mark.verdict === verdict);
          return (
            <div
              key={verdict}
              className="lane"
              role="img"
              aria-label={`${counted(marks.length, "flow")} ${words[verdict]}`}
            >
              {marks.map((mark, index) => (
                <span
                  key={index}
                  className={`effect-mark ${verdict}`}
                  title={visible(mark.words)}
                  style={{ ...left(mark.at), width: markSize(mark.attempts), height: markSize(mark.attempts) }}
                />
              ))}
            </div>
          );
        })}
        <div className="lane-axis">
          <span>{edge(span.begin)}</span>
          <span>{edge(span.end)}</span>
        </div>
      </div>
    </section>
  );
}
