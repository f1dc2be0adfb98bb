import { expect, test } from "vitest";
import { everything } from "../time/range";
import { fileName } from "./fileName";

const now = new Date("2026-11-28T10:00:00.500Z");

test("the name holds the time that the file is of, in UTC", () => {
  expect(fileName({ from: "2026-11-23T16:00:00.000Z", to: "2026-11-23T17:00:30.000Z" }, "csv", now)).toBe(
    "taffrail-2026-11-23T160000Z-to-2026-11-23T170030Z.csv",
  );
});

test("what is relative or open is written as it is now", () => {
  expect(fileName({ from: "now-1h", to: "" }, "ndjson", now)).toBe(
    "taffrail-2026-11-28T090000Z-to-2026-11-28T100000Z.ndjson",
  );
  expect(fileName(everything, "csv", now)).toBe("taffrail-beginning-to-2026-11-28T100000Z.csv");
});

test("a time that only the server understands makes no path", () => {
  expect(fileName({ from: "../yesterday 14:00", to: "" }, "csv", now)).toBe(
    "taffrail-.._yesterday_14_00-to-2026-11-28T100000Z.csv",
  );
});
