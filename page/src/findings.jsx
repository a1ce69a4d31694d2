// The list of findings, as the report ranks them, with filters. Rows are made as far as somebody has looked.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { counter, expected, metricName, speed } from "./figures.js";
import { FindingDetail } from "./finding.jsx";
import { bestGain, isFaster, isMended, routesOf } from "./model.js";
import { findingHash, reveal, usePage } from "./navigate.js";
import { CopyLink, Section, Severity, Words } from "./parts.jsx";

const STEP = 50;
const WAIT_MS = 150;
const NOTHING = { query: "", severity: "", problem: "", route: "", state: "" };
/** Printed with all their details: beyond, a print would have thousands of pages. */
const PRINTED_OPEN = 200;

/** All that a search may find of a finding, in lower case. */
const textOf = (finding) =>
  [finding.message, finding.problem, finding.domain, finding.id, finding.location.path, finding.location.symbol, ...routesOf(finding)]
    .join("\n")
    .toLowerCase();

function matching(model, texts, filter) {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  return model.report.findings.filter(
    (finding, position) =>
      (!filter.severity || finding.severity === filter.severity) &&
      (!filter.problem || finding.problem === filter.problem) &&
      (!filter.route || routesOf(finding).includes(filter.route)) &&
      (!filter.state || (filter.state === "mended") === isMended(model, finding)) &&
      words.every((word) => texts(position).includes(word)),
  );
}

/** The section; nothing where nothing was found. */
export function Findings() {
  const { model, target, open, toggle, printing } = usePage();
  const all = model.report.findings;
  const [filter, setFilter] = useState(NOTHING);
  const [[from, to], setWindow] = useState([0, STEP]);
  const made = useMemo(() => [], [model]);
  const shown = useMemo(() => matching(model, (position) => (made[position] ??= textOf(all[position])), filter), [model, filter]);
  const change = (part) => {
    setFilter((before) => ({ ...before, ...part }));
    setWindow([0, STEP]);
  };

  // An address may name a finding that is filtered out, or far down.
  const goal = target?.kind === "finding" && model.finding.has(target.id) ? target : null;
  const revealed = useRef(null);
  const place = goal ? shown.indexOf(model.finding.get(goal.id)) : -1;
  useLayoutEffect(() => {
    if (!goal || revealed.current === goal) return;
    if (place < 0) return setFilter(NOTHING);
    if (place < from || place >= to) {
      const start = Math.floor(place / STEP) * STEP;
      return setWindow([start, start + STEP]);
    }
    revealed.current = goal;
    reveal(`finding-${goal.id}`);
  });

  if (!all.length) return null;
  const rows = printing ? shown : shown.slice(from, to);
  const opened = (finding) => open.has(finding.id) || (printing && shown.length <= PRINTED_OPEN);
  return (
    <Section id="findings" title="Findings" total={all.length} note="Ranked by what they cost or by what mending them brings, the most first.">
      <Filters filter={filter} change={change} found={shown.length} />
      {from > 0 && !printing && (
        <button type="button" class="more" onClick={() => setWindow([Math.max(0, from - STEP), to])}>
          Show {Math.min(STEP, from)} before these
        </button>
      )}
      <ol class="findings" start={from + 1}>
        {rows.map((finding) => (
          <Row key={finding.id} finding={finding} open={opened(finding)} toggle={toggle} />
        ))}
      </ol>
      {!shown.length && (
        <p class="none">
          No finding is so. <button type="button" onClick={() => change(NOTHING)}>Show all</button>
        </p>
      )}
      {to < shown.length && !printing && <More left={shown.length - to} next={() => setWindow([from, to + STEP])} key={to} />}
    </Section>
  );
}

/** A button that presses itself when it comes into view. */
function More({ left, next }) {
  const button = useRef();
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && next(), { rootMargin: "600px" });
    seen.observe(button.current);
    return () => seen.disconnect();
  }, []);
  return (
    <button type="button" class="more" ref={button} onClick={next}>
      Show {Math.min(STEP, left).toLocaleString("en-US")} of {left.toLocaleString("en-US")} more
    </button>
  );
}

