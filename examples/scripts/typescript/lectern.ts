// What the scripts share: where the site is, whose token they use, and how they ask.
import { readFileSync } from "node:fs";
import { GraphQLClient } from "graphql-request";

const site = (process.env["LECTERN_URL"] ?? "http://127.0.0.1:8000").replace(/\/$/, "");
const token = readFileSync(process.env["LECTERN_TOKEN_FILE"] ?? "token", "utf8").trim();
const headers = { authorization: `Bearer ${token}` };

export const client = new GraphQLClient(`${site}/graphql`, { headers });

export type Problem = { message: string };
export type Row = { line: number; outcome: string; message: string };
type Page<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

// Ends the script with something to read.
export function end(message: string): never {
  console.error(message);
  process.exit(1);
}

// The payload of a mutation that takes one input; its problems end the script.
export async function change<Payload extends { problems: Problem[] }>(document: string, input: object): Promise<Payload> {
  const [payload] = Object.values(await client.request<Record<string, Payload>>(document, { input }));
  if (payload === undefined) return end("There is no answer.");
  if (payload.problems.length > 0) return end(payload.problems.map((problem) => problem.message).join("\n"));
  return payload;
}

// Every node of a list, page by page. Null is a list that you may not see.
export async function* pages<Node>(ask: (after: string | null) => Promise<Page<Node> | null | undefined>) {
  let after: string | null = null;
  for (;;) {
    const page: Page<Node> = (await ask(after)) ?? end("There is no such thing that you may see.");
    yield* page.nodes;
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}

// A download, as lines that are read while they come. One that breaks off is an error.
export async function* lines(path: string): AsyncGenerator<string> {
  const answer = await fetch(`${site}/api/exports/${path}`, { headers });
  if (!answer.ok || answer.body === null) return end(((await answer.json()) as Problem).message);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of answer.body) {
    const parts = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
