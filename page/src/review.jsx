// What a change brings beside findings: what is gone, what its author is asked, and what a person has to decide.

import { count, number } from "./figures.js";
import { usePage } from "./navigate.js";
import { Entries, Place, RouteLink, Section, Words } from "./parts.jsx";

const shown = (limit) => (limit == null ? "none" : number(limit));

const isLooser = ({ before, after }) => before != null && (after == null || after > before);

/** `2 files from main to the work tree · 1 question · 1 to decide`. */
export function reviewWords(review) {
  const words = [`${count(review.files, "file")} from ${review.base} to ${review.head}`];
  if (review.questions?.length) words.push(count(review.questions.length, "question"));
  if (review.decisions?.length) words.push(`${review.decisions.length} to decide`);
  return words.join(" · ");
}

/** The section; nothing where no change was reviewed. */
export function Review() {
  const { model } = usePage();
  const { review } = model.report;
  if (!review) return null;
  const gone = Object.entries(review.gone ?? {});
  const rows = [
    ["gone", gone.map(([name, amount]) => `${amount} ${name}`).join(", "), gone.length],
    [
      "next",
      <ul key="next" class="worst">
        {(review.follow_ups ?? []).map((each) => (
          <li key={each}>
            <Words text={each} />
          </li>
        ))}
      </ul>,
      review.follow_ups?.length,
    ],
  ];
  return (
    <Section id="review" title="Review" note={`${reviewWords(review)}. What the change brings is under Findings.`}>
      <Entries rows={rows.filter(([, , there]) => there).map(([label, value]) => [label, value])} />
      <List title="Questions to who wrote it" of={review.questions}>
        {(question) => (
          <>
            <Words text={question.text} />
            <div class="dim">
              {question.route && <RouteLink route={question.route} />} <Place at={question} />
            </div>
          </>
        )}
      </List>
      <List title="For a person to decide" of={review.decisions}>
        {(decision) => (
          <>
            <b>{decision.kind}</b>: <Words text={decision.text} />
            {decision.path && (
              <div class="dim">
                <Place at={decision} />
              </div>
            )}
          </>
        )}
      </List>
      <List title="Budgets that changed" of={review.budgets}>
        {(budget) => (
          <>
            <code>{budget.budget}</code> {budget.limit}: {shown(budget.before)} → {shown(budget.after)}
            {isLooser(budget) && <b class="over"> looser</b>}
          </>
        )}
      </List>
    </Section>
  );
}

function List({ title, of: entries, children }) {
  if (!entries?.length) return null;
  return (
    <article class="entry">
      <h3>{title}</h3>
      <ul class="worst">
        {entries.map((each, position) => (
          <li key={position}>{children(each)}</li>
        ))}
      </ul>
    </article>
  );
}