function Row({ finding, open, toggle }) {
  const { model } = usePage();
  const mended = isMended(model, finding);
  const routes = routesOf(finding);
  return (
    <li id={`finding-${finding.id}`} class={`finding ${open ? "open" : ""} ${mended ? "mended" : ""}`}>
      <div class="finding-head">
        <h3>
          <button type="button" data-toggle class="toggle" aria-expanded={open} onClick={() => toggle(finding.id)}>
            <Severity of={finding.severity} />
            <span class="message">
              <Words text={finding.message} />
            </span>
          </button>
        </h3>
        <Outlook finding={finding} />
        <CopyLink hash={findingHash(finding.id)} what="this finding" />
        <p class="line-two dim">
          <span>{finding.problem}</span>
          {routes.length > 0 && (
            <span>
              {routes[0]}
              {routes.length > 1 && ` +${routes.length - 1}`}
            </span>
          )}
          <code>
            {finding.location.path}:{finding.location.line}
          </code>
        </p>
      </div>
      {open && <FindingDetail finding={finding} />}
    </li>
  );
}

const FIXES = { safe: "can be mended", proved: "can be mended", decide: "to decide", none: "advice" };

/** What became of it, or may: mended with what that brought, dropped, to decide. */
function Outlook({ finding }) {
  const { model } = usePage();
  const verdict = model.verdictOf.get(finding.id);
  if (verdict?.outcome === "proved") {
    const best = bestGain(verdict);
    const { size, word } = best && isFaster(best.time) ? speed(best.time) : {};
    const what = size && best.time.metric !== "duration" ? ` ${metricName(best.time.metric)}` : "";
    return (
      <span class="outlook">
        <b class="verdict proved">
          <span aria-hidden="true">✓</span> mended
        </b>
        <span class="figures">{size ? `${size} ${word}${what}` : best?.counters.length ? counter(best.counters[0]) : ""}</span>
      </span>
    );
  }
  const declined = model.declinedOf.has(finding.id);
  const options = finding.fix?.options?.length || model.declinedOf.get(finding.id)?.some((each) => each.options?.length);
  const likely = expected(finding.impact);
  const word = verdict ? "not kept" : declined && !options ? "no patch" : options ? "to decide" : FIXES[finding.fix?.class ?? "none"];
  return (
    <span class="outlook">
      <span>{word}</span>
      <span class="figures dim">{likely && `expected ${likely}`}</span>
    </span>
  );
}

const tally = (values) => {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

function Filters({ filter, change, found }) {
  const { model } = usePage();
  const all = model.report.findings;
  const counts = useMemo(
    () => ({
      severity: tally(all.map((each) => each.severity)),
      problem: new Map([...tally(all.map((each) => each.problem))].sort()),
      route: new Map([...tally(all.flatMap(routesOf))].sort()),
      mended: all.filter((each) => isMended(model, each)).length,
    }),
    [model],
  );
  const timer = useRef();
  const [typed, type] = useState(filter.query);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!filter.query) type("");
  }, [filter]);
  const search = (event) => {
    const query = event.currentTarget.value;
    type(query);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change({ query }), WAIT_MS);
  };
  const some = Object.values(filter).some(Boolean);
  return (
    <search class="filters" aria-label="Filter the findings">
      <input type="search" id="search" aria-label="Search the findings" placeholder="Search  /" value={typed} onInput={search} />
      <Choices label="Severity" value={filter.severity} change={(severity) => change({ severity })}>
        {["high", "medium", "low"].filter((each) => counts.severity.has(each)).map((each) => [each, `${each} (${counts.severity.get(each)})`])}
      </Choices>
      <Choices label="Problem" value={filter.problem} change={(problem) => change({ problem })}>
        {[...counts.problem].map(([name, number]) => [name, `${name} (${number})`])}
      </Choices>
      <Choices label="Route" value={filter.route} change={(route) => change({ route })}>
        {[...counts.route].map(([name, number]) => [name, `${name} (${number})`])}
      </Choices>
      {counts.mended > 0 && (
        <Choices label="State" value={filter.state} change={(state) => change({ state })}>
          {[
            ["left", `left (${all.length - counts.mended})`],
            ["mended", `mended (${counts.mended})`],
          ]}
        </Choices>
      )}
      <output class="dim figures">{some ? `${found.toLocaleString("en-US")} of ${all.length.toLocaleString("en-US")}` : ""}</output>
      {some && (
        <button type="button" onClick={() => change(NOTHING)}>
          Show all
        </button>
      )}
    </search>
  );
}

function Choices({ label, value, change, children }) {
  if (children.length < 2) return null;
  return (
    <select aria-label={label} value={value} onChange={(event) => change(event.currentTarget.value)}>
      <option value="">{label}: all</option>
      {children.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}
