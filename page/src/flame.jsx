// Where a route's time goes, function within function, as means per request.

import flamegraph from "d3-flame-graph";
import { select } from "d3-selection";
import { useEffect, useRef, useState } from "preact/hooks";

import { number } from "./figures.js";
import { GROUPS, colour } from "./phases.jsx";

const ROW = 20;

/** Kinds that a name of its own says nothing of. */
const TOLD = new Set(["middleware", "dependency", "handler", "background"]);

const boxOf = (box) => ({
  name: TOLD.has(box.kind) && !box.name.startsWith(box.kind) ? `${box.kind} ${box.name}`.trim() : box.name,
  kind: box.kind ?? "",
  value: box.ms,
  path: box.path ?? "",
  line: box.line ?? 0,
  children: (box.inner ?? []).map(boxOf),
});

const words = ({ data }, whole) =>
  `${data.name}: ${number(data.value)} ms, ${Math.round((100 * data.value) / whole)} %${data.path ? ` (${data.path}:${data.line})` : ""}`;

/** A flame graph of `report.flames`: a click or Enter on a box makes it as wide as the whole, on the lowest one undoes that. */
export function Flame({ flame }) {
  const holder = useRef();
  const [told, tell] = useState("");
  const whole = flame.boxes.reduce((sum, each) => sum + each.ms, 0);

  useEffect(() => {
    const element = holder.current;
    const data = { name: flame.route, kind: "route", value: whole, path: "", line: 0, children: flame.boxes.map(boxOf) };
    const draw = (width) => {
      select(element).selectAll("*").remove();
      const chart = flamegraph()
        .width(width)
        .cellHeight(ROW)
        .inverted(true)
        .sort(false)
        .minFrameSize(1)
        .transitionDuration(0)
        .tooltip(false)
        .setLabelHandler((box) => words(box, whole))
        .setColorMapper((box) => (box.data.kind === "route" ? "var(--phase-root)" : colour(box.data.kind)))
        .onHover((box) => tell(words(box, whole)))
        .onClick((box) => {
          tell(words(box, whole));
          reachable();
        });
      const reachable = () => {
        // the library leaves two rows free below the boxes
        const height = ROW * (1 + Math.max(...select(element).selectAll("g.frame").data().map((box) => box.depth)));
        select(element)
          .select("svg")
          .attr("role", "group")
          .attr("aria-label", `Flame graph of ${flame.route}`)
          .attr("height", height)
          .attr("viewBox", `0 0 ${width} ${height}`);
        select(element)
          .selectAll("g.frame")
          .attr("tabindex", 0)
          .attr("role", "button")
          .attr("data-phase", (box) => GROUPS[box.data.kind] ?? "other")
          .attr("aria-label", (box) => words(box, whole))
          .on("focus", (_, box) => tell(words(box, whole)))
          .on("keydown", function (event) {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            event.stopPropagation();
            this.dispatchEvent(new MouseEvent("click", { bubbles: true }));
          });
      };
      select(element).datum(data).call(chart);
      reachable();
    };
    let last = 0;
    const sized = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width && Math.abs(width - last) > 4) draw((last = width));
    });
    sized.observe(element);
    return () => sized.disconnect();
  }, [flame]);

  return (
    <div class="flame">
      <p class="flame-title">
        <span>Flame graph, means of {flame.requests.toLocaleString("en-US")} {flame.requests === 1 ? "request" : "requests"}; a box is as wide as its time</span>
      </p>
      <div ref={holder} class="flame-boxes" />
      <output class="figures dim flame-told">{told || `${number(whole)} ms in all; point at a box, or move to it with Tab`}</output>
    </div>
  );
}
