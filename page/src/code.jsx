// Code, diffs and statements, coloured. All of it is made of text nodes: nothing of a report is ever read as HTML.

import { parse } from "diff2html/lib-esm/diff-parser.js";
import hljs from "highlight.js/lib/core";
import python from "highlight.js/lib/languages/python";

import { Scroll } from "./parts.jsx";

hljs.registerLanguage("python", python);

const LONGEST_COLOURED = 40_000;

/** Code as lines of `[scope, text]` pieces, so that each line is an element of its own. */
function lined(text, language) {
  const lines = [[]];
  const put = (scope, piece) => {
    piece.split("\n").forEach((part, position) => {
      if (position) lines.push([]);
      if (part) lines.at(-1).push([scope, part]);
    });
  };
  const walk = (node, scope) => {
    if (typeof node === "string") put(scope, node);
    else for (const child of node.children) walk(child, node.scope ?? scope);
  };
  if (language !== "python" || text.length > LONGEST_COLOURED) put("", text);
  else walk(hljs.highlight(text, { language, ignoreIllegals: true })._emitter.rootNode, "");
  return lines;
}

const pieces = (line) =>
  line.map(([scope, text], position) =>
    scope ? (
      <span key={position} class={`hl-${scope.split(".")[0]}`}>
        {text}
      </span>
    ) : (
      text
    ),
  );

const languageOf = (path) => (/\.pyi?$/.test(path) ? "python" : "text");

/** Source around a finding. `marked` are the lines that it is about. */
export function Excerpt({ path, line, text, marked, label }) {
  return (
    <figure class="code">
      <figcaption>
        <code>{path}</code>
      </figcaption>
      <Scroll label={label ?? `Code of ${path}`}>
        <pre>
          {lined(text.replace(/\n$/, ""), languageOf(path)).map((each, position) => {
            const number = line + position;
            const is = number >= marked[0] && number <= marked[1];
            return (
              <div key={number} class={is ? "line marked" : "line"}>
                <span class="number" aria-hidden="true">
                  {number}
                </span>
                {is && <span class="hidden">here: </span>}
                <code>{pieces(each)}</code>
                {"\n"}
              </div>
            );
          })}
        </pre>
      </Scroll>
    </figure>
  );
}

/** Code without numbers, as a page about a problem has it. */
export function Block({ text, language }) {
  return (
    <figure class="code bare">
      <Scroll label="Example">
        <pre>
          <code>
            {lined(text, language).map((line, position) => [position ? "\n" : "", ...[pieces(line)].flat()])}
          </code>
        </pre>
      </Scroll>
    </figure>
  );
}

const WORDS =
  /\b(SELECT|FROM|WHERE|AND|OR|NOT|IN|IS|NULL|JOIN|LEFT|RIGHT|INNER|OUTER|ON|GROUP|ORDER|BY|LIMIT|OFFSET|INSERT|INTO|VALUES|UPDATE|SET|DELETE|CREATE|UNIQUE|INDEX|AS|DISTINCT|HAVING|UNION|ALL|EXISTS|BETWEEN|LIKE|CASE|WHEN|THEN|ELSE|END|ASC|DESC|RETURNING|WITH)\b/;

/** An SQL statement, its words set off. */
export function Sql({ text }) {
  return (
    <code class="sql">
      {text.split(WORDS).map((piece, position) =>
        position % 2 ? (
          <b key={position}>{piece}</b>
        ) : (
          piece
        ),
      )}
    </code>
  );
}

