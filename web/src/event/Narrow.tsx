import type { AuditEvent } from "../api/model";
import { term } from "../query/quote";
import { visible } from "../text/visible";

/** The facts of an event by which one narrows a search, in the words of the query language. */
function narrowing(event: AuditEvent): string[] {
  const { actor, object } = event;
  const facts: string[] = [];
  if (actor !== null && actor.name !== "") facts.push(term("user", actor.name));
  if (object !== null && object.namespace !== "") facts.push(term("ns", object.namespace));
  if (object !== null && object.resource !== "") facts.push(term("resource", object.resource));
  if (object !== null && object.name !== "") facts.push(term("name", object.name));
  if (event.verb !== "") facts.push(term("verb", event.verb));
  return facts;
}

/** "Only this" and "not this" for each of them. */
export function Narrow({
  event,
  query,
  onSearch,
}: {
  event: AuditEvent;
  query: string;
  onSearch: (query: string) => void;
}) {
  const also = (words: string) => {
    onSearch([/\sOR\s/.test(query) ? `(${query})` : query, words].filter((part) => part !== "").join(" "));
  };
  return (
    <div className="narrow" role="group" aria-label="Narrow the search">
      {narrowing(event).map((fact) => (
        <span key={fact} className="narrow-fact">
          <code>{visible(fact)}</code>
          <button
            type="button"
            aria-label={`Only ${visible(fact)}`}
            title="Only this"
            onClick={() => {
              also(fact);
            }}
          >
            +
          </button>
          <button
            type="button"
            aria-label={`Not ${visible(fact)}`}
            title="Not this"
            onClick={() => {
              also(`-${fact}`);
            }}
          >
            −
          </button>
        </span>
      ))}
    </div>
  );
}
