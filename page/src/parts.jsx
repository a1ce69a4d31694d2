// The small parts that all sections are made of.

import { useEffect, useRef, useState } from "preact/hooks";

import { findingHash, copy, routeHash, usePage } from "./navigate.js";

/** A sentence of the report: what stands between backticks is code. */
export function Words({ text }) {
  return String(text ?? "")
    .split(/(`[^`]+`)/)
    .map((piece) => (/^`[^`]+`$/.test(piece) ? <code>{piece.slice(1, -1)}</code> : piece));
}

/** A button that copies `text`, and says so. */
function Copy({ text, label = "Copy", icon = false }) {
  const [said, say] = useState("");
  const timer = useRef();
  useEffect(() => () => clearTimeout(timer.current), []);
  const act = async (event) => {
    event.stopPropagation();
    say((await copy(text)) ? "Copied" : "Not copied");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => say(""), 1500);
  };
  return (
    <>
      <button type="button" class={icon ? "icon copy" : "copy"} onClick={act} aria-label={icon ? label : undefined} title={icon ? label : undefined}>
        {icon ? <LinkMark /> : said || label}
        {icon && said && <span class="said">{said}</span>}
      </button>
      <span class="hidden" role="status">
        {said}
      </span>
    </>
  );
}

function LinkMark() {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      <path d="M6.5 9.5 9.5 6.5M7 4.5l1.3-1.3a3 3 0 0 1 4.3 4.3L11.5 9M9 11.5l-1.3 1.3a3 3 0 0 1-4.3-4.3L4.5 7" stroke-linecap="round" />
    </svg>
  );
}

/** A button that copies the address of a place in this page. */
export function CopyLink({ hash, what }) {
  return <Copy icon text={location.href.replace(/#.*$/, "") + hash} label={`Copy the link to ${what}`} />;
}

/** A command with a button that copies it. */
export function Command({ text }) {
  return (
    <span class="command">
      <code>{text}</code>
      <Copy text={text} />
    </span>
  );
}

/** `app/posts.py:21`, with the function that owns it. */
export function Place({ at, symbol = false }) {
  if (!at?.path) return null;
  return (
    <span class="place">
      <code>
        {at.path}
        {at.line ? `:${at.line}` : ""}
      </code>
      {symbol && at.symbol && <span class="dim"> {at.symbol}</span>}
    </span>
  );
}

/** A link to a route of this page; only its name where nothing was measured of it. */
export function RouteLink({ route }) {
  const { model } = usePage();
  const name = <RouteName route={route} />;
  return model.route.has(route) ? <a href={routeHash(route)}>{name}</a> : name;
}

/** A route that may be broken before a slash. */
export function RouteName({ route }) {
  const pieces = String(route).split(/(?=\/)/);
  return (
    <span class="route">
      {pieces.map((piece, position) => (position ? [<wbr key={position} />, piece] : piece))}
    </span>
  );
}

/** A link to a finding, by its message. */
export function FindingLink({ id, children }) {
  const { model } = usePage();
  const finding = model.finding.get(id);
  if (!finding) return children ?? <code>{id}</code>;
  return <a href={findingHash(id)}>{children ?? <Words text={finding.message} />}</a>;
}

const SHAPES = { high: "▲", medium: "◆", low: "●", breaking: "▲", warning: "◆", info: "●" };

/** A severity: a shape, a colour, and the word. */
export function Severity({ of }) {
  return (
    <span class={`severity ${of}`}>
      <span aria-hidden="true">{SHAPES[of]}</span> {of}
    </span>
  );
}

const MARKS = { proved: "✓", changed: "✗", "not-faster": "–", unproven: "?", yes: "✓", no: "✗", unknown: "?" };

/** A word that judges, with its mark. */
export function Verdict({ of, word = of }) {
  return (
    <span class={`verdict ${of}`}>
      <span aria-hidden="true">{MARKS[of]}</span> {word}
    </span>
  );
}

/** A section of the page; `note` says what its figures are. */
export function Section({ id, title, total, note, children, class: kind = "" }) {
  return (
    <section id={id} class={`section ${kind}`} aria-labelledby={`${id}-title`}>
      <header class="section-head">
        <div class="section-title">
          <h2 id={`${id}-title`}>
            {title}
            {total != null && <span class="total"> {total.toLocaleString("en-US")}</span>}
          </h2>
          <CopyLink hash={`#${id}`} what={title} />
        </div>
        {note && <p class="note">{note}</p>}
      </header>
      {children}
    </section>
  );
}

/** What may be wider than the page moves in a box of its own, which the keyboard can move too. */
export function Scroll({ label, children }) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A plain table. `columns` are `{name, of, left}`: `of` gives the cell of a row, `left` says that it is text. */
export function Table({ label, columns, rows }) {
  return (
    <Scroll label={label}>
      <table class="plain">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={column.left ? "" : "figure"}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, position) => (
            <tr key={position}>
              {columns.map((column) => (
                <td key={column.name} class={column.left ? "" : "figure"}>
                  {column.of(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Labels and what they label; entries with nothing to say are left out. */
export function Entries({ rows, class: kind = "" }) {
  const told = rows.filter(([, value]) => value != null && value !== "" && value !== false && !(Array.isArray(value) && !value.length));
  if (!told.length) return null;
  return (
    <dl class={`entries ${kind}`}>
      {told.map(([label, value], position) => (
        <div key={position}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is there when asked for; printed open, unless it is not `printed`. */
export function Fold({ summary, open = false, printed = true, children, class: kind = "" }) {
  const printing = usePage().printing && printed;
  const [opened, setOpened] = useState(open);
  const [seen, see] = useState(open);
  const toggled = (event) => {
    if (printing) return;
    setOpened(event.currentTarget.open);
    if (event.currentTarget.open) see(true);
  };
  return (
    <details class={`fold ${kind}`} open={opened || printing} onToggle={toggled}>
      <summary>{summary}</summary>
      {(seen || printing) && <div class="folded">{children}</div>}
    </details>
  );
}
