// One finding with all that is known of it: code, call path, evidence, repair, proof, risk, and how to undo it.

import { Diff, Excerpt, Sql } from "./code.jsx";
import { evidenceFigures, expected } from "./figures.js";
import { Against, Measured, suite } from "./gained.jsx";
import { Markdown } from "./markdown.jsx";
import { OUTCOME, routesOf } from "./model.js";
import { usePage } from "./navigate.js";
import { Command, Entries, Fold, Place, RouteLink, Verdict, Words } from "./parts.jsx";

const FIX = {
  safe: "safe: pitstop makes it, and it keeps behaviour by construction",
  proved: "proved: pitstop makes it, and keeps it only if a proof passes",
  decide: "decide: there are options, a person chooses",
  none: "none: advice only",
};
const PLACES = 5;
const MEASURED = 3;

/** The excerpt that holds a place. */
function excerptOf(model, at) {
  return (model.excerptsOf.get(at.path) ?? []).find((each) => {
    const lines = each.text.replace(/\n$/, "").split("\n").length;
    return at.line >= each.line && at.line < each.line + lines;
  });
}

const marked = (at) => [at.line, Math.max(at.end_line || 0, at.line)];

/** What opens below the line of a finding. */
export function FindingDetail({ finding }) {
  const { model } = usePage();
  const verdicts = model.verdictsOf.get(finding.id) ?? [];
  const patches = model.patchesOf.get(finding.id) ?? [];
  const declined = model.declinedOf.get(finding.id) ?? [];
  const excerpt = excerptOf(model, finding.location);
  return (
    <div class="detail">
      <Entries
        class="about"
        rows={[
          ["at", <Place at={finding.location} symbol />],
          ["routes", <Routes finding={finding} />],
          ["fix", FIX[finding.fix?.class ?? "none"]],
          ["id", <span class="figures">{`${finding.id} · ${finding.confidence}`}</span>],
          ["also at", <Places list={finding.places} />],
        ].filter(([label]) => label !== "also at" || finding.places?.length)}
      />
      {excerpt && <Excerpt {...excerpt} marked={marked(finding.location)} label="Code of the finding" />}
      <CallPath finding={finding} own={excerpt} />
      <Evidence finding={finding} />
      <Impact impact={finding.impact} />
      {patches.map((patch) => (
        <Repair key={patch.id} patch={patch} verdict={verdicts.find((each) => each.patch === patch.id)} />
      ))}
      {verdicts
        .filter((verdict) => !patches.some((patch) => patch.id === verdict.patch))
        .map((verdict) => (
          <Proof key={verdict.patch} verdict={verdict} title={verdict.title} />
        ))}
      <Options finding={finding} declined={declined} />
      <Problem name={finding.problem} />
    </div>
  );
}

function Routes({ finding }) {
  const routes = routesOf(finding);
  if (!routes.length) return "none known";
  const list = (some) => some.map((route, position) => [position ? ", " : "", <RouteLink key={route} route={route} />]);
  if (routes.length <= PLACES + 1) return list(routes);
  return (
    <>
      {list(routes.slice(0, PLACES))}
      <Fold summary={`and ${routes.length - PLACES} more`}>{list(routes.slice(PLACES))}</Fold>
    </>
  );
}

function Places({ list }) {
  const shown = (some) => some.map((at, position) => [position ? ", " : "", <Place key={position} at={at} />]);
  if (!list?.length) return null;
  if (list.length <= PLACES + 1) return shown(list);
  return (
    <>
      {shown(list.slice(0, PLACES))}
      <Fold summary={`and ${list.length - PLACES} more`}>{shown(list.slice(PLACES))}</Fold>
    </>
  );
}

