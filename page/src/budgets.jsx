// What the dearest request of each route took of its budget.

import { count, number } from "./figures.js";
import { usePage } from "./navigate.js";
import { Fold, Place, RouteLink, Section, Table } from "./parts.jsx";

const UNITS = { max_statements: "statements", max_bytes: "bytes", max_blocked_ms: "ms blocked", p95: "ms" };

export const isOver = (spent) => spent.measured > spent.allowed;

/** `1 of 3 budgets exceeded`. */
export function budgetWords(budgets) {
  const over = budgets.filter(isOver).length;
  return over ? `${over} of ${count(budgets.length, "budget")} exceeded` : `${count(budgets.length, "budget")} kept`;
}

const COLUMNS = [
  { name: "route", left: true, of: (spent) => <RouteLink route={spent.route} /> },
  { name: "limit", left: true, of: (spent) => spent.limit },
  { name: "allowed", of: (spent) => `${number(spent.allowed)} ${UNITS[spent.limit] ?? ""}` },
  {
    name: "measured",
    of: (spent) =>
      isOver(spent) ? (
        <b class="over">
          {number(spent.measured)} <span aria-hidden="true">▲</span> over
        </b>
      ) : (
        number(spent.measured)
      ),
  },
  { name: "requests", of: (spent) => spent.requests.toLocaleString("en-US") },
  { name: "budget of", left: true, of: (spent) => <code>{spent.budget}</code> },
  { name: "by", left: true, of: (spent) => <code>{spent.test}</code> },
  { name: "at", left: true, of: (spent) => <Place at={spent} /> },
];

/** The section; nothing where no budget was set. */
export function Budgets() {
  const { model } = usePage();
  const { budgets } = model.report;
  if (!budgets.length) return null;
  const over = budgets.filter(isOver);
  const kept = budgets.filter((each) => !isOver(each));
  return (
    <Section id="budgets" title="Budgets" total={budgets.length} note={`${budgetWords(budgets)}, by the dearest request of each route.`}>
      {over.length > 0 && <Table label="Budgets exceeded" columns={COLUMNS} rows={over} />}
      {kept.length > 0 && (
        <Fold open={!over.length} summary={`${kept.length} kept`}>
          <Table label="Budgets kept" columns={COLUMNS} rows={kept} />
        </Fold>
      )}
    </Section>
  );
}
