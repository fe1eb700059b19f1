// Follows one GraphQL operation with the graphql-sse client, one connection for each, as a page behind a proxy would that lets no web
// socket through. What is said and heard is as in follow.mjs; a refusal by HTTP is {"closed": {"code": its status, "reason"}}.
import { createInterface } from "node:readline";
import { createClient } from "graphql-sse";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function follow({ url, token, query, variables }) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const client = createClient({ url, headers, retryAttempts: 0 });
  client.subscribe(
    { query, variables },
    {
      next: (result) => say({ next: result }),
      error: (error) => say({ closed: { code: error?.response?.status ?? null, reason: String(error?.message ?? error) } }),
      complete: () => say({ complete: true }),
    },
  );
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => follow(JSON.parse(line)));
input.once("close", () => process.exit(0));
