import { useSyncExternalStore } from "react";

/** A place of the page as the address bar has it. */
export interface Address {
  path: string;
  search: string;
}

const moved = "taffrail:moved";
let current: Address = read();

/** Goes to another place; `replace` for what the back button should not stop at. */
export function go(path: string, search: URLSearchParams, how: "push" | "replace" = "push"): void {
  const text = search.toString();
  const url = text === "" ? path : `${path}?${text}`;
  if (url === current.path + current.search) return;
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  window.dispatchEvent(new Event(moved));
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, () => current);
}

function read(): Address {
  return typeof location === "undefined"
    ? { path: "/", search: "" }
    : { path: location.pathname, search: location.search };
}

function subscribe(listener: () => void): () => void {
  const update = () => {
    current = read();
    listener();
  };
  window.addEventListener("popstate", update);
  window.addEventListener(moved, update);
  return () => {
    window.removeEventListener("popstate", update);
    window.removeEventListener(moved, update);
  };
}
