// All else that a report holds, a plain table each, so that nothing of it is lost.

import { count, number, pair, share } from "./figures.js";
import { usePage } from "./navigate.js";
import { Entries, Fold, Place, RouteLink, Section, Table } from "./parts.jsx";

const MIB = 2 ** 20;
const whole = (value) => (value ?? 0).toLocaleString("en-US");
const text = (name, of) => ({ name, of, left: true });
const figure = (name, of, show = number) => ({ name, of: (row) => show(of(row)) });
const routed = text("route", (row) => <RouteLink route={row.route} />);
const at = (name = "at") => text(name, (row) => <Place at={row} />);

/** The parts that there is something in: `{title, note, body}`. */
export function partsOf(report) {
  const parts = [];
  const add = (title, rows, columns, note = "") =>
    rows?.length && parts.push({ title, note, body: <Table label={title} columns={columns} rows={rows} /> });

  add("Workloads; each began with the same data", report.workloads, [
    text("workload", (row) => (row.kind === row.name ? row.name : `${row.name} (${row.kind})`)),
    figure("requests", (row) => row.requests, whole),
    figure("4xx", (row) => row.refused, whole),
    figure("errors", (row) => row.errors, whole),
    figure("routes", (row) => row.routes, whole),
    text("only here", (row) => (row.alone ?? []).join(", ")),
  ]);
  if (report.traffic) parts.push(trafficPart(report.traffic));
  add("WebSocket connections; means per connection", report.connections, [
    text("route", (row) => row.route.replace(/^WEBSOCKET /, "")),
    figure("opened", (row) => row.connections - row.refused, whole),
    figure("refused", (row) => row.refused, whole),
    figure("errors", (row) => row.errors, whole),
    figure("open s", (row) => row.open_s),
    figure("in", (row) => row.messages_in),
    figure("out", (row) => row.messages_out),
    figure("bytes in", (row) => row.bytes_in),
    figure("bytes out", (row) => row.bytes_out),
    figure("statements", (row) => row.statements),
    figure("rows", (row) => row.rows),
    figure("db ms", (row) => row.database_ms),
    figure("blocked ms", (row) => row.blocked_ms),
    text("close codes", (row) => Object.entries(row.close_codes ?? {}).map(([code, times]) => (times > 1 ? `${code} ×${times}` : code)).join(", ")),
  ], "How long one is open is its client's affair, and no response time; in and out are messages."); // prettier-ignore
  add("Files that requests read", report.files, [
    text("file", (row) => <code>{row.file}</code>),
    figure("KiB", (row) => row.bytes / 1024),
    figure("reads", (row) => row.reads, whole),
    figure("requests", (row) => row.requests, whole),
    figure("most in one", (row) => row.most, whole),
    figure("on the loop", (row) => row.on_loop, whole),
    at("opened at"),
  ]);
  add("Caches; over the whole run, tests included", report.caches, [
    text("cache", (row) => `${row.name}  ${row.route ?? ""}`.trim()),
    figure("calls", (row) => row.hits + row.misses, whole),
    // rounded down: what missed once has not hit each time
    figure("hit rate", (row) => Math.floor((100 * row.hits) / Math.max(row.hits + row.misses, 1)), (value) => `${value} %`),
    figure("misses", (row) => row.misses, whole),
    figure("held", (row) => ((row.kind ?? "functools") === "functools" ? whole(row.size) : ""), String),
    figure("at most", (row) => ((row.kind ?? "functools") !== "functools" ? "" : row.maxsize == null ? "any" : whole(row.maxsize)), String),
    at(),
  ]);
  for (const pool of report.pools) {
    add(`Connections held: ${poolWords(pool)}`, pool.routes, [
      routed,
      figure("requests", (row) => row.requests, whole),
      figure("held ms", (row) => row.held_ms),
      figure("at once", (row) => row.at_once, whole),
      figure("waited", (row) => row.waited ?? 0, whole),
      figure("wait ms", (row) => row.wait_ms ?? 0),
      figure("all taken at", (row) => (row.full_per_s == null ? "never" : `${number(row.full_per_s)} a s`), String),
    ], "Means per request, and the rate a process at which all are taken."); // prettier-ignore
  }
  if (report.memory) {
    add("Memory; the most that one request had allocated at once", report.memory, [
      routed,
      figure("requests", (row) => (row.alone === row.requests ? whole(row.requests) : `${whole(row.alone)} of ${whole(row.requests)}`), String),
      figure("peak MiB", (row) => row.peak_bytes / MIB),
      text("most of it at", (row) => row.path && <><Place at={row} /> ({number(row.line_bytes / MIB)} MiB)</>),
    ], "Tracing memory makes what allocates up to fifty times slower: the times of this run say nothing. Only requests that ran alone can be told."); // prettier-ignore
  }
  if (report.growth) growthPart(report.growth, add);
  add("Served by uvicorn, one worker; times as a client on this machine saw them", report.served, [
    text("sent", (row) => [row.workload, row.kind].filter(Boolean).join(", ") + (row.wanted_per_s ? `, ${number(row.wanted_per_s)} a second` : "")),
    figure("requests", (row) => row.requests, whole),
    figure("failed", (row) => row.failed, whole),
    figure("per s", (row) => row.requests / Math.max(row.seconds, 1e-9)),
    figure("p50 ms", (row) => row.p50_ms),
    figure("p95 ms", (row) => row.p95_ms),
    figure("p99 ms", (row) => row.p99_ms),
    figure("cpu ms", (row) => row.cpu_ms),
    figure("cores", (row) => row.cores),
    figure("memory MB", (row) => `${number(row.memory_start_mb)} → ${number(row.memory_end_mb)} (peak ${number(row.memory_peak_mb)})`, String),
  ]);
  if (report.route_coverage) parts.push(calledPart(report.route_coverage));
  if (report.compared) comparedPart(report, add);
  if (report.coverage) coverageParts(report.coverage, add);
  if (report.filled) {
    add(`Rows${report.filled.created ? "; the tables were made by the service's own metadata" : ""}`, report.filled.tables, [
      text("table", (row) => row.name),
      figure("before", (row) => row.before, whole),
      figure("after", (row) => row.after, whole),
      figure("wanted", (row) => row.wanted, whole),
    ], `The filled copy: ${report.filled.url}`); // prettier-ignore
  }
  if (report.consulted) parts.push(consultedPart(report.consulted));
  if (report.known) {
    const { file, left_out: leftOut, gone } = report.known;
    parts.push({ title: "Known findings", body: <Entries rows={[["baseline", file], ["left out", whole(leftOut)], ["gone", gone ? `${whole(gone)}: --prune-baseline` : ""]]} /> });
  }
  return parts.filter((part) => part.body);
}

