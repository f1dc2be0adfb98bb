import { useState, type ReactNode } from "react";
import { Toast } from "./Toast";

interface CopyLink {
  copy: (link: string) => void;
  /** Says what came of it; has to be somewhere in the page. */
  toast: ReactNode;
}

export function useCopyLink(): CopyLink {
  const [said, setSaid] = useState("");
  const copy = (link: string) => {
    navigator.clipboard.writeText(link).then(
      () => {
        setSaid("Link copied. It shows the same tomorrow.");
      },
      () => {
        setSaid("The browser did not let the link be copied.");
      },
    );
  };
  const gone = () => {
    setSaid("");
  };
  return { copy, toast: <Toast text={said} onGone={gone} /> };
}
