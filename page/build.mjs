// Builds src/pitstop/reports/page.html: one file with its style, its script and the licences of what is bundled.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = resolve(here, "../src/pitstop/reports/page.html");

/** All files that the page is made from, by their paths from here, sorted. */
function sources(folder = "") {
  return readdirSync(join(here, folder), { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      return entry.isDirectory() ? sources(path) : [path];
    })
    .sort();
}

/** A hash over paths and bytes, each ended by a zero byte: tests/page/test_source.py makes the same. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const path of sources()) hash.update(path).update("\0").update(readFileSync(join(here, path))).update("\0");
  return hash.digest("hex");
}

/** The licence files of the packages of which anything is bundled; texts that are the same are told once. */
function licences(inputs) {
  const names = new Set(Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
  const texts = new Map();
  for (const name of [...names].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = readFileSync(join(folder, file), "utf8").trim().replaceAll("-->", "-- >");
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...texts].map(([text, packages]) => `${packages.join(", ")}\n\n${text}`).join("\n\n==========\n\n");
}

const made = await build({
  absWorkingDir: here,
  entryPoints: { page: "src/index.jsx", style: "src/style.css" },
  outdir: "built",
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "info",
});
const text = (ending) => made.outputFiles.find((each) => each.path.endsWith(ending)).text.trim();
const parts = {
  __SOURCE__: `sha256-${fingerprint()}`,
  __STYLE__: text("style.css"),
  __SCRIPT__: text(".js").replaceAll("</script", "<\\/script"),
  __LICENCES__: licences(made.metafile.inputs),
};
const page = readFileSync(join(here, "src/page.html"), "utf8").replace(/__(?:SOURCE|STYLE|SCRIPT|LICENCES)__/g, (name) => parts[name]);
if (page.split("__DATA__").length !== 2) throw new Error("the page must have one place for its data");
writeFileSync(output, page);
console.log(`${relative(process.cwd(), output)}: ${Math.round(Buffer.byteLength(page) / 1024)} KiB`);
