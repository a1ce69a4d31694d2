// The routes: figures of each, and what its time went to.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { bytes, number, share } from "./figures.js";
import { Flame } from "./flame.jsx";
import { isMended } from "./model.js";
import { reveal, routeHash, usePage } from "./navigate.js";
import { CopyLink, FindingLink, RouteName, Scroll, Section, Severity } from "./parts.jsx";
import { PhaseBar, PhaseList, phaseWords } from "./phases.jsx";
import { PlanList } from "./plans.jsx";
import { Waterfall } from "./waterfall.jsx";

const SHOWN = 30;
const column = (name, of, show = number) => ({ name, of, show });

const COLUMNS = [
  column("requests", (route) => route.requests, (value) => value.toLocaleString("en-US")),
  column("errors", (route) => route.errors, (value) => value.toLocaleString("en-US")),
  column("p50 ms", (route) => route.p50_ms),
  column("p95 ms", (route) => route.p95_ms),
  column("p99 ms", (route) => route.p99_ms),
  column("cpu ms", (route) => route.cpu_ms),
  column("statements", (route) => route.statements),
  column("rows", (route) => route.rows),
  column("db ms", (route) => route.database_ms),
  column("blocked ms", (route) => route.blocked_ms),
  column("bytes", (route) => route.bytes, bytes),
  column("bytes in", (route) => route.bytes_in ?? 0, bytes),
  column("commands", (route) => route.commands ?? 0),
  column("commands ms", (route) => route.commands_ms ?? 0),
  column("calls", (route) => route.calls ?? 0),
  column("connect ms", (route) => route.connecting_ms ?? 0),
  column("tokens", (route) => route.tokens ?? 0),
];
/** Told only where some route has any. */
const RARE = new Set(["errors", "commands", "commands ms", "calls", "connect ms", "tokens", "bytes in"]);

