// Indexes that were tried on clones of the database, and those that nothing uses.

import { Sql } from "./code.jsx";
import { count, duration, factor, number } from "./figures.js";
import { usePage } from "./navigate.js";
import { Command, Entries, Fold, RouteLink, Section } from "./parts.jsx";

const MB = 2 ** 20;

/** The section; nothing where nothing was tried. */
export function Indexes() {
  const { model } = usePage();
  const advice = model.report.indexes;
  if (!advice) return null;
  const { suggested = [], rejected = [], unused = [], duplicates = [], untried = [] } = advice;
  const none = untried.filter((each) => !each.subject);
  const some = untried.filter((each) => each.subject);
  return (
    <Section id="indexes" title="Indexes" total={suggested.length} note="Built on a clone of the database and measured there; the one that saves most comes first.">
      {suggested.map((index) => (
        <Suggested key={index.ddl} index={index} />
      ))}
      {!suggested.length && <p class="none">No index that was tried is worth having.</p>}
      {none.map((each) => (
        <p key={each.reason} class="dim">
          No index was tried: {each.reason}
        </p>
      ))}
      <Plain summary="Indexes that another one does the work of" list={duplicates}>
        {(each) => (
          <>
            <code>{each.name}</code> on {each.table} ({each.columns.join(", ")}), {number(each.size_bytes / MB)} MB: {each.of || "the table's own order"}
          </>
        )}
      </Plain>
      <Plain summary="Indexes that no statement of this run uses; others may" list={unused}>
        {(each) => (
          <>
            <code>{each.name}</code> on {each.table} ({each.columns.join(", ")}), {number(each.size_bytes / MB)} MB; {count(each.statements, "statement")} on the table
          </>
        )}
      </Plain>
      <Plain summary="Tried and not worth having" list={rejected}>
        {(each) => (
          <>
            <Sql text={each.ddl} />: {each.reason}
            <ul>
              {(each.statements ?? []).map((trial, position) => (
                <li key={position}>
                  <Trial trial={trial} unit="work" />
                </li>
              ))}
            </ul>
          </>
        )}
      </Plain>
      <Plain summary="Not tried" list={some}>
        {(each) => (
          <>
            <Sql text={each.subject} />: {each.reason}
          </>
        )}
      </Plain>
    </Section>
  );
}

function Plain({ summary, list, children }) {
  if (!list.length) return null;
  return (
    <Fold summary={`${summary}: ${list.length}`}>
      <ul class="links">
        {list.map((each, position) => (
          <li key={position}>{children(each)}</li>
        ))}
      </ul>
    </Fold>
  );
}

function Trial({ trial, unit }) {
  return (
    <div class="trial">
      <div>
        <b class="figures">{factor(trial.before_ms / Math.max(trial.after_ms, 1e-6))}</b>{" "}
        <span class="figures">
          ({number(trial.before_ms)} → {number(trial.after_ms)} ms), {number(trial.before_work)} → {number(trial.after_work)} {unit}, sent {count(trial.count, "time")}
        </span>{" "}
        {(trial.routes ?? []).map((route, position) => [position ? ", " : "", <RouteLink key={route} route={route} />])}
      </div>
      <div class="statement">
        <Sql text={trial.statement} />
      </div>
    </div>
  );
}

function Suggested({ index }) {
  const insert =
    index.insert_us_before != null && index.insert_us_after != null
      ? `, ${number(index.insert_us_before)} → ${number(index.insert_us_after)} µs for each row put in`
      : "";
  const traffic = index.traffic_ms != null ? `, ${duration(index.traffic_ms)} by the access log` : "";
  const trials = (list) => list?.length > 0 && list.map((trial, position) => <Trial key={position} trial={trial} unit={index.work_unit} />);
  return (
    <article class="entry">
      <h3>
        <Command text={index.ddl} />
      </h3>
      <Entries
        rows={[
          ["helps", trials(index.statements)],
          ["slows", trials(index.slowed)],
          ["saves", <span class="figures">{`${number(index.saved_ms)} ms in this run${traffic}`}</span>],
          ["costs", <span class="figures">{`${number(index.size_bytes / MB)} MB, ${number(index.build_ms)} ms to build${insert}`}</span>],
          ["with", (index.together_with ?? []).join(", ")],
          ["replaces", (index.replaces ?? []).join(", ")],
        ]}
      />
    </article>
  );
}
