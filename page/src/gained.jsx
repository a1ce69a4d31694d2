// What the repairs brought: by route, by repair, and what was not kept.

import { differs, counter, gain, metricName, pair, speed, TIMES } from "./figures.js";
import { Axis, Interval, scaleOf } from "./interval.jsx";
import { OUTCOME, gains, isFaster } from "./model.js";
import { findingHash, usePage } from "./navigate.js";
import { Command, FindingLink, Fold, RouteLink, Section, Verdict, Words } from "./parts.jsx";

/** The section; nothing where no repair was tried. */
export function Gained() {
  const { model } = usePage();
  if (!model.report.verdicts.length) return null;
  const told = gains(model);
  const clear = told.filter((each) => isFaster(each.time) || each.counters.length);
  const same = told.filter((each) => !clear.includes(each));
  return (
    <Section
      id="gained"
      title="Gained"
      note="Before → after, measured in pairs. A dot is the ratio, the line its 99 % interval; the grey band is the unchanged service against itself (A/A), in the same run."
    >
      {clear.length > 0 ? <ByRoute told={clear} /> : <p class="none">No repair was kept: nothing is claimed.</p>}
      {same.length > 0 && (
        <Fold summary={`${same.length} more timed, none of them faster beyond doubt`}>
          <ByRoute told={same} />
        </Fold>
      )}
      <Repairs />
      <Dropped />
    </Section>
  );
}

/** A row for each repair of each route; the route with the most gained first, its repairs together. */
function ByRoute({ told }) {
  const scale = scaleOf(told.map((each) => each.time).filter(Boolean));
  const routes = [...new Set(told.map((each) => each.proof.route))];
  return (
    <table class="cards gains">
      <thead>
        <tr>
          <th scope="col">Route</th>
          <th scope="col">Before → after</th>
          <th scope="col" class="charted">
            <span class="hidden">Interval</span>
            <Axis scale={scale} />
          </th>
          <th scope="col">Counted, per request</th>
          <th scope="col">Repair</th>
        </tr>
      </thead>
      {routes.map((route) => (
        <tbody key={route}>
          {told
            .filter((each) => each.proof.route === route)
            .map((each, position) => (
              <tr key={position}>
                <th scope="row">{position === 0 ? <RouteLink route={route} /> : <span class="hidden">{route}</span>}</th>
                <td>
                  <Speed change={each.time} />
                </td>
                <td class="charted">
                  <Interval change={each.time} scale={scale} />
                  {each.time?.interval && (
                    <small class="dim figures">
                      {gain(each.time.interval)}
                      {each.time.control && ` · A/A ${gain(each.time.control)}`}
                    </small>
                  )}
                </td>
                <td class="figures">
                  {each.counters.map((change) => (
                    <div key={change.metric} class={change.after > change.before ? "more-of" : ""}>
                      {counter(change)}
                    </div>
                  ))}
                </td>
                <td>
                  <FindingLink id={each.verdict.finding}>{each.verdict.title}</FindingLink>
                </td>
              </tr>
            ))}
        </tbody>
      ))}
    </table>
  );
}

/** `10.8× faster (412 → 38 ms)`. */
export function Speed({ change, named = true }) {
  if (!change) return null;
  const { size, word, figures } = speed(change);
  const kind = word === "faster" ? "better" : word === "slower" ? "worse" : "unclear";
  return (
    <span class={`speed ${kind}`}>
      <b>
        {size} {word}
      </b>{" "}
      <span class="figures">({figures})</span>
      {named && change.metric !== "duration" && <span class="dim"> {metricName(change.metric)}</span>}
    </span>
  );
}

