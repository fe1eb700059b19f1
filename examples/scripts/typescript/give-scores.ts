// Gives scores from a table, once under its key: node give-scores.js COURSE FILE KEY [--dry-run]
import { readFileSync } from "node:fs";
import { change, end, type Problem, type Row } from "./lectern.js";

const IMPORT = `
  mutation Give($input: ImportScoresInput!) {
    importScores(input: $input) { given refused rows { line outcome message } problems { message } }
  }
`;

const [course, file, idempotencyKey, ...words] = process.argv.slice(2);
if (course === undefined || file === undefined || idempotencyKey === undefined) end("Say which course, table and key.");

const csv = readFileSync(file, "utf8");
const input = { course, csv, idempotencyKey, dryRun: words.includes("--dry-run") };
const done = await change<{ given: number; refused: number; rows: Row[]; problems: Problem[] }>(IMPORT, input);
for (const row of done.rows.filter(({ outcome }) => outcome !== "GIVEN" && outcome !== "UNCHANGED")) {
  console.error(`line ${row.line}: ${row.message}`);
}
console.log(`${done.given} given, ${done.refused} refused`);
process.exitCode = done.refused > 0 ? 1 : 0;
