// The page: what is open, where the reader is, the keys, and the sections in their order.

import { options } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { Budgets } from "./budgets.jsx";
import { Diagnosis } from "./diagnosis.jsx";
import { Findings } from "./findings.jsx";
import { Gained } from "./gained.jsx";
import { Head } from "./head.jsx";
import { Indexes } from "./indexes.jsx";
import { More, partsOf } from "./more.jsx";
import { Page, findingHash, reveal, routeHash, setAddress, targetOf, useTheme } from "./navigate.js";
import { Checklists, Contract, NotLookedAt, NotMended } from "./others.jsx";
import { Plans } from "./plans.jsx";
import { Review } from "./review.jsx";
import { Routes } from "./routes.jsx";

/** The members of a set with one more, or without it. */
const flipped = (set, member) => {
  const changed = new Set(set);
  if (!changed.delete(member)) changed.add(member);
  return changed;
};

/** Which things are open, and what opens and closes one by hand: the address follows. */
function useOpen(hashOf, none) {
  const [open, setOpen] = useState(() => new Set());
  const toggle = useCallback((id) => {
    setOpen((before) => flipped(before, id));
    const hash = hashOf(id);
    setAddress(location.hash === hash ? none : hash);
  }, []);
  const add = useCallback((id) => setOpen((before) => (before.has(id) ? before : flipped(before, id))), []);
  return [open, toggle, add];
}

/** Follows the address: at the start, along links, back and forward. */
function useTarget(openFinding, openRoute) {
  const [target, setTarget] = useState(null);
  useLayoutEffect(() => {
    const go = () => {
      const next = targetOf(location.hash);
      if (next?.kind === "finding") openFinding(next.id);
      if (next?.kind === "route") openRoute(next.id);
      setTarget(next);
    };
    // The address does not change where a link leads to where one is already.
    const again = (event) => {
      const link = event.target.closest?.("a[href^='#']");
      if (link && link.getAttribute("href") === location.hash) go();
    };
    go();
    addEventListener("hashchange", go);
    addEventListener("click", again);
    return () => {
      removeEventListener("hashchange", go);
      removeEventListener("click", again);
    };
  }, []);
  useEffect(() => {
    if (target?.kind === "section") reveal(target.id);
  }, [target]);
  return target;
}

/** Whether the page is being printed; what is to be printed is there before the printer looks. */
function usePrinting() {
  const [printing, setPrinting] = useState(false);
  useLayoutEffect(() => {
    const media = matchMedia("print");
    const become = (value) => {
      const later = options.debounceRendering;
      options.debounceRendering = (render) => render();
      setPrinting(value);
      options.debounceRendering = later;
    };
    const before = () => become(true);
    const after = () => become(false);
    const changed = (event) => become(event.matches);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    media.addEventListener("change", changed);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
      media.removeEventListener("change", changed);
    };
  }, []);
  return printing;
}

const typing = (element) => element.matches?.("input, select, textarea, [contenteditable]");

/** Moves the focus to the next or the previous finding. */
function step(by) {
  const toggles = [...document.querySelectorAll(".finding [data-toggle]")];
  if (!toggles.length) return;
  const current = document.activeElement.closest?.(".finding");
  const at = toggles.findIndex((each) => each.closest(".finding") === current);
  const next = toggles[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : toggles.length - 1) : at + by, 0), toggles.length - 1)];
  next.focus({ preventScroll: true });
  next.closest(".finding").scrollIntoView({ block: "nearest" });
}

function useKeys(dialog) {
  useLayoutEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const element = document.activeElement;
      const own = element.closest?.(".finding")?.querySelector("[data-toggle]");
      if (event.key === "Escape" && !dialog.current?.open) {
        if (element.id === "search") element.blur();
        else if (own?.getAttribute("aria-expanded") === "true") {
          own.click();
          own.focus();
        }
        return;
      }
      if (typing(element) || dialog.current?.open) return;
      const act = {
        j: () => step(1),
        k: () => step(-1),
        o: () => own?.click(),
        "/": () => document.getElementById("search")?.focus(),
        "?": () => dialog.current?.showModal(),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

const KEYS = [
  ["j", "next finding"],
  ["k", "previous finding"],
  ["o or Enter", "open or close it"],
  ["/", "search the findings"],
  ["Esc", "leave the search, close the finding or this help"],
  ["?", "this help"],
];

function Help({ dialog }) {
  return (
    <dialog ref={dialog} aria-labelledby="help-title" class="help">
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>Close</button>
      </form>
    </dialog>
  );
}

/** The sections that there are, by their name in the address. */
function sectionsOf({ report }) {
  return [
    ["diagnosis", "Diagnosis", Boolean(report.diagnosis)],
    ["gained", "Gained", report.verdicts.length > 0],
    ["review", "Review", Boolean(report.review)],
    ["findings", "Findings", report.findings.length],
    ["routes", "Routes", report.routes.length],
    ["budgets", "Budgets", report.budgets.length],
    ["indexes", "Indexes", Boolean(report.indexes) && (report.indexes.suggested?.length || true)],
    ["plans", "Plans", report.plans.length],
    ["checklists", "Checklists", report.checks.length > 0],
    ["contract", "Contract", Boolean(report.contract)],
    ["not-looked-at", "Not looked at", report.skipped.length],
    ["not-mended", "Not mended", report.declined.length],
    ["more", "More", partsOf(report).length > 0],
  ].filter(([, , there]) => there);
}

export function App({ model }) {
  const [theme, toggleTheme] = useTheme();
  const dialog = useRef();
  const [open, toggle, openFinding] = useOpen(findingHash, "#findings");
  const [openRoutes, toggleRoute, openRoute] = useOpen(routeHash, "#routes");
  const target = useTarget(openFinding, openRoute);
  const printing = usePrinting();
  useKeys(dialog);
  useEffect(() => {
    document.title = `${model.report.project.app || "pitstop"} - pitstop report`;
  }, [model]);
  const sections = useMemo(() => sectionsOf(model), [model]);
  const page = useMemo(
    () => ({ model, target, printing, open, toggle, openRoutes, toggleRoute }),
    [model, target, printing, open, openRoutes],
  );
  return (
    <Page.Provider value={page}>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), reveal("main"))}>
        Skip to the report
      </a>
      <nav class="contents" aria-label="Sections">
        <ul>
          <li>
            <a href="#top">Overview</a>
          </li>
          {sections.map(([id, title, number]) => (
            <li key={id}>
              <a href={`#${id}`} class={id === "not-looked-at" ? "warning" : ""}>
                {title}
                {typeof number === "number" && <span class="total"> {number.toLocaleString("en-US")}</span>}
              </a>
            </li>
          ))}
        </ul>
        <div class="tools">
          <button type="button" onClick={toggleTheme} aria-label={theme === "dark" ? "Light theme" : "Dark theme"}>
            {theme === "dark" ? "Light" : "Dark"}
          </button>
          <button type="button" onClick={() => dialog.current.showModal()} aria-label="Keys">
            Keys <kbd>?</kbd>
          </button>
        </div>
      </nav>
      <main id="main">
        <Head />
        <Diagnosis />
        <Gained />
        <Review />
        <Findings />
        <Routes />
        <Budgets />
        <Indexes />
        <Plans />
        <Checklists />
        <Contract />
        <NotLookedAt />
        <NotMended />
        <More />
      </main>
      <Help dialog={dialog} />
    </Page.Provider>
  );
}
