/** How many events a search finds by now. */
export async function searchable(api: URL, query: string): Promise<number> {
  const answer = await fetch(new URL(`/api/v1/events?q=${query}&limit=1`, api));
  return ((await answer.json()) as { total: { value: number } }).total.value;
}
