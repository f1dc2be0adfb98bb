import { useCallback, useMemo } from "react";
import { go, useAddress } from "../shell/address";
import { objectSearch, readObjectState, type ObjectState } from "./objectState";

export type ChangeObject = (change: Partial<ObjectState>, how?: "push" | "replace") => void;

export function useObjectState(): [ObjectState, ChangeObject] {
  const { path, search } = useAddress();
  const state = useMemo(() => readObjectState(new URLSearchParams(search)), [search]);
  const change = useCallback<ChangeObject>(
    (changed, how) => {
      const now = readObjectState(new URLSearchParams(location.search));
      go(path, objectSearch({ ...now, ...changed }), how);
    },
    [path],
  );
  return [state, change];
}
