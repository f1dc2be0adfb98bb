const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** "900 B", "4.7 MiB": as the command line writes it. */
export function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${(Math.floor(value * 10) / 10).toFixed(1)} ${units[unit] ?? ""}`;
}
