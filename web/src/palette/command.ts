import { useEffect, useRef } from "react";

export interface Command {
  /** Of one kind; a page's own command takes the place of a general one of the same id. */
  id: string;
  name: string;
  /** Words by which it is found, too. */
  words?: string;
  /** The key that does the same. */
  keys?: string;
  run: () => void;
}

const offers = new Set<() => readonly Command[]>();

/** Offers commands in the palette for as long as the page that has them is shown. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    const offer = () => latest.current;
    offers.add(offer);
    return () => {
      offers.delete(offer);
    };
  }, []);
}

/** The page's own first. */
export function offeredCommands(): Command[] {
  const byId = new Map<string, Command>();
  // What is the same on every page was offered first.
  for (const offer of [...offers].reverse()) {
    for (const command of offer()) if (!byId.has(command.id)) byId.set(command.id, command);
  }
  return [...byId.values()];
}
