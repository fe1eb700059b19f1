// Asks a server all questions of the audit that the graphql-http package has for GraphQL over HTTP.
//
// The first line of the input is JSON: url. Each finding is one line of JSON on the output: {"id", "name", "status", "reason"}, and
// the last one {"end": true}. A status is "ok", "notice" (may), "warn" (should) or "error" (must).
import { createInterface } from "node:readline";
import { auditServer } from "graphql-http";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const input = createInterface({ input: process.stdin });
input.once("line", async (line) => {
  const { url } = JSON.parse(line);
  for (const { id, name, status, reason } of await auditServer({ url, fetchFn: fetch })) {
    say({ id, name, status, reason });
  }
  say({ end: true });
  process.exit(0);
});
input.once("close", () => process.exit(0));
