// A provider of sign-ins by other people (oidc-provider), for one site. Reads lines of JSON: first what it is made of, later
// `{"rotate": true}` for other keys. Says its port first, and of each line that it is done. The end of the input ends this.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

console.info = console.warn = console.error;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function keys(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { keys: [{ ...(await exportJWK(privateKey)), alg, use: "sig", kid: crypto.randomUUID() }] };
}

let plan;
async function make() {
  const provider = new Provider(`http://127.0.0.1:${server.address().port}`, {
    clients: [{
      client_id: "lectern",
      client_secret: plan.secret,
      redirect_uris: [plan.redirect],
      token_endpoint_auth_method: plan.method,
      id_token_signed_response_alg: plan.alg,
    }],
    clientAuthMethods: [plan.method],
    enabledJWA: { idTokenSigningAlgValues: [plan.alg] },
    jwks: await keys(plan.alg),
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: !plan.inToken,
    cookies: { keys: ["a key of the stories"] },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...plan.people[sub] }) }),
  });
  server.removeAllListeners("request");
  server.on("request", provider.callback());
}

const server = createServer().listen(0, "127.0.0.1", () => say({ port: server.address().port }));
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (said.people) plan = said;
  await make();
  say({ done: true });
}
process.exit(0);
