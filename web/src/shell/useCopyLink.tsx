import { useState, type ReactNode } from "react";
import { Toast } from "./Toast";

interface CopyLink {
  copy: (link: string, said?: string) => void;
  /** Says what came of it; has to be somewhere in the page. */
  toast: ReactNode;
}

export function useCopyLink(): CopyLink {
  const [said, setSaid] = useState("");
  const copy = (link: string, done = "Link copied. It shows the same tomorrow.") => {
    navigator.clipboard.writeText(link).then(
      () => {
        setSaid(done);
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
