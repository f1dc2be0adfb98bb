// Names, user agents and bodies come from anybody. Characters that hide, reorder or break the text around them are
// written out, in the same way as the command line does.

const disturbing =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** For a single line: line breaks are written out too. */
export function visible(text: string): string {
  return text.replace(disturbing, writtenOut);
}

/** For text of several lines: line breaks and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(disturbing, (character) =>
    character === "\n" || character === "\t" ? character : writtenOut(character),
  );
}

function writtenOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
