// SPDX-License-Identifier: Apache-2.0
// Checks T8 exchanges, as tg-fake-scef --log writes them, against the 3GPP OpenAPI bundle with openapi-backend.
//
//   node validate.mjs [--bundle FILE] [--allow-refused] LOG…
//
// Both directions are checked, requests and responses. A callback is checked against the one schema its members choose:
// the bundle's strict oneOf rejects correct uplink data, because that also satisfies ManagePortNotification.
// --allow-refused lets a bad request pass where it was answered 4xx (a test of the SCEF sends such on purpose).
// Exit status: 0 all well, 1 violations, 2 wrong use, 77 skipped (no bundle, or no validator to be had).

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadValidator } from "./peers.mjs";
import { prepare } from "./definition.mjs";
import { checkExchange } from "./exchange.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const BUNDLE = resolve(here, "../../../../shared/data/3gpp/bundle_TS29122_NIDD.json");

function stop(code, message) {
  console.log(message);
  process.exit(code);
}

function readArguments(argv) {
  const options = { bundle: BUNDLE, allowRefused: false, logs: [] };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === "--bundle" && i + 1 < argv.length) options.bundle = resolve(argv[++i]);
    else if (argv[i] === "--allow-refused") options.allowRefused = true;
    else if (argv[i].startsWith("--")) stop(2, `validate: ${argv[i]} is not understood`);
    else options.logs.push(argv[i]);
  }
  if (options.logs.length === 0) stop(2, "usage: validate.mjs [--bundle FILE] [--allow-refused] LOG…");
  return options;
}

function readBundle(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") stop(77, `skipped: no 3GPP bundle at ${file}`);
    throw error;
  }
}

function* readLog(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] !== "") yield { where: `${file}:${i + 1}`, exchange: JSON.parse(lines[i]) };
  }
}

const options = readArguments(process.argv.slice(2));
const definition = prepare(readBundle(options.bundle));
const peers = await loadValidator(join(here, "package.json"));
if (peers === null) stop(77, "skipped: openapi-backend can't be installed");
const { OpenAPIBackend, addFormats } = peers;

const api = new OpenAPIBackend({ definition, quick: true, strict: false, customizeAjv: (ajv) => addFormats(ajv) });
await api.init();

let passed = 0;
let failed = 0;
for (const log of options.logs) {
  for (const { where, exchange } of readLog(log)) {
    const violations = checkExchange(api, exchange, options);
    if (violations === null) continue; // no T8: control requests and tokens
    if (violations.length === 0) passed++;
    else failed++;
    for (const text of violations) {
      console.log(`${where}: ${exchange.direction} ${exchange.method} ${exchange.path} ${exchange.status}: ${text}`);
    }
  }
}
if (passed + failed === 0) console.log("there is no T8 exchange in the log");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
