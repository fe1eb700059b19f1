// What has changed between two schemas for whoever asks: `node diff.mjs OLD NEW`, as text for people, or with `--json` as one line.
//
// "breaking" may stop a client that asks as before, "dangerous" may surprise one; "removed" is what is gone, with why it was
// deprecated, or null if it was not.
import { readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges, findDangerousChanges, isSpecifiedScalarType } from "graphql";

const [before, after] = process.argv.slice(2, 4).map((path) => buildSchema(readFileSync(path, "utf8")));

// Everything that can be deprecated, by coordinate.
function members(schema) {
  const all = new Map();
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || isSpecifiedScalarType(type)) continue;
    for (const value of type.getValues?.() ?? []) all.set(`${type.name}.${value.name}`, value);
    for (const field of Object.values(type.getFields?.() ?? {})) {
      all.set(`${type.name}.${field.name}`, field);
      for (const argument of field.args ?? []) all.set(`${type.name}.${field.name}(${argument.name}:)`, argument);
    }
  }
  return all;
}

// What is below something that is gone is gone with it.
function removed() {
  const [old, now] = [members(before), members(after)];
  const gone = [...old].filter(([at]) => !now.has(at) && !(at.includes("(") && !now.has(at.split("(")[0])));
  return gone.map(([at, { deprecationReason }]) => ({ at, why: deprecationReason ?? null }));
}

const said = (changes) => changes.map(({ description }) => description);
const answer = {
  breaking: said(findBreakingChanges(before, after)),
  dangerous: said(findDangerousChanges(before, after)),
  removed: removed(),
};
if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
} else {
  for (const kind of ["breaking", "dangerous"]) {
    process.stdout.write(`${kind}:${answer[kind].length ? "" : " nothing"}\n${answer[kind].map((it) => `  ${it}\n`).join("")}`);
  }
}
