// Figures as people read them, the same as in the terminal: `412 → 38 ms`, `10.8× faster`, `9.9-11.7×`.

export const TIMES = new Set(["cpu", "duration", "throughput", "p95", "start_up"]);

// What is no count of things to the last one, and the share that it may be off by chance.
const WOBBLES = { memory: 0.2, blocked_ms: 0.5, work: 0.5 };

const METRICS = {
  blocked_ms: "loop blocked",
  cpu: "CPU",
  held_calls: "calls in a transaction",
  p95: "p95 under load",
  start_up: "start-up",
  throughput: "under load",
};

/** The name of a metric in words. */
export function metricName(metric) {
  return METRICS[metric] ?? metric;
}

/** Whether the two figures of a change are worth to be told apart. */
export function differs({ metric, before, after }) {
  const [less, more] = before < after ? [before, after] : [after, before];
  return less !== more && more - less >= (WOBBLES[metric] ?? 0) * more;
}

const grouped = (value, places = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });

/** A figure with at most `digits` significant digits; whole numbers in full. */
export function number(value, digits = 3) {
  if (value == null || !Number.isFinite(value)) return "?";
  if (Number.isInteger(value) || Math.abs(value) >= 10 ** (digits - 1)) return grouped(Math.round(value));
  const places = Math.min(digits - 1 - Math.floor(Math.log10(Math.abs(value))), 6);
  return value.toFixed(places).replace(/0+$/, "").replace(/\.$/, "");
}

/** `380 ms`, `12.5 s`, `3.2 h`: in the unit that leaves a few digits. */
export function duration(ms) {
  for (const [unit, of] of [["h", 3_600_000], ["min", 60_000], ["s", 1_000]]) {
    if (Math.abs(ms) >= of) return `${number(ms / of)} ${unit}`;
  }
  return `${number(ms)} ms`;
}

/** `412 → 38 ms`, with as many digits as it takes to show that two figures differ. */
export function pair(before, after, unit = "") {
  let shown = [number(before), number(after)];
  for (const digits of [4, 5, 6]) {
    if (shown[0] !== shown[1]) break;
    const finer = [number(before, digits), number(after, digits)];
    if (finer[0] !== finer[1]) shown = finer;
  }
  return `${shown[0]} → ${shown[1]}${unit ? ` ${unit}` : ""}`;
}

/** `10.8×`: two digits after the point below 2, one below 100, none above. */
export function factor(size) {
  if (!Number.isFinite(size)) return "?×";
  return `${grouped(size, size < 2 ? 2 : size < 100 ? 1 : 0)}×`;
}

/**
 * What a time became: `size` (`10.8×`), `word` (`faster`, `slower`, or that there is no clear difference) and `figures`
 * (`412 → 38 ms`). The ratio is that of the interval, which was taken from pairs; without one it is that of the two figures.
 */
export function speed({ before, after, interval, unit }) {
  const figures = pair(before, after, unit || "ms");
  if (interval && interval.low <= 1 && interval.high >= 1) return { size: "", word: "no clear difference", figures };
  const ratio = interval ? interval.ratio : before ? after / before : NaN;
  if (!Number.isFinite(ratio) || ratio <= 0) return { size: "", word: "", figures };
  if (ratio === 1) return { size: "", word: "no difference", figures };
  const size = Math.max(ratio, 1 / ratio);
  return {
    size: size < 1.05 ? `${number((size - 1) * 100, 2)} %` : factor(size),
    word: ratio < 1 ? "faster" : "slower",
    figures,
  };
}

/** The interval of a ratio, turned so that more is better: `9.9-11.7×`; empty without one. */
export function gain(interval) {
  if (!interval) return "";
  const low = interval.high > 0 ? 1 / interval.high : Infinity;
  const high = interval.low > 0 ? 1 / interval.low : Infinity;
  const fine = Math.max(low, high) < 2;
  const left = fine ? low.toFixed(2) : factor(low).replace("×", "");
  const right = fine ? `${high.toFixed(2)}×` : factor(high);
  return `${left}×` === right ? right : `${left}-${right}`;
}

/** `51 → 2 statements`; `loop blocked 340 → 0 ms`. */
export function counter(change) {
  if (change.metric === "blocked_ms") return `loop blocked ${pair(change.before, change.after, "ms")}`;
  return pair(change.before, change.after, change.unit || metricName(change.metric));
}

/** `1 finding`, `2 findings`. */
export function count(amount, noun, plural = `${noun}s`) {
  return `${grouped(amount)} ${amount === 1 ? noun : plural}`;
}

const UNITS = new Set(["ms", "ns", "s", "µs"]);

/** The figures of evidence: `51 statements, 31.3 ms database`. */
export function evidenceFigures(figures) {
  return Object.entries(figures ?? {}).map(([name, value]) => {
    const words = name.split("_");
    const unit = words.length > 1 && ["ms", "ns", "s"].includes(words.at(-1)) ? words.pop() : "";
    const noun = [unit, ...words].filter(Boolean);
    const figure = number(value);
    if (figure === "1" && noun[0].endsWith("s") && !UNITS.has(noun[0])) noun[0] = noun[0].slice(0, -1);
    return `${figure} ${noun.join(" ")}`;
  });
}

/** What the repair of a finding is expected to bring: `7.0 to 14.0× better`; empty where nothing is. */
export function expected(impact) {
  if (!impact?.expected) return "";
  const [low, high] = impact.expected;
  if (low === high) return `${factor(low)} better`;
  if (low <= 1) return `up to ${factor(high)} better`;
  return `${factor(low).replace("×", "")} to ${factor(high)} better`;
}

/** `12 %`, `0.4 %`, `<0.1 %`; a dash for none. */
export function share(of) {
  if (of <= 0) return "-";
  if (of < 0.001) return "<0.1 %";
  return of >= 0.0995 ? `${(of * 100).toFixed(0)} %` : `${(of * 100).toFixed(1)} %`;
}

/** Bytes in the unit that leaves a few digits. */
export function bytes(value) {
  for (const [unit, of] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (value >= of) return `${number(value / of)} ${unit}`;
  }
  return `${number(value)} B`;
}
