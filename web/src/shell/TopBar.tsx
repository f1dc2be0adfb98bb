import { useState } from "react";
import { storedToken } from "../api/token";
import { StatusLink } from "../status/StatusLink";
import { zoneName } from "../time/zone";
import { go, useAddress } from "./address";
import { CheatSheet } from "./CheatSheet";
import { Link } from "./Link";
import type { Place } from "./place";
import { useShortcuts } from "./shortcuts";
import { applyTheme, nextTheme, storedTheme } from "./theme";
import { useZone } from "./zone";

/** What is the same on every page: where one is, the zone of all times, light or dark, the keys. */
export function TopBar({ place, onLogout }: { place: Place; onLogout: () => void }) {
  const { path, search } = useAddress();
  const zone = useZone();
  const [theme, setTheme] = useState(storedTheme);
  const [keysShown, setKeysShown] = useState(false);
  const toggleZone = () => {
    const next = new URLSearchParams(search);
    if (zone === "utc") next.delete("zone");
    else next.set("zone", "utc");
    go(path, next, "replace");
  };
  useShortcuts({
    z: toggleZone,
    "?": () => {
      setKeysShown(true);
    },
  });
  const kept = new URLSearchParams(zone === "utc" ? { zone } : {});
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
        className="plain zone"
        onClick={toggleZone}
        title="Other zone (z)"
        aria-label={`Times are in ${zoneName(zone)}. Show ${zone === "utc" ? "your zone" : "UTC"}`}
      >
        <span aria-hidden="true">◷</span> {zoneName(zone)}
      </button>
      <button
        type="button"
        className="plain"
        aria-label={`Colours: ${theme}. Show ${nextTheme[theme]}`}
        title={`Colours: ${theme}`}
        onClick={() => {
          applyTheme(nextTheme[theme]);
          setTheme(nextTheme[theme]);
        }}
      >
        <span aria-hidden="true">{{ auto: "◐", light: "☀", dark: "☾" }[theme]}</span>
      </button>
      <button
        type="button"
        className="plain"
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => {
          setKeysShown(true);
        }}
      >
        <kbd aria-hidden="true">?</kbd>
      </button>
      {storedToken() !== null && (
        <button type="button" className="plain" onClick={onLogout}>
          Log out
        </button>
      )}
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
