// A dashboard that stays open: follows a course with the graphql-ws client, which connects again by itself, and goes on behind the
// last event that it has seen.
//
// The first line of the input is JSON: url, token, query, variables. Each event is one line of JSON on the output, and so is each
// loss of the connection, as {"lost": code}. The end of the input ends this.
import { createInterface } from "node:readline";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function follow({ url, token, query, variables }) {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
    on: { closed: (event) => say({ lost: event.code ?? null }) },
  });
  client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) return say({ errors });
        // The client sends the same variables when it subscribes again.
        variables.after = data.courseActivity.cursor;
        return say({ event: data.courseActivity });
      },
      error: (error) => say({ errors: [String(error?.message ?? error)] }),
      complete: () => say({ errors: ["complete"] }),
    },
  );
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => follow(JSON.parse(line)));
input.once("close", () => process.exit(0));
