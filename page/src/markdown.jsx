// The page about a problem: as much of Markdown as those pages are written in.

import { Block } from "./code.jsx";

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\(https?:[^)\s]+\))/;

function inline(text) {
  return text.split(INLINE).map((piece, position) => {
    if (position % 2 === 0) return piece;
    if (piece.startsWith("`")) return <code key={position}>{piece.slice(1, -1)}</code>;
    if (piece.startsWith("**")) return <strong key={position}>{piece.slice(2, -2)}</strong>;
    if (piece.startsWith("*")) return <em key={position}>{piece.slice(1, -1)}</em>;
    const [, words, address] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(piece);
    return (
      <a key={position} href={address} rel="noreferrer">
        {words}
      </a>
    );
  });
}

/** The blocks of a page: `{kind, lines, language}`. */
function blocksOf(markdown) {
  const blocks = [];
  let fence = null;
  let open = null;
  for (const line of markdown.split("\n")) {
    const mark = /^```(\w*)/.exec(line);
    if (fence) {
      if (mark) fence = null;
      else fence.lines.push(line);
      continue;
    }
    if (mark) {
      fence = { kind: "code", language: mark[1], lines: [] };
      blocks.push(fence);
      open = null;
      continue;
    }
    const kind = /^#+ /.test(line) ? "heading" : /^[-*] /.test(line) ? "list" : /^\|/.test(line) ? "table" : line.trim() ? "text" : "";
    if (kind && open && (open.kind === kind || (open.kind === "list" && kind === "text")) && kind !== "heading") {
      if (open.kind === "list" && kind === "text") open.lines[open.lines.length - 1] += ` ${line.trim()}`;
      else open.lines.push(line);
      continue;
    }
    open = kind ? { kind, lines: [line] } : null;
    if (open) blocks.push(open);
  }
  return blocks;
}

/** A page without its first heading, which stands above it already. */
export function Markdown({ text }) {
  const blocks = blocksOf(text.replace(/^# .*\n+/, ""));
  return <div class="prose">{blocks.map((block, position) => <Part key={position} {...block} />)}</div>;
}

function Part({ kind, lines, language }) {
  if (kind === "code") return <Block text={lines.join("\n")} language={language} />;
  if (kind === "heading") return <h4>{inline(lines[0].replace(/^#+ /, ""))}</h4>;
  if (kind === "list") {
    return (
      <ul>
        {lines.map((line, position) => (
          <li key={position}>{inline(line.replace(/^[-*] /, ""))}</li>
        ))}
      </ul>
    );
  }
  if (kind === "table") return <Rows lines={lines} />;
  return <p>{inline(lines.join(" "))}</p>;
}

function Rows({ lines }) {
  const [head, , ...rows] = lines.map((line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim()));
  return (
    <table class="plain">
      <thead>
        <tr>{head.map((cell, position) => <th key={position} scope="col">{inline(cell)}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row, position) => (
          <tr key={position}>{row.map((cell, column) => <td key={column}>{inline(cell)}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}
