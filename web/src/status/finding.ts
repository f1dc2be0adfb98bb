/** What is wrong, why, and what to do about it: the checks and the words of “taffrail doctor”. */
export interface Finding {
  /** Which check found it, under doctor's name for it. */
  check: string;
  /** Events are lost or cannot be found; else it would be better otherwise. */
  urgent: boolean;
  problem: string;
  cause: string;
  fix: string;
}

export function urgent(check: string, problem: string, cause: string, fix: string): Finding {
  return { check, urgent: true, problem, cause, fix };
}

export function advice(check: string, problem: string, cause: string, fix: string): Finding {
  return { check, urgent: false, problem, cause, fix };
}
