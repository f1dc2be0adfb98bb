import { useEffect, useState } from "react";
import { ask } from "../api/ask";
import type { FacetsBody, ListedObject, ObjectsBody } from "../api/model";
import { useAnswer } from "../api/useAnswer";
import { namesQuery, objectWords, ranked } from "./objectSearch";

/** Whoever types is not asked for at every letter. */
const restMs = 200;
const mostNames = 5;
const mostOfAName = 10;
const mostShown = 12;

/** Objects whose names have what is typed. */
export function useFoundObjects(typed: string): { objects: readonly ListedObject[]; looking: boolean } {
  const [rested, setRested] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => {
      setRested(typed);
    }, restMs);
    return () => {
      clearTimeout(timer);
    };
  }, [typed]);
  const words = objectWords(rested);
  const { body, loading } = useAnswer(words === null ? null : words.name, async (signal) => {
    if (words === null) return [];
    const facets = { field: "object.name", q: namesQuery(words), limit: 50 };
    const { buckets } = await ask<FacetsBody>("facets", facets, signal);
    const near = (name: string) => Number(!name.startsWith(words.name)) * 1_000 + name.length;
    const names = buckets
      .map(({ value }) => value)
      .sort((a, b) => near(a) - near(b))
      .slice(0, mostNames);
    const pages = await Promise.all(
      names.map((name) => ask<ObjectsBody>("objects", { name, limit: mostOfAName }, signal)),
    );
    return pages.flatMap(({ objects }) => objects);
  });
  // What was found for fewer letters stays until there is more, as far as it still fits.
  const now = objectWords(typed);
  if (now === null || body === null) return { objects: [], looking: loading };
  const fitting = body.filter(({ object }) => object.name.includes(now.name));
  return { objects: ranked(fitting, now).slice(0, mostShown), looking: loading || rested !== typed };
}
