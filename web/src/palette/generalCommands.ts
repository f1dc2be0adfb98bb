import { listSearch, readListState } from "../list/listState";
import { allOf } from "../query/noise";
import { presets } from "../query/presets";
import { holds } from "../query/terms";
import { go, type Address } from "../shell/address";
import type { Command } from "./command";

const pages: readonly { path: string; name: string; words: string }[] = [
  { path: "/", name: "Changes", words: "events list timeline" },
  { path: "/quarantine", name: "Quarantine", words: "isolated pods" },
  { path: "/status", name: "Status", words: "health pipe sources gaps doctor" },
];

export function pageCommands({ search }: Address): Command[] {
  const zone = new URLSearchParams(search).get("zone");
  return pages.map(({ path, name, words }) => ({
    id: `page ${path}`,
    name,
    words,
    run: () => {
      go(path, new URLSearchParams(zone === null ? {} : { zone }));
    },
  }));
}

/** The questions made ready. On the page of changes they stand beside what is asked already. */
export function presetCommands({ path, search }: Address): Command[] {
  const given = new URLSearchParams(search);
  const zone = given.get("zone");
  const state = readListState(path === "/" ? given : new URLSearchParams(zone === null ? {} : { zone }));
  return presets.map(({ name, explanation, query, shows }) => ({
    id: `preset ${name}`,
    name,
    words: explanation,
    run: () => {
      go(
        "/",
        listSearch({
          ...state,
          query: holds(state.query, query) ? state.query : allOf([state.query, query]),
          shown: new Set([...state.shown, ...shows]),
          event: null,
        }),
      );
    },
  }));
}
