import { useState, type SyntheticEvent } from "react";
import { useAddress } from "../shell/address";
import { visible } from "../text/visible";
import { withView, type SavedView } from "./savedViews";

interface Props {
  views: readonly SavedView[];
  /** Says whether the browser kept them. */
  onKeep: (views: SavedView[]) => boolean;
  onDone: () => void;
}

/** Gives the address that is shown a name. */
export function SaveView({ views, onKeep, onDone }: Props) {
  const { path, search } = useAddress();
  const [name, setName] = useState("");
  const [refused, setRefused] = useState(false);
  const replaces = views.some((view) => view.name === name.trim());
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    if (onKeep(withView(views, { name, address: path + search }))) onDone();
    else setRefused(true);
  };
  return (
    <form className="save-view" aria-labelledby="save-view-title" onSubmit={submit}>
      <h2 id="save-view-title">Save this view</h2>
      <label>
        Name
        <input
          value={name}
          maxLength={80}
          autoFocus
          autoComplete="off"
          placeholder="Refused, last 24 hours"
          onChange={(event) => {
            setName(event.target.value);
          }}
        />
      </label>
      <code>{visible(path + search)}</code>
      {replaces && <p className="warning">A view of this name is replaced.</p>}
      {refused && (
        <p className="warning" role="alert">
          This browser does not let pages keep anything.
        </p>
      )}
      <p className="quiet">
        It is kept in this browser only: nobody else sees it. A copied link shows others the same. Relative times, such
        as the last hour, stay relative.
      </p>
      <div className="save-view-actions">
        <button type="submit" className="primary">
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
