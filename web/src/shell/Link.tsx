import type { MouseEvent, ReactNode } from "react";
import { go } from "./address";

interface Props {
  path: string;
  search?: URLSearchParams;
  className?: string;
  current?: boolean;
  children: ReactNode;
}

/** A link within the page: a real one, so that it can be opened in another tab or copied. */
export function Link({ path, search = new URLSearchParams(), className, current = false, children }: Props) {
  const text = search.toString();
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(path, search);
    window.scrollTo(0, 0);
  };
  return (
    <a
      href={text === "" ? path : `${path}?${text}`}
      className={className}
      aria-current={current ? "page" : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}
