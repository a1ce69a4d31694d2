// What the page knows: the report as it was put into the page, and what lies where in it.

import { TIMES, differs } from "./figures.js";

/** The first of a list under each key. */
function firstBy(list, key) {
  const found = new Map();
  for (const each of list) if (!found.has(key(each))) found.set(key(each), each);
  return found;
}

/** All of a list under each key, in their order. `keys` gives the keys of one. */
function allBy(list, keys) {
  const found = new Map();
  for (const each of list) {
    for (const key of keys(each)) {
      if (found.has(key)) found.get(key).push(each);
      else found.set(key, [each]);
    }
  }
  return found;
}

/** The routes of a finding, the one that it is told of first. */
export function routesOf(finding) {
  return [...new Set([finding.route, ...(finding.routes ?? [])])].filter(Boolean);
}

const LISTS = [
  "findings", "routes", "connections", "patches", "declined", "verdicts", "skipped", "slowest", "files", "caches",
  "pools", "served", "workloads", "checks", "flames", "plans", "excerpts", "budgets",
]; // prettier-ignore

/** The report with all its lists, and ways into it by id, route and path. */
export function modelOf({ report, problems }) {
  const lists = Object.fromEntries(LISTS.map((name) => [name, report[name] ?? []]));
  const full = { ...report, ...lists };
  const verdictOf = new Map();
  // A finding may have had several tries: what was proved counts before what was not.
  for (const verdict of full.verdicts) {
    if (verdict.outcome === "proved" || !verdictOf.has(verdict.finding)) verdictOf.set(verdict.finding, verdict);
  }
  return {
    report: full,
    problems: problems ?? {},
    finding: firstBy(full.findings, (each) => each.id),
    order: new Map(full.findings.map((each, position) => [each.id, position])),
    verdictOf,
    verdictsOf: allBy(full.verdicts, (each) => [each.finding]),
    patchesOf: allBy(full.patches, (each) => [each.finding]),
    declinedOf: allBy(full.declined, (each) => [each.finding]),
    checksOf: allBy(full.checks, (each) => each.findings ?? []),
    route: firstBy(full.routes, (each) => each.route),
    slowestOf: allBy(full.slowest, (each) => [each.route]),
    flameOf: firstBy(full.flames, (each) => each.route),
    plansOf: allBy(full.plans, (each) => each.routes ?? []),
    findingsOf: allBy(full.findings, routesOf),
    excerptsOf: allBy(full.excerpts, (each) => [each.path]),
    proved: full.verdicts.filter((each) => each.outcome === "proved"),
    dropped: full.verdicts.filter((each) => each.outcome !== "proved"),
  };
}

export const isMended = (model, finding) => model.verdictOf.get(finding.id)?.outcome === "proved";

/** The words of an outcome. */
export const OUTCOME = { proved: "proved", changed: "changed", "not-faster": "not faster", unproven: "unproven" };

/** What a client waits for comes first, then what it waits for under load, then what the machine is spared. */
const TELLING = ["duration", "throughput", "p95", "cpu", "start_up"];

/** The time to show of a route: the most telling one that surely got better, else the most telling there is. */
function timeOf(proof) {
  const times = (proof.changes ?? [])
    .filter((each) => TIMES.has(each.metric))
    .sort((one, other) => TELLING.indexOf(one.metric) - TELLING.indexOf(other.metric));
  return times.find(isFaster) ?? times[0];
}

/** The counters of a route that changed. */
const countersOf = (proof) => (proof.changes ?? []).filter((each) => !TIMES.has(each.metric) && differs(each));

/** Whether a route shows anything of a repair: a time, a counter, or an answer that is not as before. */
const showsAnything = (proof) =>
  proof.equal < proof.compared || (proof.changes ?? []).some((each) => each.interval || differs(each));

/** The proof takes less than this for no gain; see BETTER_BELOW in src/pitstop/proof/judge.py. */
const BETTER_BELOW = 0.97;

/** Whether a time surely got better, and by more than the unchanged service differs from itself. */
export const isFaster = (change) =>
  Boolean(change?.interval && change.interval.high < BETTER_BELOW && !(change.control && change.interval.ratio >= change.control.low));

/** What the repairs that were kept did, one entry for each route that each of them changed, the most gained first. */
export function gains(model) {
  const found = [];
  for (const verdict of model.proved) {
    for (const proof of verdict.routes ?? []) {
      if (!showsAnything(proof)) continue;
      found.push({ verdict, proof, time: timeOf(proof), counters: countersOf(proof) });
    }
  }
  const rank = ({ time, counters }) => (isFaster(time) ? time.interval.ratio : counters.length ? 1 : 2);
  return found
    .map((each) => ({ ...each, rank: rank(each) }))
    .sort((one, other) => one.rank - other.rank);
}

/** What a finding's repair is proved to have brought, at its best route. */
export function bestGain(verdict) {
  if (verdict?.outcome !== "proved") return null;
  const told = (verdict.routes ?? []).map((proof) => ({ time: timeOf(proof), counters: countersOf(proof) }));
  const timed = told.filter((each) => isFaster(each.time)).sort((a, b) => a.time.interval.ratio - b.time.interval.ratio);
  return timed[0] ?? told.find((each) => each.counters.length) ?? null;
}