function poolWords(pool) {
  const size = pool.size == null ? "any number of connections" : count(pool.size, "connection");
  const more = pool.overflow == null ? " and any number more" : pool.overflow ? ` and ${pool.overflow} more` : "";
  const where = pool.path ? ` (${pool.path}:${pool.line})` : "";
  const most = pool.size != null && pool.overflow != null ? pool.size + pool.overflow : null;
  const workers = most != null && pool.workers > 1 ? `; ${pool.workers} processes (${pool.workers_at}) may open ${pool.workers * most}` : "";
  const server = pool.server_limit != null ? `; the server takes ${pool.server_limit}` : "";
  return `${pool.kind} of ${pool.system}${where}: ${size}${more}${workers}${server}`;
}

function trafficPart(traffic) {
  const { routes = [], elsewhere = [] } = traffic;
  return {
    title: "Traffic, by the access log",
    body: (
      <>
        <Entries
          rows={[
            ["read", `${count(traffic.requests, "request")} in ${count(traffic.lines, "line")} of ${traffic.files.join(", ")}`],
            ["prefix", traffic.prefix && `paths were read without ${traffic.prefix}`],
            ["unread", traffic.unread ? `${count(traffic.unread, "line")} hold no request that could be read, the first is line ${whole(traffic.first_unread)}` : ""],
            ["no route", traffic.elsewhere_requests ? `${count(traffic.elsewhere_requests, "request")} no route takes: ${elsewhere.map((each) => `${each.shape} (${whole(each.requests)})`).join(", ")}` : ""],
          ]}
        />
        <Table
          label="Traffic of the routes"
          rows={routes}
          columns={[
            routed,
            figure("requests", (row) => row.requests, whole),
            figure("4xx", (row) => row.refused, whole),
            figure("share", (row) => row.share, share),
            text("in this run", (row) => (row.called === false ? "never called" : "")),
          ]}
        />
      </>
    ),
  };
}

