// Follows stage changes by @grpc/grpc-js against the real silo: a signal's acknowledgement and the change that it caused bear the same commit.
// Usage: node stages.mjs <host:port> <folder of the protos> <folder of node_modules>. Prints one line of JSON; any failure ends with another exit code.
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";

const [, , address, protos, modules] = process.argv;
const require = createRequire(join(modules, "index.js"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const files = ["signals", "stages"].map(name => `orchestrator/v1/${name}.proto`);
const { v1 } = grpc.loadPackageDefinition(loader.loadSync(files, { includeDirs: [protos], keepCase: true, enums: String, longs: Number, oneofs: true, arrays: true })).orchestrator;
const client = service => new v1[service](address, grpc.credentials.createInsecure());
const limit = setTimeout(() => { console.error("nothing for 60 s"); process.exit(3); }, 60_000);

const follow = position => {
  const stream = client("StageService").WatchStages({ position });
  const [waiting, messages] = [[], []];
  stream.on("error", error => { if (error.code !== grpc.status.CANCELLED) { console.error(error); process.exit(4); } });
  stream.on("data", message => waiting.length > 0 ? waiting.shift()(message) : messages.push(message));
  return { next: () => messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise(resolve => waiting.push(resolve)), cancel: () => stream.cancel() };
};
const record = signal => new Promise((resolve, reject) =>
  client("SignalService").RecordBatch({ signals: [signal] }, (error, response) => error ? reject(error) : resolve(response.acknowledgements[0])));
const taken = async (feed, count) => {
  const changes = [];
  let position;
  while (changes.length < count) {
    const message = await feed.next();
    changes.push(...message.changes);
    position = message.position;
  }
  return { changes, position };
};

const first = follow(Buffer.alloc(0));
const { position: begin } = await first.next();
assert.ok(begin.length > 0);
const acknowledged = await record({ id: "b-1", type: "purchase.made", account: "node.example", properties: { amount: { money: { currency: "GBP", minor_units: 100 } } } });
const second = await record({ id: "b-2", type: "purchase.made", account: "node.example", properties: { amount: { money: { currency: "GBP", minor_units: 100 } } } });
const { changes, position } = await taken(first, 2);
first.cancel();
const missed = await record({ id: "b-3", type: "purchase.made", account: "other.example", properties: { amount: { money: { currency: "GBP", minor_units: 100 } } } });
const again = follow(position);
const { changes: later } = await taken(again, 1);
again.cancel();
clearTimeout(limit);
console.log(JSON.stringify({
  stages: changes.map(c => `${c.from ?? ""}>${c.to}`),
  commits: changes.map(c => `${c.commit.partition}/${c.commit.sequence}`),
  acknowledged: [acknowledged, second].map(a => `${a.position.partition}/${a.position.sequence}`),
  later: later.map(c => `${c.account} ${c.commit.partition}/${c.commit.sequence}`), missed: `other.example ${missed.position.partition}/${missed.position.sequence}`,
}));
process.exit(0);
