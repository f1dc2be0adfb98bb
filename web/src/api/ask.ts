import type { Problem } from "./model";
import { authorization, storedToken } from "./token";

export type Parameters = Record<string, string | number | undefined>;

/** An answer of the server that is no answer to the question: a problem document, or what stands in for one. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "Refusal";
    this.problem = problem;
  }

  get asksForLogin(): boolean {
    return this.problem.status === 401 || this.problem.status === 403;
  }
}

/** Whether it is the query that is wrong, and not something else that kept the server from answering. */
export function isQueryProblem(error: Error | null): error is Refusal {
  return error instanceof Refusal && error.problem.code.startsWith("query_");
}

/** The server gave no answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer.");
    this.name = "Unreachable";
  }
}

type LoginListener = (refusal: Refusal) => void;
let onLoginNeeded: LoginListener = () => undefined;

/** Whoever shows the login form hears of every 401 and 403 here. */
export function whenLoginIsNeeded(listener: LoginListener): void {
  onLoginNeeded = listener;
}

export async function ask<Body>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Body> {
  const response = await request(path, parameters, { Accept: "application/json" }, signal);
  return (await response.json()) as Body;
}

export async function request(
  path: string,
  parameters: Parameters,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  const sentWith = storedToken();
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}${search(parameters)}`, {
      // With X-Requested-With the browser is not asked for a password in a window of its own.
      headers: { ...headers, ...authorization(), "X-Requested-With": "taffrail-ui" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (response.ok) return response;
  const refusal = new Refusal(await problemOf(response));
  // Nobody waits for this any more, and what is wrong with one token says nothing about the next.
  signal?.throwIfAborted();
  if (refusal.asksForLogin && storedToken() === sentWith) onLoginNeeded(refusal);
  throw refusal;
}

function search(parameters: Parameters): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text === "" ? "" : `?${text}`;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "detail" in body) return body as Problem;
  } catch {
    // Something between the browser and Taffrail answered, and not in Taffrail's words.
  }
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    code: "",
    detail: `The server answered ${String(response.status)} ${response.statusText}.`,
    request_id: "",
  };
}
