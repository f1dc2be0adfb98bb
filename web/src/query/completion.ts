import { queryFields, type QueryField } from "./fields";

/** What stands at the caret: a field's name in the making, or a value of a field. */
export interface Unfinished {
  field: QueryField | null;
  /** What is typed of it so far. */
  typed: string;
  /** Where it begins and ends in the text. */
  start: number;
  end: number;
}

export interface Suggestion {
  text: string;
  /** What is put in place of what was typed. */
  insert: string;
  note: string;
}

export function unfinishedAt(text: string, caret: number): Unfinished | null {
  const before = text.slice(0, caret);
  if (insideQuotes(before)) return null;
  const word = /[^\s()"]*$/.exec(before)?.[0] ?? "";
  const start = caret - word.length;
  const negated = word.startsWith("-") ? 1 : 0;
  const colon = word.indexOf(":");
  if (colon < 0) {
    const field = fieldOfParentheses(before.slice(0, start));
    return { field, typed: word.slice(negated), start: start + negated, end: caret };
  }
  const field = fieldNamed(word.slice(negated, colon));
  return field === null ? null : { field, typed: word.slice(colon + 1), start: start + colon + 1, end: caret };
}

export function fieldSuggestions(typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  return queryFields
    .filter(
      ({ name, meaning }) => name.startsWith(wanted) || (wanted.length > 2 && meaning.toLowerCase().includes(wanted)),
    )
    .map(({ name, meaning }) => ({ text: `${name}:`, insert: `${name}:`, note: meaning }));
}

/** The text after a suggestion was taken, and where the caret then stands. */
export function take(text: string, unfinished: Unfinished, suggestion: Suggestion): { text: string; caret: number } {
  const rest = text.slice(unfinished.end);
  const space = suggestion.insert.endsWith(":") || rest.startsWith(" ") || rest.startsWith(")") ? "" : " ";
  const head = text.slice(0, unfinished.start) + suggestion.insert + space;
  return { text: head + rest, caret: head.length };
}

function insideQuotes(text: string): boolean {
  return (text.replace(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 1;
}

/** In `verb:(get OR l` the caret stands in values of `verb`. */
function fieldOfParentheses(before: string): QueryField | null {
  const open = /([\w.]+):\([^()]*$/.exec(before);
  return open === null ? null : fieldNamed(open[1] ?? "");
}

function fieldNamed(name: string): QueryField | null {
  return queryFields.find((field) => field.name === name.toLowerCase() || field.counted === name) ?? null;
}
