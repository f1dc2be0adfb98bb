import { useId, useState, type KeyboardEvent, type Ref } from "react";
import { flushSync } from "react-dom";
import type { Refusal } from "../api/ask";
import { take, unfinishedAt, type Suggestion } from "../query/completion";
import type { TimeRange } from "../time/range";
import { QueryError } from "./QueryError";
import { Suggestions } from "./Suggestions";
import { useSuggestions } from "./useSuggestions";

interface Props {
  ref: Ref<HTMLInputElement>;
  query: string;
  range: TimeRange | null;
  /** What is wrong with the query. */
  error: Refusal | null;
  onSearch: (query: string) => void;
}

/** The question in the query language, with suggestions for what is being typed. */
export function SearchBox({ ref, query, range, error, onSearch }: Props) {
  const [text, setText] = useState(query);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const list = useId();
  const [shownQuery, setShownQuery] = useState(query);
  if (shownQuery !== query) {
    setShownQuery(query);
    setText(query);
  }
  const unfinished = caret === null ? null : unfinishedAt(text, caret);
  const suggestions = useSuggestions(unfinished, range);
  const open = caret !== null && suggestions.length > 0;

  const type = (input: HTMLInputElement) => {
    setText(input.value);
    setCaret(input.selectionStart);
    setChosen(-1);
  };
  const close = () => {
    setCaret(null);
    setChosen(-1);
  };
  const accept = (suggestion: Suggestion, input: HTMLInputElement) => {
    if (unfinished === null) return;
    const taken = take(text, unfinished, suggestion);
    // The caret can be set only when the new text is there, and has to be before the next letter is typed.
    flushSync(() => {
      setText(taken.text);
      setChosen(-1);
      setCaret(taken.caret);
    });
    input.focus();
    input.setSelectionRange(taken.caret, taken.caret);
  };
  const search = () => {
    close();
    onSearch(text.trim());
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const suggestion = suggestions[chosen];
    if (event.key === "Enter") {
      if (open && suggestion !== undefined) accept(suggestion, event.currentTarget);
      else search();
    } else if (event.key === "Tab" && open && !event.shiftKey && suggestion !== undefined) {
      accept(suggestion, event.currentTarget);
    } else if (event.key === "Escape") {
      if (open) close();
      else event.currentTarget.blur();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (open) setChosen((chosen + step + suggestions.length + (chosen < 0 && step < 0 ? 1 : 0)) % suggestions.length);
      else setCaret(event.currentTarget.selectionStart);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <form
      className="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <div className="search-field">
        <input
          ref={ref}
          type="text"
          role="combobox"
          aria-label="Search, in the query language"
          aria-expanded={open}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
          aria-invalid={error !== null}
          placeholder="user:alice ns:shop changed:replicas"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            type(event.target);
          }}
          onClick={(event) => {
            setCaret(event.currentTarget.selectionStart);
          }}
          onKeyDown={press}
          onBlur={close}
        />
        <kbd aria-hidden="true">/</kbd>
        <Suggestions
          id={list}
          open={open}
          suggestions={suggestions}
          chosen={chosen}
          onTake={(suggestion, target) => {
            const input = target.closest(".search-field")?.querySelector("input");
            if (input) accept(suggestion, input);
          }}
        />
      </div>
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear the search"
          title="Clear the search"
          onClick={() => {
            setText("");
            onSearch("");
          }}
        >
          <span aria-hidden="true">×</span>
        </button>
      )}
      <button type="submit" className="primary">
        Search
      </button>
      {error !== null && <QueryError query={query} error={error} />}
    </form>
  );
}
