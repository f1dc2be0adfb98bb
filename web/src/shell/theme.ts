export type Theme = "auto" | "light" | "dark";

const key = "taffrail.theme";

export function storedTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === "light" || stored === "dark" ? stored : "auto";
}

export function applyTheme(theme: Theme): void {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(key);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(key, theme);
  }
}

export const nextTheme: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
