import { useCallback, useMemo } from "react";
import { go, useAddress } from "../shell/address";
import { listSearch, readListState, type ListState } from "./listState";

export type ChangeList = (change: Partial<ListState>, how?: "push" | "replace") => void;

/** The state of the list page, kept in the address bar and nowhere else. */
export function useListState(): [ListState, ChangeList] {
  const { search } = useAddress();
  const state = useMemo(() => readListState(new URLSearchParams(search)), [search]);
  const change = useCallback<ChangeList>((changed, how) => {
    // Read anew, so that two changes in a row both count.
    const now = readListState(new URLSearchParams(location.search));
    // Another stretch of time begins with all of it in sight.
    const zoom = changed.range === undefined ? now.zoom : null;
    go("/", listSearch({ ...now, zoom, ...changed }), how);
  }, []);
  return [state, change];
}
