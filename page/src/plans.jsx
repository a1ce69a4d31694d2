// What the database does for a statement, as a tree.

import { count, number } from "./figures.js";
import { Sql } from "./code.jsx";
import { usePage } from "./navigate.js";
import { Fold, RouteLink, Section } from "./parts.jsx";

const READS = { scan: "reads the whole table", search: "looks up", sort: "sorts" };
const SHOWN = 10;

const scans = (steps) => (steps ?? []).some((step) => step.reads === "scan" || scans(step.inner));

/** The section; nothing where no plan is known. */
export function Plans() {
  const { model } = usePage();
  const plans = model.report.plans;
  if (!plans.length) return null;
  return (
    <Section id="plans" title="Plans" total={plans.length} note="What the database does for each statement, with the time that requests spent on it. Those that read a whole table are marked.">
      <PlanList plans={plans} routes />
    </Section>
  );
}

/** Plans, the first of them; the others are there when asked for. */
export function PlanList({ plans, routes = false }) {
  const list = (some) => some.map((plan, position) => <Plan key={position} plan={plan} routes={routes} />);
  return (
    <>
      {list(plans.slice(0, SHOWN))}
      {plans.length > SHOWN && <Fold summary={`${count(plans.length - SHOWN, "more plan")}`}>{list(plans.slice(SHOWN))}</Fold>}
    </>
  );
}

function Plan({ plan, routes }) {
  return (
    <Fold
      class="plan"
      summary={
        <span class="plan-head">
          <span class="figures">
            {plan.ms ? <b>{number(plan.ms)} ms</b> : null} <span class="dim">sent {count(plan.count, "time")}</span>{" "}
            {scans(plan.steps) && (
              <b class="reads scan">
                <span aria-hidden="true">◆</span> scan
              </b>
            )}
          </span>
          <span class="plan-statement">
            <Sql text={plan.statement} />
          </span>
        </span>
      }
    >
      <Steps steps={plan.steps} />
      <p class="dim">{plan.database}</p>
      {routes && <Senders routes={plan.routes ?? []} />}
    </Fold>
  );
}

const NAMED = 4;

/** The routes that send a statement. */
function Senders({ routes }) {
  const list = (some) => some.map((route, position) => [position ? ", " : "", <RouteLink key={route} route={route} />]);
  return (
    <>
      <p>{list(routes.slice(0, NAMED))}</p>
      {routes.length > NAMED && <Fold summary={`and ${count(routes.length - NAMED, "more route")}`}>{list(routes.slice(NAMED))}</Fold>}
    </>
  );
}

function Steps({ steps }) {
  if (!steps?.length) return null;
  return (
    <ul class="tree">
      {steps.map((step, position) => (
        <li key={position}>
          <span>
            <code>{step.text}</code>
            {step.reads && <span class={`reads ${step.reads}`}> {READS[step.reads] ?? step.reads}</span>}
            {step.rows != null && <span class="dim figures"> {number(step.rows)} {step.rows === 1 ? "row" : "rows"}</span>}
          </span>
          <Steps steps={step.inner} />
        </li>
      ))}
    </ul>
  );
}
