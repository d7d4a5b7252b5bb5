// Evaluates expressions with another implementation of CEL. Reads one JSON object a line from the file named by the first
// argument, writes one line for each: kind:value, or error.
import { readFileSync } from "node:fs";
import { celEnv, celUint, isCelError, isCelList, isCelMap, isCelUint, parse, plan } from "@bufbuild/cel";

const env = celEnv();
const bits = new DataView(new ArrayBuffer(8));

function bind([type, value]) {
  switch (type) {
    case "int": return BigInt(value);
    case "uint": return celUint(BigInt(value));
    case "double": return Number(value);
    case "list": return value.map(bind);
    case "map": return new Map(value.map(([key, entry]) => [key, bind(entry)]));
    default: return value;
  }
}

function show(value) {
  if (isCelError(value)) return "error";
  if (value === null) return "null";
  if (isCelUint(value)) return `uint:${value.value}`;
  if (isCelList(value)) return `[${Array.from(value, show).join(",")}]`;
  if (isCelMap(value)) return `map:${value.size}`;
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  switch (typeof value) {
    case "bigint": return `int:${value}`;
    case "boolean": return `bool:${value}`;
    case "string": return `string:${Buffer.from(value, "utf8").toString("hex")}`;
    case "number":
      if (Number.isNaN(value)) return "double:nan";
      bits.setFloat64(0, value);
      return `double:${bits.getBigUint64(0).toString(16).padStart(16, "0")}`;
    default: return `unknown:${typeof value}`;
  }
}

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter((text) => text !== "")) {
  const test = JSON.parse(line);
  let answer;
  try {
    const bindings = Object.fromEntries(Object.entries(test.vars).map(([name, value]) => [name, bind(value)]));
    answer = show(plan(env, parse(test.expr))(bindings));
  } catch (refused) {
    answer = "error";
  }
  console.log(answer);
}
