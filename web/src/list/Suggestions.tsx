import type { Suggestion } from "../query/completion";
import { visible } from "../text/visible";

interface Props {
  id: string;
  open: boolean;
  suggestions: readonly Suggestion[];
  chosen: number;
  onTake: (suggestion: Suggestion, target: HTMLElement) => void;
}

export function Suggestions({ id, open, suggestions, chosen, onTake }: Props) {
  return (
    <ul id={id} role="listbox" aria-label="Suggestions" className="suggestions" hidden={!open}>
      {open &&
        suggestions.map((suggestion, index) => (
          <li
            key={suggestion.text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            // Before the click the box would lose the focus, and the list would be gone.
            onPointerDown={(event) => {
              event.preventDefault();
              onTake(suggestion, event.currentTarget);
            }}
          >
            <code>{visible(suggestion.text)}</code> <span className="quiet">{suggestion.note}</span>
          </li>
        ))}
    </ul>
  );
}
