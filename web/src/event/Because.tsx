import type { Cause } from "../api/model";
import { Time } from "../shell/zone";
import { visible } from "../text/visible";

const signs: Record<Cause["sign"], string> = {
  generation: "it carried out this generation of its owner",
  owner_gone: "its owner was gone",
  namespace_gone: "its namespace was gone",
  time: "only the time speaks for it",
};

/** What led to an event, up to whoever began. */
export function Because({ causes, onOpen }: { causes: readonly Cause[]; onOpen: (id: string) => void }) {
  if (causes.length === 0) return null;
  return (
    <div className="because">
      <h3>Because</h3>
      <ol>
        {causes.map((cause) => (
          <li key={cause.event_id}>
            <button
              type="button"
              className="link"
              onClick={() => {
                onOpen(cause.event_id);
              }}
            >
              {visible(cause.summary)}
            </button>{" "}
            <span className="quiet">
              <Time at={cause.time} />, {cause.guess ? "probably: " : ""}
              {signs[cause.sign]}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
