// Follows one GraphQL operation with the graphql-ws client, as a page in a browser would.
//
// The first line of the input is JSON: url, token (or null), query, variables. Each event is one line of JSON on the output:
// {"next": result}, and at the end {"complete": true}, {"errors": [...]} or {"closed": {"code", "reason"}}.
// The end of the input, which is the end of whoever started this, ends this.
import { createInterface } from "node:readline";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function ended(client, line) {
  say(line);
  client.dispose();
}

function whyItEnded(error) {
  if (Array.isArray(error)) return { errors: error };
  if (typeof error?.code === "number") return { closed: { code: error.code, reason: error.reason ?? "" } };
  return { closed: { code: null, reason: String(error?.message ?? error) } };
}

function follow({ url, token, query, variables }) {
  const connectionParams = token === null ? undefined : { authorization: `Bearer ${token}` };
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  client.subscribe(
    { query, variables },
    {
      next: (result) => say({ next: result }),
      error: (error) => ended(client, whyItEnded(error)),
      complete: () => ended(client, { complete: true }),
    },
  );
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => follow(JSON.parse(line)));
input.once("close", () => process.exit(0));
