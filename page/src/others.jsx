// The checklists, the contract, what was not looked at and what was not mended.

import { Choice } from "./finding.jsx";
import { count } from "./figures.js";
import { usePage } from "./navigate.js";
import { FindingLink, Fold, Place, Section, Severity, Verdict, Words } from "./parts.jsx";

const LONG = 40;

/** Questions of the lists, each answered from what was seen. */
export function Checklists() {
  const { model } = usePage();
  const checks = model.report.checks;
  if (!checks.length) return null;
  const lists = [...new Set(checks.map((each) => each.list))];
  return (
    <Section id="checklists" title="Checklists" note="Answered from what this run has seen; where it saw too little, it says unknown.">
      {lists.map((list) => {
        const own = checks.filter((each) => each.list === list);
        const yes = own.filter((each) => each.answer === "yes").length;
        return (
          <article class="entry" key={list}>
            <h3>
              <span class="title-case">{list}</span> <span class="dim figures">{yes} of {own.length} are so</span>
            </h3>
            <table class="cards checks">
              <thead>
                <tr>
                  <th scope="col">Answer</th>
                  <th scope="col">Question</th>
                  <th scope="col">Because</th>
                </tr>
              </thead>
              <tbody>
                {own.map((check, position) => (
                  <tr key={position}>
                    <td>
                      <Verdict of={check.answer} />
                    </td>
                    <th scope="row">
                      <Words text={check.question} />
                    </th>
                    <td>
                      <Words text={check.because} />
                      {check.findings?.length > 0 && <Links ids={check.findings} />}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </article>
        );
      })}
    </Section>
  );
}

const LINKS = 3;

function Links({ ids }) {
  const list = (some) => (
    <ul class="links">
      {some.map((id) => (
        <li key={id}>
          <FindingLink id={id} />
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {list(ids.slice(0, LINKS))}
      {ids.length > LINKS && <Fold summary={`${ids.length - LINKS} more`}>{list(ids.slice(LINKS))}</Fold>}
    </>
  );
}

const SEVERITIES = ["breaking", "warning", "info"];

/** What changed for clients; one change that shows at many places is told once. */
export function Contract() {
  const { model } = usePage();
  const comparison = model.report.contract;
  if (!comparison) return null;
  const groups = new Map();
  for (const change of comparison.changes ?? []) {
    const key = JSON.stringify([change.rule, change.model || `${change.place} ${change.text}`, change.before, change.after]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const told = [...groups.values()];
  const row = (changes) => {
    const [first, ...others] = changes;
    return (
      <li key={first.rule + first.operation + first.place} class="change">
        <p>
          <Severity of={first.severity} /> {first.operation && <code>{first.operation}</code>} <b>{first.text}</b>
        </p>
        <p class="dim">
          {first.rule} · {first.place}
          {first.model && ` · ${first.model}`}
        </p>
        {(first.before || first.after) && (
          <p>
            <code class="was">{first.before || "nothing"}</code> → <code class="is">{first.after || "nothing"}</code>
          </p>
        )}
        {others.length > 0 && (
          <Fold summary={`and at ${count(others.length, "more place")}`}>
            <ul class="links">
              {others.map((each, position) => (
                <li key={position}>
                  <code>{each.operation}</code> {each.place}
                </li>
              ))}
            </ul>
          </Fold>
        )}
      </li>
    );
  };
  return (
    <Section id="contract" title="Contract" total={told.length} note={`${comparison.before} → ${comparison.after}`}>
      {SEVERITIES.map((severity) => {
        const own = told.filter(([first]) => first.severity === severity);
        if (!own.length) return null;
        const list = <ul class="changes">{own.map(row)}</ul>;
        return severity === "info" && own.length > 5 ? <Fold key={severity} summary={`${own.length} that break nothing`}>{list}</Fold> : <div key={severity}>{list}</div>;
      })}
      {!told.length && <p>Nothing changed for clients.</p>}
    </Section>
  );
}

/** What was not read, run or measured: it is never green. */
export function NotLookedAt() {
  const { model } = usePage();
  const skipped = model.report.skipped;
  if (!skipped.length) return null;
  const list = (some) => (
    <dl class="reasons">
      {some.map((each, position) => (
        <div key={position}>
          <dt>
            <span class="dim">{each.stage}</span> <code>{each.subject}</code>
          </dt>
          <dd>
            <Words text={each.reason} />
          </dd>
        </div>
      ))}
    </dl>
  );
  return (
    <Section id="not-looked-at" title="Not looked at" total={skipped.length} class="warned" note="Nothing is said of these: that no finding names them does not make them good.">
      {list(skipped.slice(0, LONG))}
      {skipped.length > LONG && <Fold summary={`${skipped.length - LONG} more`}>{list(skipped.slice(LONG))}</Fold>}
    </Section>
  );
}

/** Findings without a repair, each with why, and what there is to choose from. */
export function NotMended() {
  const { model } = usePage();
  const declined = model.report.declined;
  if (!declined.length) return null;
  const known = new Set();
  return (
    <Section id="not-mended" title="Not mended" total={declined.length} note="Findings that got no patch, why, and what a person can choose.">
      {declined.map((each, position) => {
        const finding = model.finding.get(each.finding);
        const options = (each.options ?? []).filter((option) => {
          const words = JSON.stringify([option.name, option.text, option.effect]);
          const seen = known.has(words);
          known.add(words);
          return !seen || option.diff;
        });
        return (
          <article class="entry" key={position}>
            <h3>
              <FindingLink id={each.finding} />
            </h3>
            <p class="dim">
              {each.problem} {finding && <Place at={finding.location} />}
            </p>
            <p>
              <Words text={each.reason} />
            </p>
            {options.length > 0 && (
              <Fold summary={`${count(options.length, "option")}: ${options.map((option) => option.name).join(", ")}`}>
                {options.map((option) => (
                  <Choice key={option.name} option={option} />
                ))}
              </Fold>
            )}
            {!options.length && each.options?.length > 0 && <p class="dim">The options are those above.</p>}
          </article>
        );
      })}
    </Section>
  );
}
