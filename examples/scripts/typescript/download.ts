// Downloads the submissions that count into a folder for each: node download.js COURSE[/ASSIGNMENT] FOLDER [labSection=A1] …
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { end, lines } from "./lectern.js";

type SourceFile = { name: string; text?: string; base64?: string };
type Final = { submission: string; files: SourceFile[] };
type End = { end: true; count: number };

const [place, folder, ...filters] = process.argv.slice(2);
if (place === undefined || folder === undefined) end("Say which course or assignment, and where to.");

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
  for (const file of told.files) {
    // Names are as students chose them: without slashes they reach no other folder.
    const name = file.name.replaceAll(/[/\\\0]+/g, "_").replace(/^\.*$/, "_");
    writeFileSync(join(own, name), file.text ?? Buffer.from(file.base64 ?? "", "base64"));
  }
  count += 1;
}
// The last line counts them; without it, something is missing.
if (!whole) end(`The download broke off after ${count} submissions.`);
console.log(`${count} submissions`);
