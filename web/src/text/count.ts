const numbers = new Intl.NumberFormat("en");

export function grouped(count: number): string {
  return numbers.format(count);
}

/** "1 event", "2,000 events" */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
