// gRPC's standard interoperability cases by @grpc/grpc-js.
// Usage: node interop.mjs <host:port> <folder of the protos> <folder of node_modules>. Prints `ok <case>` or `not ok <case>: <reason>` for each.
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";

const [, , address, protos, modules] = process.argv;
const require = createRequire(join(modules, "index.js"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const definition = loader.loadSync("grpc/testing/test.proto", { includeDirs: [protos], keepCase: false, longs: Number });
const { TestService, UnimplementedService } = grpc.loadPackageDefinition(definition).grpc.testing;
const plain = new TestService(address, grpc.credentials.createInsecure());
const zipped = new TestService(address, grpc.credentials.createInsecure(), { "grpc.default_compression_algorithm": 2 });
const absent = new UnimplementedService(address, grpc.credentials.createInsecure());
const zeros = size => ({ body: Buffer.alloc(size) });
const requestSizes = [27182, 8, 1828, 45904];
const responseSizes = [31415, 9, 2653, 58979];

// Resolves with { response, headers, status }; rejects with the service error.
const unary = (client, method, request, metadata = new grpc.Metadata()) => new Promise((resolve, reject) => {
  const seen = {};
  const call = client[method](request, metadata, (error, response) => {
    if (error) reject(error);
    else { seen.response = response; if (seen.status) resolve(seen); }
  });
  call.on("metadata", headers => { seen.headers = headers; });
  call.on("status", status => { seen.status = status; if (seen.response) resolve(seen); });
});

// Collects a response stream to its status; never rejects.
const drain = (call, onData = () => {}) => new Promise(resolve => {
  const seen = { sizes: [] };
  call.on("data", response => { seen.sizes.push(response.payload.body.length); onData(seen.sizes.length); });
  call.on("metadata", headers => { seen.headers = headers; });
  call.on("error", () => {});
  call.on("status", status => { seen.status = status; resolve(seen); });
});

const failsWith = async (promise, code, details) => {
  const error = await promise.then(() => assert.fail("expected an error, found a response"), error => error);
  assert.equal(error.code, code, `${error.code} ${error.details}`);
  if (details !== undefined) assert.equal(error.details, details);
  return error;
};

const upload = (client, requests, then = call => call.end()) => new Promise((resolve, reject) => {
  const call = client.streamingInputCall((error, response) => error ? reject(error) : resolve(response));
  for (const request of requests) call.write(request);
  then(call);
});

const largeRequest = { responseSize: 314159, payload: zeros(271828) };
const cases = {
  empty_unary: async () => assert.deepEqual((await unary(plain, "emptyCall", {})).response, {}),
  large_unary: async () => assert.equal((await unary(plain, "unaryCall", largeRequest)).response.payload.body.length, 314159),
  client_streaming: async () =>
    assert.equal((await upload(plain, requestSizes.map(size => ({ payload: zeros(size) })))).aggregatedPayloadSize, 74922),
  server_streaming: async () => {
    const { sizes, status } = await drain(plain.streamingOutputCall({ responseParameters: responseSizes.map(size => ({ size })) }));
    assert.deepEqual(sizes, responseSizes);
    assert.equal(status.code, 0);
  },
  ping_pong: async () => {
    const call = plain.fullDuplexCall();
    const send = i => i < 4 ? call.write({ responseParameters: [{ size: responseSizes[i] }], payload: zeros(requestSizes[i]) }) : call.end();
    const done = drain(call, send);
    send(0);
    const { sizes, status } = await done;
    assert.deepEqual(sizes, responseSizes);
    assert.equal(status.code, 0);
  },
  empty_stream: async () => {
    const call = plain.fullDuplexCall();
    call.end();
    const { sizes, status } = await drain(call);
    assert.deepEqual([sizes, status.code], [[], 0]);
  },
  timeout_on_sleeping_server: async () => {
    const call = plain.fullDuplexCall({ deadline: Date.now() + 1 });
    call.write({ payload: zeros(27182) });
    assert.equal((await drain(call)).status.code, grpc.status.DEADLINE_EXCEEDED);
  },
  cancel_after_begin: () => failsWith(upload(plain, [], call => call.cancel()), grpc.status.CANCELLED),
  cancel_after_first_response: async () => {
    const call = plain.fullDuplexCall();
    const done = drain(call, () => call.cancel());
    call.write({ responseParameters: [{ size: 31415 }], payload: zeros(27182) });
    assert.equal((await done).status.code, grpc.status.CANCELLED);
  },
  custom_metadata: async () => {
    const metadata = new grpc.Metadata();
    metadata.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
    metadata.set("x-grpc-test-echo-trailing-bin", Buffer.from("ababab", "hex"));
    const echoed = ({ headers, status }) => {
      assert.deepEqual(headers.get("x-grpc-test-echo-initial"), ["test_initial_metadata_value"]);
      assert.deepEqual(status.metadata.get("x-grpc-test-echo-trailing-bin"), [Buffer.from("ababab", "hex")]);
    };
    echoed(await unary(plain, "unaryCall", largeRequest, metadata));
    const call = plain.fullDuplexCall(metadata);
    call.write({ responseParameters: [{ size: 314159 }], payload: zeros(271828) });
    call.end();
    echoed(await drain(call));
  },
  status_code_and_message: async () => {
    const responseStatus = { code: 2, message: "test status message" };
    await failsWith(unary(plain, "unaryCall", { responseStatus }), 2, responseStatus.message);
    const call = plain.fullDuplexCall();
    call.write({ responseStatus });
    call.end();
    const { status } = await drain(call);
    assert.deepEqual([status.code, status.details], [2, responseStatus.message]);
  },
  special_status_message: async () => {
    const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    await failsWith(unary(plain, "unaryCall", { responseStatus: { code: 2, message } }), 2, message);
  },
  unimplemented_method: () => failsWith(unary(plain, "unimplementedCall", {}), grpc.status.UNIMPLEMENTED),
  unimplemented_service: () => failsWith(unary(absent, "unimplementedCall", {}), grpc.status.UNIMPLEMENTED),
  client_compressed_unary: async () => {
    await failsWith(unary(plain, "unaryCall", { ...largeRequest, expectCompressed: { value: true } }), grpc.status.INVALID_ARGUMENT);
    assert.equal((await unary(zipped, "unaryCall", { ...largeRequest, expectCompressed: { value: true } })).response.payload.body.length, 314159);
    assert.equal((await unary(plain, "unaryCall", { ...largeRequest, expectCompressed: { value: false } })).response.payload.body.length, 314159);
  },
  client_compressed_streaming: async () => {
    // This client compresses a stream as a whole.
    const requests = [27182, 45904].map(size => ({ expectCompressed: { value: true }, payload: zeros(size) }));
    assert.equal((await upload(zipped, requests)).aggregatedPayloadSize, 73086);
  },
  server_compressed_unary: async () => {
    for (const value of [true, false]) {
      const { response } = await unary(plain, "unaryCall", { ...largeRequest, responseCompressed: { value } });
      assert.equal(response.payload.body.length, 314159);
    }
  },
  server_compressed_streaming: async () => {
    const { sizes, status } = await drain(plain.streamingOutputCall({
      responseParameters: [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }],
    }));
    assert.deepEqual([sizes, status.code], [[31415, 92653], 0]);
  },
};

for (const [name, run] of Object.entries(cases)) {
  try {
    await Promise.race([run(), new Promise((_, reject) => setTimeout(() => reject(new Error("no answer within 20 s")), 20_000).unref())]);
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`not ok ${name}: ${String(error.message).replaceAll("\n", " ")}`);
  }
}
process.exit(0);
