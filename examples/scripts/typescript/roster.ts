// Imports a roster, after a look at what would become of it: node roster.js COURSE FILE [--yes]
import { readFileSync } from "node:fs";
import { change, end, type Problem, type Row } from "./lectern.js";

const IMPORT = `
  mutation Import($input: ImportRosterInput!) {
    importRoster(input: $input) { changed refused rows { line outcome message } problems { message } }
  }
`;

type Done = { changed: number; refused: number; rows: Row[]; problems: Problem[] };

const [course, file, ...words] = process.argv.slice(2);
if (course === undefined || file === undefined) end("Say which course and table.");

const csv = readFileSync(file, "utf8");
const told = (done: Done): void => {
  for (const row of done.rows) console.log(`${row.line}\t${row.outcome.toLowerCase()}\t${row.message}`);
  console.log(`${done.changed} changed, ${done.refused} refused`);
};
told(await change<Done>(IMPORT, { course, csv, dryRun: true }));
if (!words.includes("--yes")) end("Nothing was changed. Say --yes to import it.");
const done = await change<Done>(IMPORT, { course, csv });
told(done);
process.exitCode = done.refused > 0 ? 1 : 0;
