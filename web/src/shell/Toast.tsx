import { useEffect } from "react";

const shownMs = 4_000;

/** A word about what was just done, for eyes and for screen readers. */
export function Toast({ text, onGone }: { text: string; onGone: () => void }) {
  useEffect(() => {
    if (text === "") return;
    const timer = setTimeout(onGone, shownMs);
    return () => {
      clearTimeout(timer);
    };
  }, [text, onGone]);
  return (
    <div className="toast" role="status" hidden={text === ""}>
      {text}
    </div>
  );
}
