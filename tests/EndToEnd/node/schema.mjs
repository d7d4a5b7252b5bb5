// node schema.mjs <folder with node_modules> <schema.json> <file.yaml>...: what a validator that others wrote says of each file, one JSON array of messages a line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, schema, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const Ajv = require("ajv").default;
const { parse } = require("yaml");
const validate = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true }).compile(JSON.parse(readFileSync(schema, "utf8")));
const said = {};
for (const file of files) {
  // Dates stay words, as in the language itself.
  validate(parse(readFileSync(file, "utf8"), { schema: "core" }));
  said[file] = (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}
console.log(JSON.stringify(said));
