import { useEffect, useRef } from "react";

const keys: readonly [string, string][] = [
  ["Ctrl  K", "commands: pages, objects, saved views"],
  ["/", "search"],
  ["j  k  ↓  ↑", "next, previous event"],
  ["Enter", "open or close an event"],
  ["Esc", "close what was opened last"],
  ["[  ]", "earlier, later change by a person"],
  ["n  N", "next, previous place that differs in a diff"],
  ["d", "choose the time"],
  ["t", "list or lanes"],
  ["f", "lanes: all of the time again"],
  ["+  −", "lanes: nearer, farther"],
  ["z", "your zone or UTC"],
  ["y", "copy a link that shows the same tomorrow"],
  ["?", "this sheet"],
];

export function CheatSheet({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="cheat-sheet" aria-labelledby="cheat-sheet-title" onClose={onClose}>
      <h2 id="cheat-sheet-title">Keys</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split("  ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
