import { useState } from "react";

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState(label);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setSaid("Copied");
      },
      () => {
        setSaid("The browser did not let it be copied");
      },
    );
  };
  return (
    <button
      type="button"
      onClick={copy}
      onBlur={() => {
        setSaid(label);
      }}
    >
      <span aria-live="polite">{said}</span>
    </button>
  );
}
