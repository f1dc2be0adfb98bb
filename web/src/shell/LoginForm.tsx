import { useState, type SyntheticEvent } from "react";
import type { Refusal } from "../api/ask";
import { storedToken, storeToken } from "../api/token";
import { visible } from "../text/visible";

const explanations: Record<string, string> = {
  login_required: "This server answers only those whom it knows. Give it a token with the right to read.",
  login_failed: "The server knows no such token. It may have been replaced, or a character may be missing.",
  wrong_credential:
    "This token is right, but it is one for sending events. To read them you need another one: whoever runs Taffrail makes it with “taffrail token new”.",
};

/** Asks for a token. It stays in this tab and goes to this server only. */
export function LoginForm({ refusal, onToken }: { refusal: Refusal; onToken: () => void }) {
  const [token, setToken] = useState("");
  const { status, code, detail } = refusal.problem;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (token.trim() === "") return;
    storeToken(token.trim());
    onToken();
  };
  return (
    <main className="login">
      <form onSubmit={submit} aria-labelledby="login-title">
        <h1 id="login-title">{status === 401 ? "Taffrail asks for a token" : "This token may not read"}</h1>
        <p role={storedToken() === null ? undefined : "alert"}>{explanations[code] ?? visible(detail)}</p>
        <label>
          Token
          <input
            type="password"
            value={token}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setToken(event.target.value);
            }}
          />
        </label>
        <button type="submit" className="primary">
          Log in
        </button>
        <p className="quiet">It is kept until you close this tab, and sent to this server only.</p>
      </form>
    </main>
  );
}
