// The top of the page: the service, what was gained, what is worst of what is left, what to do next.

import { budgetWords, isOver } from "./budgets.jsx";
import { count, gain } from "./figures.js";
import { Speed } from "./gained.jsx";
import { gains, isFaster, isMended, routesOf } from "./model.js";
import { usePage } from "./navigate.js";
import { reviewWords } from "./review.jsx";
import { Command, Entries, FindingLink, Fold, Place, RouteLink, Severity } from "./parts.jsx";

const RANK = { high: 0, medium: 1, low: 2 };

/** How many findings of each severity. */
function severities(findings) {
  return ["high", "medium", "low"]
    .map((name) => [name, findings.filter((each) => each.severity === name).length])
    .filter(([, number]) => number)
    .map(([name, number]) => `${number.toLocaleString("en-US")} ${name}`)
    .join(", ");
}

export function Head() {
  const { model } = usePage();
  const { report } = model;
  const { project, tool } = report;
  const found = Object.entries(project.found ?? {});
  const left = report.findings.filter((each) => !isMended(model, each));
  const worst = [...left].sort((one, other) => RANK[one.severity] - RANK[other.severity]).slice(0, 3);
  return (
    <header class="head" id="top">
      <p class="tool">
        {tool.name} {tool.version}
      </p>
      <h1>{project.app || (report.contract ? "two documents" : "no app found")}</h1>
      {project.files > 0 && (
        <p class="dim figures">
          {[count(project.routes, "route"), count(project.files, "file"), count(project.lines, "line")].join(" · ")}
        </p>
      )}
      <Entries
        class="brief"
        rows={[
          [
            "review",
            report.review && (
              <a key="review" href="#review">
                {reviewWords(report.review)}
              </a>
            ),
            report.review,
          ],
          ["gained", <GainedBrief key="gained" />, report.verdicts.length],
          ["findings", <FindingsBrief key="findings" left={left} />, report.findings.length || wasLookedFor(report)],
          [
            left.length < report.findings.length ? "worst left" : "worst",
            <ul key="worst" class="worst">
              {worst.map((finding) => (
                <li key={finding.id}>
                  <Severity of={finding.severity} /> <FindingLink id={finding.id} />
                  <div class="dim">
                    {routesOf(finding)[0] && <span>{routesOf(finding)[0]}</span>} <Place at={finding.location} />
                  </div>
                </li>
              ))}
            </ul>,
            worst.length,
          ],
          [
            "budgets",
            <a key="budgets" href="#budgets" class={report.budgets.some(isOver) ? "over" : ""}>
              {budgetWords(report.budgets)}
            </a>,
            report.budgets.length,
          ],
          [
            "not looked at",
            <a key="skipped" href="#not-looked-at" class="warning">
              <span aria-hidden="true">◆</span> {count(report.skipped.length, "thing")}: nothing is said of them
            </a>,
            report.skipped.length,
          ],
          ["next", <Command key="next" text={report.next} />, report.next],
        ]
          .filter(([, , there]) => there)
          .map(([label, value]) => [label, value])}
      />
      {found.length > 0 && (
        <Fold summary="What was found, and how">
          <Entries rows={found} />
        </Fold>
      )}
    </header>
  );
}

/** Whether that there are no findings says anything. */
function wasLookedFor(report) {
  const read = report.project.files > 0 || !Object.keys(report.project.found ?? {}).length;
  return read && !report.filled && !report.contract && !report.verdicts.length;
}

function FindingsBrief({ left }) {
  const { model } = usePage();
  const all = model.report.findings;
  if (!all.length) return <>{model.report.review ? "nothing brought" : "nothing found"}</>;
  const mended = all.length - left.length;
  return (
    <span class="figures">
      <a href="#findings">{count(all.length, "finding")}</a> ({severities(all)})
      {mended > 0 && (
        <>
          {" "}
          · <b>{mended.toLocaleString("en-US")} mended</b> · {left.length.toLocaleString("en-US")} left{left.length > 0 && ` (${severities(left)})`}
        </>
      )}
    </span>
  );
}

const MOST = 3;

function GainedBrief() {
  const { model } = usePage();
  const told = gains(model).filter((each) => isFaster(each.time));
  if (!model.proved.length) return <>nothing: none of {count(model.dropped.length, "repair")} was kept</>;
  const best = [...new Map(told.map((each) => [each.proof.route, each]).reverse()).values()].reverse().slice(0, MOST);
  const routes = new Set(told.map((each) => each.proof.route)).size;
  return (
    <>
      <p>
        <a href="#gained">{count(model.proved.length, "repair")} proved</a>
        {routes > 0 && `, ${count(routes, "route")} faster`}
        {model.dropped.length > 0 && `, ${model.dropped.length} not kept`}
        {best.length > 0 && "; the most on"}
      </p>
      <ul class="best">
        {best.map(({ proof, time }) => {
          return (
            <li key={proof.route} class="figures">
              <Speed change={time} /> <RouteLink route={proof.route} /> <span class="dim whole">{gain(time.interval)}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
