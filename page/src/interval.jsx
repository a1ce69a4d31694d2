// The interval of a ratio, drawn beside what the unchanged service shows against itself.

import { factor, gain } from "./figures.js";

const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000];
const [WIDTH, HEIGHT, PAD] = [200, 22, 8];

const turned = (ratio) => (ratio > 0 ? 1 / ratio : 1e4);

/** From how many times slower to how many times faster a table of intervals goes; powers of ten make equal ways. */
export function scaleOf(changes) {
  const bounds = [0.8, 2];
  for (const { interval, control } of changes) {
    for (const each of [interval, control]) if (each) bounds.push(turned(each.high), turned(each.low));
  }
  const [low, high] = [Math.max(Math.min(...bounds), 0.05), Math.min(Math.max(...bounds), 1e4)];
  const x = (value) => PAD + ((WIDTH - 2 * PAD) * Math.log(Math.min(Math.max(value, low), high) / low)) / Math.log(high / low);
  const ticks = TICKS.filter((tick) => tick >= low && tick <= high && (tick >= 1 || tick === 0.5));
  return { x, ticks: ticks.filter((tick, position) => position === 0 || tick === 1 || x(tick) - x(ticks[position - 1]) > 20 || tick >= 10) };
}

const label = (tick) => (tick < 1 ? `${tick}×` : `${tick.toLocaleString("en-US")}×`);

/** The axis above a column of intervals. */
export function Axis({ scale }) {
  let last = -Infinity;
  const shown = scale.ticks.filter((tick) => {
    const fits = scale.x(tick) - last > 26 || tick === 1;
    if (fits) last = scale.x(tick);
    return fits;
  });
  return (
    <svg class="axis" viewBox={`0 0 ${WIDTH} 16`} width={WIDTH} height="16" aria-hidden="true">
      {shown.map((tick) => (
        <text key={tick} x={scale.x(tick)} y="12" text-anchor="middle">
          {label(tick)}
        </text>
      ))}
    </svg>
  );
}

/** One interval: a line from its one end to the other, a dot at the ratio; behind it, as a band, the control. */
export function Interval({ change, scale }) {
  const { interval, control } = change ?? {};
  if (!interval) return null;
  const middle = HEIGHT / 2;
  const [from, to] = [scale.x(turned(interval.high)), scale.x(turned(interval.low))];
  const clear = interval.high < 1 ? "better" : interval.low > 1 ? "worse" : "unclear";
  const said = `${factor(turned(interval.ratio))}, interval ${gain(interval)}${control ? `, A/A ${gain(control)}` : ""}`;
  return (
    <svg class={`interval ${clear}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={said}>
      {scale.ticks.map((tick) => (
        <line key={tick} class={tick === 1 ? "one" : "tick"} x1={scale.x(tick)} x2={scale.x(tick)} y1="0" y2={HEIGHT} />
      ))}
      {control && (
        <rect
          class="control"
          x={scale.x(turned(control.high))}
          width={Math.max(scale.x(turned(control.low)) - scale.x(turned(control.high)), 1.5)}
          y={middle - 5}
          height="10"
        />
      )}
      <line class="whisker" x1={from} x2={to} y1={middle} y2={middle} />
      <line class="whisker" x1={from} x2={from} y1={middle - 3.5} y2={middle + 3.5} />
      <line class="whisker" x1={to} x2={to} y1={middle - 3.5} y2={middle + 3.5} />
      <circle cx={scale.x(turned(interval.ratio))} cy={middle} r="3.5" />
    </svg>
  );
}