/** The parts of two lines that differ: what they begin and end with alike is left out. Null where little but the indent is alike. */
function changedPart(one, other) {
  const indent = /^\s*/.exec(one)[0].length;
  let start = 0;
  const most = Math.min(one.length, other.length);
  while (start < most && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < most - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return Math.max(start - indent, 0) + end < 0.4 * (most - indent) ? null : [start, end];
}

/** The pieces of a line, with the part from `start` to `end` characters before its end marked. */
function withPart(line, part, Tag) {
  if (!part) return pieces(line);
  const length = line.reduce((sum, [, text]) => sum + text.length, 0);
  const [from, to] = [part[0], length - part[1]];
  const groups = [[], [], []];
  let at = 0;
  for (const [scope, text] of line) {
    const cuts = [0, Math.min(Math.max(from - at, 0), text.length), Math.min(Math.max(to - at, 0), text.length), text.length];
    for (const group of [0, 1, 2]) {
      const piece = text.slice(cuts[group], Math.max(cuts[group], cuts[group + 1]));
      if (piece) groups[group].push([scope, piece]);
    }
    at += text.length;
  }
  return [...pieces(groups[0]), groups[1].length ? <Tag key="part">{pieces(groups[1])}</Tag> : null, ...pieces(groups[2])];
}

const KIND = { insert: "insert", delete: "delete", context: "context" };
const SIGN = { insert: "+", delete: "-", context: " " };

/** The lines of a block: text without its sign, coloured as one text for each side, and the part that changed of pairs of lines. */
function rowsOf(block, language) {
  const rows = block.lines.map((line) => ({ ...line, kind: KIND[line.type], text: line.content.slice(1), part: null }));
  for (const kinds of [["delete"], ["insert", "context"]]) {
    const own = rows.filter((row) => kinds.includes(row.kind));
    const coloured = lined(own.map((row) => row.text).join("\n"), language);
    own.forEach((row, position) => (row.pieces = coloured[position] ?? []));
  }
  for (let at = 0; at < rows.length; at += 1) {
    const removed = rows.slice(at).findIndex((row) => row.kind !== "delete");
    if (removed <= 0) continue;
    for (let n = 0; n < removed && rows[at + removed + n]?.kind === "insert"; n += 1) {
      const part = changedPart(rows[at + n].text, rows[at + removed + n].text);
      rows[at + n].part = rows[at + removed + n].part = part;
    }
    at += removed;
  }
  return rows;
}

/** A unified diff, file by file. One without names of files, as an option may have, is shown as it stands. */
export function Diff({ text, label = "Diff" }) {
  const named = /^--- /m.test(text) ? text : `--- a/change\n+++ b/change\n@@ -1 +1 @@\n${text}`;
  const files = parse(named.replace(/\n$/, ""));
  return (
    <div class="diff">
      {files.map((file, position) => {
        const name = file.newName === "/dev/null" ? file.oldName : file.newName;
        const what = file.oldName === "/dev/null" ? "new file" : file.newName === "/dev/null" ? "removed" : "";
        return (
          <figure class="code" key={position}>
            {named === text && (
              <figcaption>
                <code>{name}</code> {what && <span class="dim">{what}</span>}
                <span class="diffstat">
                  <span class="added">+{file.addedLines}</span> <span class="removed">−{file.deletedLines}</span>
                </span>
              </figcaption>
            )}
            <Scroll label={`${label} of ${name}`}>
              <pre>
                {file.blocks.map((block, number) => (
                  <Hunk key={number} block={block} language={languageOf(name)} named={named === text} />
                ))}
              </pre>
            </Scroll>
          </figure>
        );
      })}
    </div>
  );
}

function Hunk({ block, language, named }) {
  return (
    <>
      {named && <div class="line hunk">{`${block.header}\n`}</div>}
      {rowsOf(block, language).map((row, position) => (
        <div key={position} class={`line ${row.kind}`}>
          {named && (
            <span class="number" aria-hidden="true">
              {row.newNumber ?? row.oldNumber}
            </span>
          )}
          <span class="sign">{SIGN[row.kind]}</span>
          <code>{withPart(row.pieces, row.part, row.kind === "delete" ? "del" : "ins")}</code>
          {"\n"}
        </div>
      ))}
    </>
  );
}
