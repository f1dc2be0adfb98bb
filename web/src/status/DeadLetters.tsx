import { ask } from "../api/ask";
import type { DeadLettersBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { Failure } from "../shell/Failure";
import { Time } from "../shell/zone";
import { counted } from "../text/count";
import { sizeInWords } from "../text/size";
import { visible, visibleLines } from "../text/visible";

const mostShown = 20;
const mostCharacters = 2_000;

/** What came in and is no event, and why. */
export function DeadLetters({ stored, received }: { stored: number; received: number }) {
  // Every look at them is recorded by the server, so they are asked for only when there are others.
  const { body, error } = useAnswer(stored === 0 ? null : `${stored} ${received}`, (signal) =>
    ask<DeadLettersBody>("deadletters", { limit: mostShown }, signal),
  );
  return (
    <section aria-label="Dead letters">
      <h2>Dead letters</h2>
      <p>
        {stored === 0
          ? "None: everything that came in could be decoded."
          : `${counted(stored, "record")} could not be decoded. Nothing of it is thrown away: “taffrail deadletters replay” reads it once more.`}
      </p>
      {error !== null && <Failure error={error} />}
      {stored > 0 && body !== null && (
        <ul className="dead-letters">
          {body.deadletters.map(({ id, time, cluster, source, reason, size, excerpt }) => (
            <li key={id}>
              <details>
                <summary>
                  <Time at={time} /> <strong>{visible(reason)}</strong>{" "}
                  <span className="quiet">
                    {visible(source)} of {visible(cluster)}, {sizeInWords(size)}, {id.slice(0, 8)}
                  </span>
                </summary>
                <pre tabIndex={0}>{visibleLines(excerpt.slice(0, mostCharacters))}</pre>
                {excerpt.length > mostCharacters && (
                  <p className="quiet">
                    More of it: <code>taffrail deadletters {id.slice(0, 8)}</code>
                  </p>
                )}
              </details>
            </li>
          ))}
        </ul>
      )}
      {body !== null && stored > body.deadletters.length && (
        <p className="quiet">The newest {body.deadletters.length} are shown.</p>
      )}
    </section>
  );
}
