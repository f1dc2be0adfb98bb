import { useEffect } from "react";

/** What the browser's tab and history say of a page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Taffrail`;
  }, [title]);
}