function Repairs() {
  const { model } = usePage();
  const { proved } = model;
  if (!proved.length) return null;
  const answers = (verdict) => (verdict.routes ?? []).reduce((sum, each) => [sum[0] + each.equal, sum[1] + each.compared], [0, 0]);
  return (
    <Fold open={proved.length <= 3} summary={`By repair: ${proved.length} proved`}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Verdict</th>
            <th scope="col">Repair</th>
            <th scope="col">Why it is kept</th>
            <th scope="col">Answers as before</th>
            <th scope="col">Tests</th>
          </tr>
        </thead>
        <tbody>
          {proved.map((verdict) => {
            const [equal, compared] = answers(verdict);
            return (
              <tr key={verdict.patch}>
                <td>
                  <Verdict of={verdict.outcome} word={OUTCOME[verdict.outcome]} />
                </td>
                <td>
                  {verdict.finding ? <a href={findingHash(verdict.finding)}>{verdict.title}</a> : verdict.title}
                  <div class="dim">{verdict.problem}</div>
                </td>
                <td>
                  <Words text={verdict.reason} />
                </td>
                <td class="figures">{compared ? `${equal.toLocaleString("en-US")} of ${compared.toLocaleString("en-US")}` : "-"}</td>
                <td>{suite(verdict)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Fold>
  );
}

/** `41 passed · 3 of 3 changed lines run`. */
export function suite(verdict) {
  const [run, lines] = verdict.exercised ?? [0, 0];
  return [
    verdict.tests,
    lines ? `${run} of ${lines} changed ${lines === 1 ? "line" : "lines"} run` : "",
    verdict.start_up ? `start-up ${pair(verdict.start_up.before, verdict.start_up.after, "ms")}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function Dropped() {
  const { model } = usePage();
  if (!model.dropped.length) return null;
  const title = model.dropped.some((each) => each.finding) ? "Not kept" : "What speaks against it";
  return (
    <Fold class="dropped" open={!model.proved.length} summary={`${title}: ${model.dropped.length}`}>
      {model.dropped.map((verdict) => (
        <article key={verdict.patch} class="entry">
          <h3>
            <Verdict of={verdict.outcome} word={OUTCOME[verdict.outcome]} />{" "}
            <FindingLink id={verdict.finding}>{verdict.title}</FindingLink> <span class="dim">{verdict.problem}</span>
          </h3>
          <Against verdict={verdict} />
        </article>
      ))}
    </Fold>
  );
}

const SHOWN = 12;

/** Why a repair was not kept, and what was not as before. */
export function Against({ verdict }) {
  const differences = verdict.differences ?? [];
  const again = [...new Set(differences.map((each) => each.again).filter(Boolean))];
  const rows = (list) => (
    <dl class="differences">
      {list.map((each, position) => (
        <div key={position}>
          <dt>
            {each.kind} <code>{each.where}</code>
          </dt>
          <dd>
            {each.change ? (
              `${each.change.text} (${each.change.severity}: ${each.change.rule})`
            ) : (
              <>
                <code class="was">{each.before}</code> → <code class="is">{each.after}</code>
              </>
            )}
            {each.test && <div class="dim">seen in {each.test}</div>}
          </dd>
        </div>
      ))}
    </dl>
  );
  return (
    <>
      <p>
        <Words text={verdict.reason} />
      </p>
      {suite(verdict) && <p class="dim">{suite(verdict)}</p>}
      {differences.length > 0 && rows(differences.slice(0, SHOWN))}
      {differences.length > SHOWN && (
        <Fold summary={`${differences.length - SHOWN} more differences`}>{rows(differences.slice(SHOWN))}</Fold>
      )}
      {again.map((command) => (
        <p key={command}>
          See it again: <Command text={command} />
        </p>
      ))}
    </>
  );
}

/** Everything that was measured of one repair, route by route. */
export function Measured({ verdict }) {
  const routes = (verdict.routes ?? []).map((proof) => ({
    proof,
    changes: (proof.changes ?? []).filter((each) => TIMES.has(each.metric) || differs(each)),
  }));
  const told = routes.filter(({ proof, changes }) => changes.length || proof.equal < proof.compared);
  const others = routes.filter((each) => !told.includes(each));
  const scale = scaleOf(told.flatMap(({ changes }) => changes));
  const sum = (list, name) => list.reduce((total, { proof }) => total + proof[name], 0);
  return (
    <>
      {told.length > 0 && (
        <table class="cards measured">
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col">Before → after</th>
              <th scope="col" class="charted">
                <span class="hidden">Interval</span>
                <Axis scale={scale} />
              </th>
              <th scope="col">Interval · A/A</th>
            </tr>
          </thead>
          {told.map(({ proof, changes }) => (
            <tbody key={proof.route}>
              <tr class="group">
                <th colSpan={4} scope="rowgroup">
                  <RouteLink route={proof.route} />{" "}
                  <span class="dim figures">
                    {proof.equal} of {proof.compared} answers as before
                  </span>
                </th>
              </tr>
              {changes.map((change) => (
                <tr key={change.metric}>
                  <td>{change.metric === "duration" ? "time" : metricName(change.metric)}</td>
                  <td>{TIMES.has(change.metric) ? <Speed change={change} named={false} /> : <span class="figures">{pair(change.before, change.after, change.unit)}</span>}</td>
                  <td class="charted">
                    <Interval change={change} scale={scale} />
                  </td>
                  <td class="figures dim">{change.interval && `${gain(change.interval)}${change.control ? ` · ${gain(change.control)}` : ""}`}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      )}
      {others.length > 0 && (
        <p class="dim figures">
          {others.length} {told.length ? "other " : ""}
          {others.length === 1 ? "route" : "routes"}: {sum(others, "equal").toLocaleString("en-US")} of {sum(others, "compared").toLocaleString("en-US")} answers as before
        </p>
      )}
    </>
  );
}
