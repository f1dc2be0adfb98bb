const day = 86_400;

/** "45s", "3m 5s", "2h 1m", "4d 3h": as the command line writes it. */
export function lengthInWords(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < day) return `${Math.floor(whole / 3_600)}h ${Math.floor(whole / 60) % 60}m`;
  return `${Math.floor(whole / day)}d ${Math.floor(whole / 3_600) % 24}h`;
}

export function ago(timestamp: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(timestamp)) / 1_000;
  // The clocks of two machines are never quite the same.
  return seconds < -2 ? "in the future" : `${lengthInWords(Math.max(0, seconds))} ago`;
}