function CallPath({ finding, own }) {
  const { model } = usePage();
  const path = finding.call_path ?? [];
  if (path.length < 2) return null;
  return (
    <section class="part">
      <h4>Call path</h4>
      <ol class="path">
        {path.map((at, position) => {
          const excerpt = excerptOf(model, at);
          const step = (
            <>
              {at.symbol && <b>{at.symbol}</b>} <Place at={at} />
            </>
          );
          return (
            <li key={position}>
              {excerpt && excerpt !== own ? (
                <Fold summary={step}>
                  <Excerpt {...excerpt} marked={marked(at)} />
                </Fold>
              ) : (
                step
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Evidence({ finding }) {
  const evidence = finding.evidence ?? [];
  if (!evidence.length) return null;
  const read = evidence.filter((each) => each.kind === "source");
  const measured = evidence.filter((each) => each.kind !== "source");
  const more = measured.length > MEASURED + 1 ? measured.splice(MEASURED) : [];
  return (
    <section class="part">
      <h4>Evidence</h4>
      <ul class="evidence">
        {[...read, ...measured].map((each, position) => (
          <One key={position} evidence={each} />
        ))}
      </ul>
      {more.length > 0 && (
        <Fold summary={`and on ${more.length} more routes`}>
          <ul class="evidence">
            {more.map((each, position) => (
              <One key={position} evidence={each} />
            ))}
          </ul>
        </Fold>
      )}
    </section>
  );
}

function One({ evidence }) {
  const measured = evidence.kind !== "source";
  const figures = evidenceFigures(evidence.figures);
  return (
    <li>
      <span class="label">{measured ? "measured" : "read"}</span>
      <div>
        <Words text={evidence.text} />
        {figures.length > 0 && <div class="figures dim">{figures.join(" · ")}</div>}
        {evidence.statement && (
          <div class="statement">
            <Sql text={evidence.statement} />
          </div>
        )}
        {evidence.locations?.length > 0 && (
          <div class="dim">
            <Places list={evidence.locations} />
          </div>
        )}
      </div>
    </li>
  );
}

function Impact({ impact }) {
  if (!impact) return null;
  const may = expected(impact);
  return (
    <section class="part">
      <h4>Impact</h4>
      <p>
        <Words text={impact.text} />
      </p>
      {may && (
        <p class="figures">
          expected {may}
          {impact.source && <span class="dim"> ({impact.source})</span>}
        </p>
      )}
      {impact.measured && Object.keys(impact.measured).length > 0 && (
        <p class="figures dim">measured: {evidenceFigures(impact.measured).join(" · ")}</p>
      )}
    </section>
  );
}

/** What was changed, whether it holds, and what comes with it. */
function Repair({ patch, verdict }) {
  const test = patch.test;
  const counted =
    test?.metric === "blocked_ms" ? `${test.before} calls that the event loop waits for` : test && `${test.before} ${test.metric}`;
  return (
    <section class="part repair">
      <h4>
        Repair: {patch.title} <span class="dim">{patch.id}</span>
      </h4>
      {patch.origin && <p class="warning">Made by {patch.origin}, a language model: read it as you would a stranger's change.</p>}
      <Diff text={patch.diff} />
      {verdict && <Proof verdict={verdict} />}
      <Entries
        rows={[
          ["risk", patch.risk && <Words text={patch.risk} />],
          ["validate", patch.validate && <Words text={patch.validate} />],
          ["undo", patch.rollback && <Words text={patch.rollback} />],
          ["test", test ? `${test.name}: ${counted} without the repair, where it fails, and ${test.after} with it` : patch.no_test && `none: ${patch.no_test}`],
        ]}
      />
    </section>
  );
}

/** The verdict on a repair; with a `title` where the repair does not stand above it. */
function Proof({ verdict, title }) {
  const Heading = title ? "h4" : "h5";
  return (
    <section class="part proof">
      <Heading>
        <Verdict of={verdict.outcome} word={OUTCOME[verdict.outcome]} />
        {title && ` ${title}`}
      </Heading>
      {verdict.outcome === "proved" ? (
        <>
          <p>
            <Words text={verdict.reason} />
          </p>
          {suite(verdict) && <p class="dim figures">{suite(verdict)}</p>}
        </>
      ) : (
        <Against verdict={verdict} />
      )}
      {(verdict.notes ?? []).map((note, position) => (
        <p key={position} class="dim">
          {note}
        </p>
      ))}
      <Measured verdict={verdict} />
    </section>
  );
}

/** What there is to decide between, and why there is no patch. */
function Options({ finding, declined }) {
  const options = declined.find((each) => each.options?.length)?.options ?? finding?.fix?.options ?? [];
  if (!options.length && !declined.length) return null;
  return (
    <section class="part">
      <h4>{options.length ? "To decide" : "No patch"}</h4>
      {declined.map((each, position) => (
        <p key={position}>
          <Words text={each.reason} />
        </p>
      ))}
      {options.map((option) => (
        <Choice key={option.name} option={option} />
      ))}
    </section>
  );
}

export function Choice({ option }) {
  return (
    <div class="option">
      <p>
        <b>{option.name}</b>: <Words text={option.text} />
      </p>
      <Entries
        rows={["effect", "complexity", "risk", "compatibility"].map((name) => [name, option[name] && <Words text={option[name]} />])}
      />
      {option.diff && (
        <Fold summary="What pitstop would change">
          <Diff text={option.diff} />
        </Fold>
      )}
    </div>
  );
}

function Problem({ name }) {
  const { model } = usePage();
  const page = model.problems[name];
  if (!page) return <p class="dim">More on this problem: <Command text={`pitstop explain ${name}`} /></p>;
  return (
    <Fold
      printed={false}
      summary={
        <>
          About <b>{name}</b>
        </>
      }
    >
      <Markdown text={page.page} />
    </Fold>
  );
}
