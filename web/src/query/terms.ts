// The parts of a question that all have to hold: what can be put in and taken out by a click.
import { allOf } from "./noise";

/** The terms of a question in its own words; a question that is an OR of others is one term. Null where it cannot be read. */
export function termsOf(query: string): string[] | null {
  const words = wordsOf(query);
  if (words === null) return null;
  if (words.includes("OR")) return [query.trim()];
  const terms: string[] = [];
  let negation = "";
  for (const word of words) {
    if (word === "AND") continue;
    if (word === "NOT") {
      negation += "NOT ";
      continue;
    }
    terms.push(negation + word);
    negation = "";
  }
  return negation === "" ? terms : null;
}

/** The question without one of its terms. */
export function withoutTerm(query: string, term: string): string {
  return (termsOf(query) ?? []).filter((other) => other !== term).join(" ");
}

/** Whether all terms of one question are among those of another. */
export function holds(query: string, part: string): boolean {
  const terms = new Set(termsOf(query));
  return query.trim() === part || partsOf(part).every((term) => terms.has(term));
}

/** The question without the terms of the other one. */
export function withoutTerms(query: string, part: string): string {
  if (query.trim() === part) return "";
  const taken = new Set(partsOf(part));
  return (termsOf(query) ?? []).filter((term) => !taken.has(term)).join(" ");
}

/** The terms of a question as they stand where it is put beside another one. */
function partsOf(part: string): string[] {
  const terms = termsOf(allOf([part, "x"])) ?? [];
  return terms.slice(0, -1);
}

/** Cut at spaces, but for those within quotation marks, parentheses and ranges. */
function wordsOf(query: string): string[] | null {
  const words: string[] = [];
  let word = "";
  let depth = 0;
  let range = "";
  let quoted = false;
  for (let at = 0; at < query.length; at += 1) {
    const letter = query[at] ?? "";
    if (letter === "\\") {
      word += letter + (query[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (quoted) quoted = letter !== '"';
    else if (letter === '"') quoted = true;
    else if (range !== "") range = letter === range ? "" : range;
    else if ((letter === "[" || letter === "{") && word.endsWith(":")) range = letter === "[" ? "]" : "}";
    else if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    else if (/\s/.test(letter) && depth === 0) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    if (depth < 0) return null;
    word += letter;
  }
  if (quoted || range !== "" || depth !== 0) return null;
  if (word !== "") words.push(word);
  return words;
}