const COUNTED = [
  ["statements", (row) => row.statements],
  ["rows", (row) => row.rows],
  ["bytes", (row) => row.bytes],
  ["db ms", (row) => row.database_ms],
  ["p50 ms", (row) => row.p50_ms],
  ["cpu ms", (row) => row.cpu_ms],
  ["blocked ms", (row) => row.blocked_ms],
];

/** Two lists of figures of routes side by side, route by route. */
function sideBySide(before, now) {
  const earlier = new Map(before.map((each) => [each.route, each]));
  return now.filter((each) => earlier.has(each.route)).map((each) => ({ route: each.route, before: earlier.get(each.route), now: each }));
}

const beside = COUNTED.map(([name, of]) => ({
  name,
  of: ({ before, now }) => {
    const told = pair(of(before), of(now));
    const [left, right] = told.split(" → ");
    return left === right ? <span class="dim">{left}</span> : told;
  },
}));

function growthPart(growth, add) {
  const larger = growth.larger ?? [];
  const otherwise = growth.otherwise ? ` ${count(growth.otherwise, "request")} answered with another status than with fewer rows: not compared.` : "";
  add(`What grows with the data; ${whole(growth.small)} → ${whole(growth.large)} rows a table`, sideBySide(growth.routes, larger), [routed, ...beside], `Means per request.${otherwise}`);
}

function comparedPart(report, add) {
  const { compared } = report;
  const unlike = (report.compared_unlike ?? []).length ? ` Not the same work: ${report.compared_unlike.join("; ")}.` : "";
  add(`Compared with ${compared.id}; before → now`, sideBySide(compared.routes, report.routes), [routed, ...beside], `Means per request. Counts say what changed; times of two single runs wobble.${unlike}`);
}

function calledPart(coverage) {
  const { declared, uncalled = [], refused = [] } = coverage;
  if (!uncalled.length && !refused.length) return { title: "", body: null };
  const said = (list, what) => list.length > 0 && `${list.length} of ${declared} ${what}: ${list.join(", ")}`;
  return {
    title: "Routes of which this run says nothing",
    body: <Entries rows={[["not called", said(uncalled, "were not called")], ["refused", said(refused, "never answered below 400")]]} />,
  };
}

function coverageParts(coverage, add) {
  const ways = (row) => (row.effects ?? []).filter((each) => each.blocks);
  add("What each route may do", coverage.routes, [
    routed,
    text("does", (row) => [...new Set((row.effects ?? []).map((each) => each.kind))].sort().join(", ") || "computes only"),
    text("blocks", (row) =>
      ways(row).map((way, position) => (
        <div key={position}>
          {way.name}: {[...(way.path ?? []), way.location].map((step) => `${step.path}:${step.line}`).join(" → ")}
        </div>
      )),
    ),
    figure("functions", (row) => row.functions, whole),
    figure("calls followed", (row) => `${whole(row.followed)} of ${whole(row.calls)}`, String),
  ]); // prettier-ignore
  add("Calls that could not be followed", coverage.unresolved, [
    text("call", (row) => <code>{row.code}</code>),
    figure("times", (row) => row.count, whole),
    text("first at", (row) => <Place at={row.location} />),
  ], `${whole(coverage.followed)} of ${count(coverage.calls, "call")} in what requests run were followed.`); // prettier-ignore
}

function consultedPart(told) {
  const { findings = 0, kept_answers: kept = 0, files = [], hosts = [] } = told;
  return {
    title: "Asked a language model",
    body: (
      <Entries
        rows={[
          ["model", `${told.model}, ${told.where}${hosts.length ? ` (${hosts.join(", ")})` : ""}`],
          ["asked", `${findings ? `about ${count(findings, "finding")}` : "nothing"}${kept ? `; ${count(kept, "answer")} kept from before` : ""}`],
          ["tokens", findings ? `${whole(told.input_tokens)} asked, ${whole(told.output_tokens)} answered` : ""],
          ["sent", files.length ? `code of ${files.join(", ")}${told.left_out ? `, without ${count(told.left_out, "text")} that looked like secrets` : ""}` : ""],
          ["kept in", files.length ? told.folder : ""],
        ]}
      />
    ),
  };
}

/** The section; nothing where all has been told. */
export function More() {
  const { model } = usePage();
  const parts = partsOf(model.report);
  if (!parts.length) return null;
  return (
    <Section id="more" title="More">
      {parts.map((part) => (
        <Fold key={part.title} summary={part.title} class="part-of-more">
          {part.note && <p class="note">{part.note}</p>}
          {part.body}
        </Fold>
      ))}
    </Section>
  );
}
