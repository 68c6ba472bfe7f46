// An OpenID Connect provider for tests: `node provider.mjs PORT REDIRECT_URI`, until it is ended.
// Whoever signs in as "ana", "ben" or "eve" is that account; Ben and Eve have the same e-mail address.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const accounts = {
  ana: { name: "Ana Ruiz", email: "ana@example.com", groups: ["sre", "leads"], tid: "leeds-it" },
  ben: { name: "Ben Okafor", email: "ops@example.com", groups: ["sre"], tid: "leeds-it" },
  eve: { name: "Ben Okafor", email: "ops@example.com", groups: [], tid: "leeds-it" },
  out: { name: "Out Sider", email: "out@example.com", groups: ["leads"], tid: "another" },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "rflow", client_secret: "provider-secret-of-rflow", redirect_uris: [redirect] }],
  claims: { openid: ["sub"], profile: ["name", "groups", "tid"], email: ["email"] },
  pkce: { required: () => true },
  findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
