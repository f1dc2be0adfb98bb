import { expect, test } from "vitest";
import { RowCount, type ExportFormat } from "./rowCount";

function counted(format: ExportFormat, pieces: string[]): [number, boolean] {
  const rows = new RowCount(format);
  for (const piece of pieces) rows.take(new TextEncoder().encode(piece));
  return [rows.events, rows.endsWhole];
}

test("every line of NDJSON is an event, wherever the pieces are cut", () => {
  expect(counted("ndjson", [])).toEqual([0, true]);
  expect(counted("ndjson", ['{"a":"\\n', '"}', "\n{}", "\n"])).toEqual([2, true]);
});

test("the columns' names of CSV are no event, and a line break within a cell ends none", () => {
  expect(counted("csv", ["id,summary\r\n"])).toEqual([0, true]);
  expect(counted("csv", ["id,summary\r\n1,", '"two\r\nlines, and ""quotes"""\r', "\n2,b\r\n"])).toEqual([2, true]);
});

test("what ends within an event is not whole", () => {
  expect(counted("ndjson", ['{}\n{"a"'])).toEqual([1, false]);
  expect(counted("csv", ['id\r\n"a\r\n'])).toEqual([0, false]);
  expect(counted("csv", [""])).toEqual([0, false]);
});
