// Where the time of a route went: its phases as one bar, and as a list.

import { number } from "./figures.js";

/** The colour of a kind of phase, step or box: its name in the style sheet. */
export const GROUPS = {
  database: "database",
  connect: "database",
  "connection wait": "wait",
  "thread wait": "wait",
  redis: "store",
  mongodb: "store",
  qdrant: "store",
  "outbound HTTP": "outbound",
  handler: "handler",
  function: "function",
  "": "function",
  dependency: "dependency",
  middleware: "middleware",
  serialisation: "serialisation",
  validation: "serialisation",
  "garbage collection": "garbage",
  background: "background",
};

export const colour = (kind) => `var(--phase-${GROUPS[kind] ?? "other"})`;

/** `handler read_x`. */
const phaseName = (phase) => (phase.name && phase.name !== phase.kind ? `${phase.kind} ${phase.name}` : phase.kind);

/** The phases of a route as one bar; what it says is in the list beside it, or in `label`. */
export function PhaseBar({ phases, label }) {
  const whole = phases.reduce((sum, each) => sum + each.ms, 0);
  if (!whole) return null;
  return (
    <div class="phase-bar" role="img" aria-label={label ?? "Where the time went"}>
      {phases.map((phase, position) =>
        phase.ms / whole >= 0.005 ? (
          <span
            key={position}
            style={{ width: `${(100 * phase.ms) / whole}%`, background: colour(phase.kind) }}
            title={`${phaseName(phase)}: ${number(phase.ms)} ms`}
          />
        ) : null,
      )}
    </div>
  );
}

/** The largest phases in words, for those who cannot see the bar. */
export function phaseWords(phases, most = 3) {
  const whole = phases.reduce((sum, each) => sum + each.ms, 0);
  return phases
    .slice(0, most)
    .map((each) => `${Math.round((100 * each.ms) / whole)}% ${phaseName(each)}`)
    .join(", ");
}

const LEAST = 0.01;

/** The phases with ms and share; those below one per cent together. */
export function PhaseList({ phases }) {
  const whole = phases.reduce((sum, each) => sum + each.ms, 0);
  const shown = phases.filter((each) => each.ms >= LEAST * whole);
  const rest = phases.length - shown.length;
  const restMs = whole - shown.reduce((sum, each) => sum + each.ms, 0);
  return (
    <ul class="phases">
      {shown.map((phase, position) => (
        <li key={position}>
          <i style={{ background: colour(phase.kind) }} aria-hidden="true" />
          <span>
            {phaseName(phase)}{" "}
            {phase.path && (
              <code class="dim">
                {phase.path}:{phase.line}
              </code>
            )}
          </span>
          <span class="figures">{number(phase.ms)} ms</span>
          <span class="figures dim">{Math.round((100 * phase.ms) / whole)} %</span>
        </li>
      ))}
      {rest > 0 && (
        <li class="dim">
          <i aria-hidden="true" />
          <span>{rest} smaller</span>
          <span class="figures">{number(restMs)} ms</span>
          <span class="figures">{Math.round((100 * restMs) / whole)} %</span>
        </li>
      )}
    </ul>
  );
}
