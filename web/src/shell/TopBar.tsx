import { useState } from "react";
import { storedToken } from "../api/token";
import { useCommands } from "../palette/command";
import { Palette } from "../palette/Palette";
import { StatusLink } from "../status/StatusLink";
import { writeZone, zoneName, zoneParameter } from "../time/zone";
import { go, useAddress } from "./address";
import { CheatSheet } from "./CheatSheet";
import { Link } from "./Link";
import type { Place } from "./place";
import { useControlK, useShortcuts } from "./shortcuts";
import { applyTheme, nextTheme, storedTheme, type Theme } from "./theme";
import { useCopyLink } from "./useCopyLink";
import { useZone } from "./zone";

const themes: readonly { value: Theme; name: string }[] = [
  { value: "light", name: "Light colours" },
  { value: "dark", name: "Dark colours" },
  { value: "auto", name: "Light or dark colours, as the system has it" },
];

/** What is the same on every page: where one is, the zone of all times, light or dark, the keys. */
export function TopBar({ place, onLogout }: { place: Place; onLogout: () => void }) {
  const { path, search } = useAddress();
  const zone = useZone();
  // Where z leads back to.
  const [home, setHome] = useState(zone === "utc" ? "local" : zone);
  const [theme, setTheme] = useState(storedTheme);
  const [keysShown, setKeysShown] = useState(false);
  const [paletteShown, setPaletteShown] = useState(false);
  const { copy, toast } = useCopyLink();
  const toggleZone = () => {
    const next = new URLSearchParams(search);
    if (zone !== "utc") setHome(zone);
    writeZone(next, zone === "utc" ? home : "utc");
    go(path, next, "replace");
  };
  const showKeys = () => {
    setKeysShown(true);
  };
  const copyAddress = () => {
    copy(location.href, "Link copied.");
  };
  const colour = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
  };
  useShortcuts({ z: toggleZone, "?": showKeys });
  useControlK(() => {
    // An open dialog has the key for itself.
    if (!keysShown) setPaletteShown(true);
  });
  useCommands([
    { id: "copy", name: "Copy a link to this", words: "share address url", run: copyAddress },
    { id: "zone", name: `Show times in ${zone === "utc" ? zoneName(home) : "UTC"}`, keys: "z", run: toggleZone },
    ...themes
      .filter(({ value }) => value !== theme)
      .map(({ value, name }) => ({
        id: `theme ${value}`,
        name,
        words: "theme",
        run: () => {
          colour(value);
        },
      })),
    { id: "keys", name: "Show the keys", words: "help shortcuts", keys: "?", run: showKeys },
  ]);
  const kept = new URLSearchParams(zoneParameter(zone));
  return (
    <header className="top-bar">
      <Link path="/" search={kept} className="brand">
        <img src="/taffrail.svg" alt="" width="20" height="20" /> <span className="brand-name">Taffrail</span>
      </Link>
      <nav aria-label="Pages">
        <Link path="/" search={kept} current={place.page === "changes"}>
          Changes
        </Link>
        <Link path="/quarantine" search={kept} current={place.page === "quarantines"}>
          Quarantine
        </Link>
        <StatusLink search={kept} current={place.page === "status"} />
      </nav>
      <span className="spread" />
      <button
        type="button"
        className="plain"
        aria-label="Commands"
        title="Commands (Ctrl+K)"
        onClick={() => {
          setPaletteShown(true);
        }}
      >
        <span aria-hidden="true">⌕</span>
      </button>
      <button
        type="button"
        className="plain zone"
        onClick={toggleZone}
        title="Other zone (z)"
        aria-label={`Times are in ${zoneName(zone)}. Show ${zone === "utc" ? zoneName(home) : "UTC"}`}
      >
        <span aria-hidden="true">◷</span> {zoneName(zone)}
      </button>
      <button
        type="button"
        className="plain"
        aria-label={`Colours: ${theme}. Show ${nextTheme[theme]}`}
        title={`Colours: ${theme}`}
        onClick={() => {
          colour(nextTheme[theme]);
        }}
      >
        <span aria-hidden="true">{{ auto: "◐", light: "☀", dark: "☾" }[theme]}</span>
      </button>
      <button type="button" className="plain show-keys" aria-label="Keys" title="Keys (?)" onClick={showKeys}>
        <kbd aria-hidden="true">?</kbd>
      </button>
      {storedToken() !== null && (
        <button type="button" className="plain" onClick={onLogout}>
          Log out
        </button>
      )}
      {paletteShown && (
        <Palette
          onClose={() => {
            setPaletteShown(false);
          }}
        />
      )}
      {toast}
      {keysShown && (
        <CheatSheet
          onClose={() => {
            setKeysShown(false);
          }}
        />
      )}
    </header>
  );
}
