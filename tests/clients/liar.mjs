// A provider of sign-ins that lies as it is told: reads `{"lie": ...}` as lines of JSON and says of each that it is done. Says its port
// first. The end of the input ends this.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const [own, other] = [await generateKeyPair("RS256"), await generateKeyPair("RS256")];
const published = { ...(await exportJWK(own.publicKey)), kid: "own", use: "sig" };
const now = () => Math.floor(Date.now() / 1000);
let lie = "none";
let nonce;

async function token(issuer) {
  const claims = {
    iss: lie === "issuer" ? "http://127.0.0.1:1" : issuer,
    aud: lie === "audience" ? "another" : lie === "audiences" ? ["lectern", "another"] : "lectern",
    sub: "ada",
    nonce: lie === "nonce" ? "another" : lie === "no nonce" ? undefined : nonce,
    iat: now(),
    exp: now() + (lie === "expired" ? -120 : 300),
    email: lie === "no address" ? undefined : "ada@example.org",
    name: "Ada",
    email_verified: lie === "text" ? "true" : true,
  };
  if (lie === "alg none") return new UnsecuredJWT(claims).encode();
  if (lie === "shared secret") {
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from("a secret of the stories"));
  }
  if (lie === "confusion") {
    const text = JSON.stringify(published);
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "own" }).sign(Buffer.from(text));
  }
  const key = lie === "other key" ? other.privateKey : own.privateKey;
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: lie === "unknown key" ? "x" : "own" }).sign(key);
}

const pages = {
  "/.well-known/openid-configuration": (issuer) => ({
    issuer: lie === "other issuer" ? "http://127.0.0.1:1" : issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
  }),
  "/jwks": () => ({ keys: [published] }),
  "/userinfo": () => ({ sub: "mallory", email: "ada@example.org", email_verified: true }),
  "/token": async (issuer) => ({
    access_token: "x",
    token_type: "Bearer",
    id_token: lie === "no token" ? undefined : await token(issuer),
  }),
};

const server = createServer(async (request, response) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const url = new URL(request.url, issuer);
  if (url.pathname === "/authorize") {
    nonce = url.searchParams.get("nonce");
    const back = new URL(url.searchParams.get("redirect_uri"));
    back.search = new URLSearchParams({ code: "x", state: url.searchParams.get("state") });
    return response.writeHead(303, { location: back.href }).end();
  }
  if (lie === "flood" && url.pathname === "/token") return response.end("x".repeat(2 << 20));
  if (lie === "hang up" && url.pathname === "/token") return request.socket.destroy();
  const page = await pages[url.pathname](issuer);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page));
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
for await (const line of createInterface({ input: process.stdin })) {
  lie = JSON.parse(line).lie;
  say({ done: true });
}
process.exit(0);
