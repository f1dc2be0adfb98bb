import { Component, type ReactNode } from "react";
import { Failure } from "./Failure";

interface State {
  error: Error | null;
}

/** Where drawing a page fails, this says so, instead of an empty window. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main className="page">
        <Failure
          error={error}
          onRetry={() => {
            location.reload();
          }}
        />
      </main>
    );
  }
}
