import { termsOf, withoutTerm } from "../query/terms";
import { visible } from "../text/visible";
import type { ChangeList } from "./useListState";

/** The terms of the question, each of them a click from being gone. A question of one term is cleared in its box. */
export function TermChips({ query, onChange }: { query: string; onChange: ChangeList }) {
  const terms = termsOf(query) ?? [];
  if (terms.length < 2) return null;
  return (
    <div className="term-chips" role="group" aria-label="Parts of the question">
      {terms.map((term, place) => (
        <button
          // A term may stand there twice.
          key={`${String(place)} ${term}`}
          type="button"
          className="chip"
          aria-label={`Take out ${visible(term)}`}
          title="Take this out of the question"
          onClick={() => {
            onChange({ query: withoutTerm(query, term), event: null });
          }}
        >
          <code>{visible(term)}</code> <span aria-hidden="true">×</span>
        </button>
      ))}
    </div>
  );
}
