// A whole life by @grpc/grpc-js against the real silo: publish, record over the stream, subscribe, receive, settle.
// Usage: node lifecycle.mjs <host:port> <folder of the protos> <folder of node_modules> <playbook>. Prints one line of JSON; any failure ends with another exit code.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";

const [, , address, protos, modules, playbook] = process.argv;
const require = createRequire(join(modules, "index.js"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const files = ["signals", "actions", "playbooks", "accounts"].map(name => `orchestrator/v1/${name}.proto`);
const { v1 } = grpc.loadPackageDefinition(loader.loadSync(files, { includeDirs: [protos], keepCase: true, enums: String, longs: Number, oneofs: true, arrays: true })).orchestrator;
const client = service => new v1[service](address, grpc.credentials.createInsecure());
const limit = setTimeout(() => { console.error("nothing for 30 s"); process.exit(3); }, 30_000);

const unary = (service, method, request) => new Promise((resolve, reject) =>
  client(service)[method](request, (error, response) => error ? reject(error) : resolve(response)));

const published = await unary("PlaybookService", "Publish", { text: readFileSync(playbook, "utf8"), file: playbook });
assert.equal(published.version.version, 1);

const actions = client("ActionService").Subscribe();
const settled = new Promise((resolve, reject) => {
  const seen = {};
  actions.on("error", reject);
  actions.on("data", response => {
    for (const delivery of response.deliveries) {
      seen.action = delivery.action;
      actions.write({ settlements: [{ ack_id: delivery.ack_id, done: { outcome: "delivered" } }] });
    }
    for (const result of response.results) resolve({ ...seen, result });
  });
});
actions.write({ open: { subscription: "node", max_outstanding: 10 } });

const record = client("SignalService").Record();
const acknowledged = new Promise((resolve, reject) => {
  const all = [];
  record.on("error", reject);
  record.on("data", response => all.push(...response.acknowledgements));
  record.on("end", () => resolve(all));
});
for (let n = 0; n < 20; n++) {
  record.write({ signal: { id: `n-${n}`, type: "page.viewed", account: "node.example", identifiers: [{ kind: "email", value: "ann@node.example" }], properties: { topic: { text: "grpc" } } } });
}
record.write({ signal: { id: "n-0", type: "page.viewed", account: "node.example", identifiers: [{ kind: "email", value: "ann@node.example" }], properties: { topic: { text: "grpc" } } } });
record.end();
const all = await acknowledged;
const { action, result } = await settled;
actions.cancel();
actions.on("error", () => {});
clearTimeout(limit);
console.log(JSON.stringify({
  recorded: all.filter(a => a.result === "RESULT_RECORDED").length,
  duplicates: all.filter(a => a.result === "RESULT_DUPLICATE").length,
  play: action.play, account: action.account, identifier: action.identifiers[0]?.value, result: result.result,
}));
process.exit(0);
