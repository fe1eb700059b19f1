// Lists the submissions that count for an assignment, one a line: node finals.js COURSE/ASSIGNMENT
import { client, pages } from "./lectern.js";

const FINALS = `
  query Finals($endpoint: String!, $after: String) {
    assignment(endpoint: $endpoint) {
      submissions(filter: { isFinal: true }, first: 100, after: $after) {
        nodes { id points submitter { email } files { name } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;

type Final = { id: string; points: string | null; submitter: { email: string } | null; files: { name: string }[] };
type Page = { nodes: Final[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
type Answer = { assignment: { submissions: Page } | null };

const endpoint = process.argv[2];
const finals = pages<Final>(async (after) => (await client.request<Answer>(FINALS, { endpoint, after })).assignment?.submissions);
for await (const final of finals) {
  const files = final.files.map((file) => file.name).join(", ");
  console.log([final.id, final.submitter?.email ?? "-", final.points ?? "-", files].join("\t"));
}
