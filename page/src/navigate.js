// Where the reader is: the part of the address behind `#`, the theme, the clipboard.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

/** What every part of the page may look at: the model, the address, what is open. */
export const Page = createContext(null);
export const usePage = () => useContext(Page);

/** `#finding/ID` → `{kind: "finding", id: "ID"}`; `#routes` → `{kind: "section", id: "routes"}`; null for none. */
export function targetOf(hash) {
  const text = hash.replace(/^#/, "");
  if (!text) return null;
  const [, kind, rest] = /^(finding|route)\/(.*)$/s.exec(text) ?? [];
  let id = rest ?? text;
  try {
    id = decodeURIComponent(id);
  } catch {
    // an address that was cut short is taken as it is
  }
  return { kind: kind ?? "section", id };
}

export const findingHash = (id) => `#finding/${encodeURIComponent(id)}`;
export const routeHash = (route) => `#route/${encodeURIComponent(route)}`;

/** Makes `hash` the address without going there: what is opened by hand is already in view. */
export function setAddress(hash) {
  if (location.hash !== hash) history.pushState(null, "", hash);
}

/** Brings an element into view, below what is fixed at the top, and puts the focus on it or on what opens and closes it. */
export function reveal(id) {
  const element = document.getElementById(id);
  if (!element) return;
  for (let outer = element.parentElement; outer; outer = outer.parentElement) {
    if (outer.tagName === "DETAILS") outer.open = true;
  }
  element.scrollIntoView({ block: "start" });
  const target = (element.matches(".finding, tr") && element.querySelector("[data-toggle]")) || element;
  if (target === element) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

const KEY = "pitstop-theme";

function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser may forbid it to pages from disk
  }
}

/** The theme, and what changes to the other one. */
export function useTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const [chosen, choose] = useState(kept);
  const [prefers, setPrefers] = useState(dark.matches);
  useEffect(() => {
    const follow = () => setPrefers(dark.matches);
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  const theme = chosen === "dark" || chosen === "light" ? chosen : prefers ? "dark" : "light";
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const other = theme === "dark" ? "light" : "dark";
    choose(other);
    try {
      localStorage.setItem(KEY, other);
    } catch {
      // it holds until the page is closed
    }
  };
  return [theme, toggle];
}

/** Puts text on the clipboard; says whether it is there. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // pages from disk may have no clipboard of their own: what is selected can be copied still
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
