/** What the server found has been compared by the server; it stands behind the commands that fit. */
export const foundPrefix = "found ";
const foundScore = 0.4;

/** How well a command fits what was typed: all its words have to be there, best as beginnings of words. */
export function score(id: string, typed: string, words: readonly string[] = []): number {
  if (id.startsWith(foundPrefix)) return foundScore;
  const text = words.join(" ").toLowerCase();
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.every((word) => text.includes(word))) return 0;
  return wanted.every((word) => ` ${text}`.includes(` ${word}`)) ? 1 : 0.5;
}
