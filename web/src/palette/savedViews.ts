// Addresses to which somebody gave a name. They stay in this browser: nobody else sees them, and nobody keeps them safe.

export interface SavedView {
  name: string;
  /** Path and question, as in the address bar. */
  address: string;
}

const key = "taffrail.views";
const mostSaved = 100;
const longestName = 80;

export function readViews(stored: string | null): SavedView[] {
  try {
    const views: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(views) ? views.filter(isView) : [];
  } catch {
    // Whatever wrote this was not this page.
    return [];
  }
}

/** With one more; one of the same name is replaced. */
export function withView(views: readonly SavedView[], { name, address }: SavedView): SavedView[] {
  const view = { name: name.trim().slice(0, longestName), address };
  const others = views.filter((other) => other.name !== view.name);
  return [...others, view].sort((a, b) => a.name.localeCompare(b.name)).slice(0, mostSaved);
}

export function storedViews(): SavedView[] {
  try {
    return readViews(localStorage.getItem(key));
  } catch {
    return [];
  }
}

/** Whether the browser keeps them: it may be told not to keep anything. */
export function storeViews(views: readonly SavedView[]): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(views));
    return true;
  } catch {
    return false;
  }
}

function isView(view: unknown): view is SavedView {
  if (typeof view !== "object" || view === null || !("name" in view) || !("address" in view)) return false;
  // Two slashes lead to another host.
  return typeof view.name === "string" && typeof view.address === "string" && /^\/(?!\/)/.test(view.address);
}