/** The section; nothing where nothing was measured. */
export function Routes() {
  const { model, target, openRoutes, toggleRoute, printing } = usePage();
  const all = model.report.routes;
  const [sorted, sort] = useState(null);
  const [whole, showWhole] = useState(false);
  const columns = useMemo(() => {
    const traffic = new Map((model.report.traffic?.routes ?? []).map((each) => [each.route, each.share]));
    const shown = COLUMNS.filter((each) => !RARE.has(each.name) || all.some((route) => each.of(route)));
    return traffic.size ? [column("traffic", (route) => traffic.get(route.route) ?? 0, share), ...shown] : shown;
  }, [model]);
  const ordered = useMemo(() => {
    if (!sorted) return all;
    const of = sorted.name === "route" ? (route) => route.route : columns.find((each) => each.name === sorted.name).of;
    const sign = sorted.up ? 1 : -1;
    return [...all].sort((one, other) => sign * (of(one) < of(other) ? -1 : of(one) > of(other) ? 1 : 0));
  }, [all, sorted]);

  const goal = target?.kind === "route" && model.route.has(target.id) ? target : null;
  const revealed = useRef(null);
  useLayoutEffect(() => {
    if (!goal || revealed.current === goal) return;
    if (!whole && ordered.findIndex((each) => each.route === goal.id) >= SHOWN) return showWhole(true);
    revealed.current = goal;
    reveal(routeId(goal.id));
  });

  if (!all.length) return null;
  const many = all.length > SHOWN + 5;
  const rows = whole || printing || !many ? ordered : ordered.slice(0, SHOWN);
  const by = (name) => sort((before) => ({ name, up: before?.name === name ? !before.up : name === "route" }));
  const direction = (name) => (sorted?.name === name ? (sorted.up ? "ascending" : "descending") : undefined);
  const phased = all.some((each) => each.phases?.length);
  return (
    <Section id="routes" title="Routes" total={all.length} note={`${model.report.verdicts.length ? "Before any repair; means per request." : "Means per request."} Those that take most of the run come first.`}>
      <Scroll label="Figures of the routes">
        <table class="plain routes">
          <thead>
            <tr>
              <Sortable name="route" by={by} direction={direction("route")} />
              {phased && <th scope="col">time goes to</th>}
              {columns.map((each) => (
                <Sortable key={each.name} name={each.name} by={by} direction={direction(each.name)} figure />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((route) => (
              <Route key={route.route} route={route} columns={columns} phased={phased} open={openRoutes.has(route.route) || (printing && hasMore(model, route))} toggle={toggleRoute} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length < all.length && (
        <button type="button" class="more" onClick={() => showWhole(true)}>
          Show all {all.length}
        </button>
      )}
    </Section>
  );
}

/** Printed open are the routes of which a request or a flame graph can be seen. */
const hasMore = (model, { route }) => model.slowestOf.has(route) || model.flameOf.has(route);

const routeId = (route) => `route-${encodeURIComponent(route)}`;

function Sortable({ name, by, direction, figure }) {
  return (
    <th scope="col" class={figure ? "figure" : ""} aria-sort={direction}>
      <button type="button" onClick={() => by(name)}>
        {name}
        <span aria-hidden="true" class="arrow">
          {direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}
        </span>
      </button>
    </th>
  );
}

function Route({ route, columns, phased, open, toggle }) {
  const phases = route.phases ?? [];
  return (
    <>
      <tr id={routeId(route.route)} class={open ? "open" : ""}>
        <th scope="row">
          <button type="button" data-toggle class="toggle" aria-expanded={open} onClick={() => toggle(route.route)}>
            <RouteName route={route.route} />
          </button>
        </th>
        {phased && <td>{phases.length > 0 && <PhaseBar phases={phases} label={phaseWords(phases)} />}</td>}
        {columns.map((each) => {
          const value = each.of(route);
          return (
            <td key={each.name} class={value ? "figure" : "figure zero"}>
              {each.show(value)}
            </td>
          );
        })}
      </tr>
      {open && (
        <tr class="route-detail">
          <td colSpan={columns.length + (phased ? 2 : 1)}>
            <Fitted>
              <RouteDetail route={route} />
            </Fitted>
          </td>
        </tr>
      )}
    </>
  );
}

/** As wide as what can be seen of the table, wherever that was moved to. */
function Fitted({ children }) {
  const box = useRef();
  useEffect(() => {
    const outer = box.current.closest(".scroll");
    const sized = new ResizeObserver(() => box.current?.style.setProperty("--seen", `${outer.clientWidth}px`));
    sized.observe(outer);
    return () => sized.disconnect();
  }, []);
  return (
    <div class="fitted" ref={box}>
      {children}
    </div>
  );
}

function RouteDetail({ route }) {
  const { model } = usePage();
  const name = route.route;
  const findings = model.findingsOf.get(name) ?? [];
  const slowest = model.slowestOf.get(name) ?? [];
  const flame = model.flameOf.get(name);
  const plans = model.plansOf.get(name) ?? [];
  return (
    <div class="detail">
      <p class="actions">
        <CopyLink hash={routeHash(name)} what="this route" />
      </p>
      {route.phases?.length > 0 && (
        <section class="part">
          <h3>Where the time went</h3>
          <PhaseBar phases={route.phases} label={phaseWords(route.phases, 5)} />
          <PhaseList phases={route.phases} />
        </section>
      )}
      {findings.length > 0 && (
        <section class="part">
          <h3>Findings of this route</h3>
          <ul class="links">
            {findings.map((finding) => (
              <li key={finding.id}>
                <Severity of={finding.severity} /> <FindingLink id={finding.id} />
                {isMended(model, finding) && <span class="verdict proved"> ✓ mended</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {slowest.map((request, position) => (
        <section class="part" key={position}>
          <Waterfall request={request} />
        </section>
      ))}
      {flame && (
        <section class="part">
          <Flame flame={flame} />
        </section>
      )}
      {plans.length > 0 && (
        <section class="part">
          <h3>Plans of its statements</h3>
          <PlanList plans={plans} />
        </section>
      )}
      {!route.phases?.length && !findings.length && !slowest.length && !flame && !plans.length && <p class="dim">No more is known of this route.</p>}
    </div>
  );
}
