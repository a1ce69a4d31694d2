// One request step by step, on a line of time.

import { useState } from "preact/hooks";

import { count, number } from "./figures.js";
import { usePage } from "./navigate.js";
import { colour } from "./phases.jsx";

const SHARE = 0.02;

/** How deep each step lies in those that were under way when it began. */
function depths(steps) {
  const open = [];
  return steps.map((step) => {
    const end = step.start_ms + step.ms;
    while (open.length && open.at(-1) < end - 1e-3) open.pop();
    const depth = open.length;
    open.push(end);
    return Math.min(depth, 6);
  });
}

/** Round times for the axis, four or five of them. */
function ticksOf(whole) {
  const rough = whole / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, position) => position * step);
}

/** That a step outlasts its request, where that is worth a word; of one that began after the answer it is plain. */
function after(step, whole) {
  if (step.start_ms >= whole || (step.after_ms ?? 0) < SHARE * whole) return "";
  return `, goes on for ${number(step.after_ms)} ms after the answer`;
}

/** A request of `report.slowest`. */
export function Waterfall({ request }) {
  const { printing } = usePage();
  const [all, showAll] = useState(false);
  const steps = request.steps ?? [];
  const whole = Math.max(request.ms, ...steps.map((each) => each.start_ms + each.ms));
  const long = steps.filter((each) => each.ms >= SHARE * request.ms);
  const shown = all ? steps : long;
  const left = steps.filter((each) => !shown.includes(each));
  const leftNumber = (request.shorter ?? 0) + left.reduce((sum, each) => sum + (each.times ?? 1), 0);
  const leftMs = (request.shorter_ms ?? 0) + left.reduce((sum, each) => sum + each.ms, 0);
  const depth = depths(shown);
  const part = (ms) => `${(100 * ms) / whole}%`;
  return (
    <div class="waterfall">
      <p class="waterfall-title">
        Slowest request: <b class="figures">{number(request.ms)} ms</b>, status {request.status}
        {request.test && <code class="dim"> {request.test}</code>}
      </p>
      <div class="waterfall-rows" role="table" aria-label={`Steps of the slowest request of ${request.route}`}>
        <div role="row" class="waterfall-row axis">
          <span role="columnheader">step</span>
          <span role="columnheader" class="figures">ms</span>
          <span role="columnheader" class="track">
            <span class="hidden">when</span>
            {ticksOf(whole).map((tick) => (
              <small key={tick} style={{ left: part(tick) }} aria-hidden="true">
                {number(tick)}
              </small>
            ))}
          </span>
        </div>
        {shown.map((step, position) => (
          <div role="row" class="waterfall-row" key={position}>
            <span role="cell" class="step" style={{ paddingInlineStart: `${depth[position] * 12}px` }} title={step.name}>
              {step.name}
              {step.times > 1 && <b> ×{step.times}</b>}
              {after(step, request.ms)}
              {step.path && (
                <code class="dim">
                  {" "}
                  {step.path}:{step.line}
                </code>
              )}
            </span>
            <span role="cell" class="figures">
              {number(step.ms)}
            </span>
            <span role="cell" class="track">
              <span class="hidden">from {number(step.start_ms)} ms on</span>
              {whole > request.ms && <i class="answered" style={{ left: part(request.ms) }} title="the answer was sent" />}
              <i class="bar" style={{ left: part(step.start_ms), width: `max(2px, ${part(step.ms)})`, background: colour(step.kind) }} />
            </span>
          </div>
        ))}
      </div>
      {leftNumber > 0 && (
        <p class="dim">
          {count(leftNumber, "shorter step")}, {number(leftMs)} ms together
          {left.length > 0 && !printing && (
            <>
              {" "}
              <button type="button" onClick={() => showAll(true)}>
                Show {left.length}
              </button>
            </>
          )}
        </p>
      )}
    </div>
  );
}
