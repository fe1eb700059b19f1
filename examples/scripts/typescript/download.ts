// Downloads the submissions that count into a folder for each: node download.js COURSE[/ASSIGNMENT] FOLDER [labSection=A1] …
import { mkdirSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { end, lines } from "./lectern.js";

type SourceFile = { name: string; text?: string; base64?: string };
type Final = { submission: string; files: SourceFile[] };
type End = { end: true; count: number };

const [place, folder, ...filters] = process.argv.slice(2);
if (place === undefined || folder === undefined) end("Say which course or assignment, and where to.");

// A name that leads to no other folder, and that no other file of the submission has: names are as students chose them.
function plain(name: string, taken: Set<string>): string {
  const clean = [...name.replaceAll(/[/\\:]+/g, "_")].slice(-60).join("").replace(/[. ]+$/, "") || "_";
  const { name: stem, ext } = parse(clean);
  let free = clean;
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${stem}~${number}${ext}`;
  taken.add(free.toLowerCase());
  return free;
}

let count = 0;
let whole = false;
for await (const line of lines(`${place}/finals.jsonl?${new URLSearchParams(filters.map((word) => word.split("=") as [string, string]))}`)) {
  const told = JSON.parse(line) as Final | End;
  if ("end" in told) {
    whole = told.count === count;
    continue;
  }
  const own = join(folder, told.submission);
  mkdirSync(own, { recursive: true });
  const taken = new Set<string>();
  for (const file of told.files) {
    writeFileSync(join(own, plain(file.name, taken)), file.text ?? Buffer.from(file.base64 ?? "", "base64"));
  }
  count += 1;
}
// The last line counts them; without it, something is missing.
if (!whole) end(`The download broke off after ${count} submissions.`);
console.log(`${count} submissions`);
