// SPDX-License-Identifier: Apache-2.0
// node --test: the validator accepts what TS 29.122 allows and names what it doesn't.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const script = join(dirname(fileURLToPath(import.meta.url)), "validate.mjs");
const folder = mkdtempSync(join(tmpdir(), "t8-"));
after(() => rmSync(folder, { recursive: true }));

const LINK = "http://127.0.0.1:1/3gpp-nidd/v1/as/configurations/c1";
const PATH = "/3gpp-nidd/v1/as/configurations";
const CONFIGURATION = { externalId: "d@e", notificationDestination: "http://127.0.0.1:2/cb" };
const UPLINK = { niddConfiguration: LINK, externalId: "d@e", data: "AQ==" };
const MERGE = "application/merge-patch+json";

function exchange(changes) {
  const whole = {
    direction: "in", method: "POST", path: PATH, requestHeaders: { "content-type": "application/json" }, requestBody: CONFIGURATION,
    status: 201, responseHeaders: { "content-type": "application/json", location: LINK }, responseBody: { ...CONFIGURATION, self: LINK }, ...changes,
  };
  const text = (body) => (body === null || typeof body === "string" ? body : JSON.stringify(body));
  return { ...whole, requestBody: text(whole.requestBody), responseBody: text(whole.responseBody) };
}

function callback(requestBody, changes = {}) {
  return exchange({ direction: "out", path: "/cb", requestBody, status: 204, responseHeaders: {}, responseBody: null, ...changes });
}

function run(line, ...options) {
  const log = join(folder, "log.jsonl");
  writeFileSync(log, `${JSON.stringify(line)}\n`);
  const result = spawnSync(process.execPath, [script, ...options, log], { encoding: "utf8" });
  return { code: result.status, out: result.stdout };
}

const first = run(exchange({}));
const skip = first.code === 77 ? first.out.trim() : false;

const GOOD = {
  "a created configuration": exchange({}),
  "an uplink, which fits more than one schema of the oneOf": callback(UPLINK),
  "a delivery status": callback({ niddDownlinkDataTransfer: `${LINK}/downlink-data-deliveries/1`, deliveryStatus: "SUCCESS" }),
  "an unknown delivery status": callback({ niddDownlinkDataTransfer: LINK, deliveryStatus: "FROM_THE_FUTURE" }),
  "a configuration status": callback({ niddConfiguration: LINK, externalId: "d@e", status: "TERMINATED" }),
  "a test notification": callback({ subscription: LINK }),
  "a callback acknowledged with a body": callback(UPLINK, { status: 200, responseHeaders: { "content-type": "application/json" }, responseBody: { details: "ok" } }),
  "a callback that met no server": callback(UPLINK, { status: 0 }),
  "a merge patch": exchange({ method: "PATCH", path: `${PATH}/c1`, requestHeaders: { "content-type": MERGE }, requestBody: { duration: null }, status: 204, responseBody: null }),
  "a problem": exchange({ status: 403, responseHeaders: { "content-type": "application/problem+json" }, responseBody: { status: 403, cause: "X" } }),
  "a prefix before the base": exchange({ path: `/exposure/v0${PATH}` }),
};

const BAD = {
  "a configuration without destination": [exchange({ requestBody: { externalId: "d@e" } }), "notificationDestination"],
  "a configuration with two identities": [exchange({ requestBody: { ...CONFIGURATION, msisdn: "491710000001" } }), "oneOf"],
  "a patch as plain JSON": [exchange({ method: "PATCH", path: `${PATH}/c1`, requestBody: {}, status: 204, responseBody: null }), "content type"],
  "a created configuration without Location": [exchange({ responseHeaders: { "content-type": "application/json" } }), "Location"],
  "a created configuration without body": [exchange({ responseBody: null }), "body is missing"],
  "an answer that breaks its schema": [exchange({ responseBody: { externalId: "d@e" } }), "response"],
  "an answer that is no JSON": [exchange({ responseBody: "{" }), "no JSON"],
  "a problem as plain JSON": [exchange({ status: 403, responseBody: { status: 403 } }), "content type"],
  "a problem whose status is text": [exchange({ status: 403, responseHeaders: { "content-type": "application/problem+json" }, responseBody: { status: "403" } }), "/status"],
  "an uplink without configuration": [callback({ externalId: "d@e", data: "AQ==" }), "niddConfiguration"],
  "an uplink without identity": [callback({ niddConfiguration: LINK, data: "AQ==" }), "externalId"],
  "an uplink that is no base64": [callback({ ...UPLINK, data: "*" }), "/data"],
  "a callback of no kind": [callback({ hello: 1 }), "no kind of callback"],
  "an acknowledgement without details": [callback(UPLINK, { status: 200, responseHeaders: { "content-type": "application/json" }, responseBody: {} }), "details"],
  "a path that isn't there": [exchange({ path: "/3gpp-nidd/v1/as/configs" }), "no such operation"],
};

for (const [name, line] of Object.entries(GOOD)) {
  test(`${name} passes`, { skip }, () => {
    const { code, out } = run(line);
    assert.equal(out, "1 passed, 0 failed\n");
    assert.equal(code, 0);
  });
}

for (const [name, [line, pattern]] of Object.entries(BAD)) {
  test(`${name} fails`, { skip }, () => {
    const { code, out } = run(line);
    assert.ok(out.includes(pattern), out);
    assert.match(out, /0 passed, 1 failed\n$/);
    assert.equal(code, 1);
  });
}

test("a bad request that was refused passes where that is allowed", { skip }, () => {
  const line = exchange({ requestBody: {}, status: 400, responseHeaders: { "content-type": "application/problem+json" }, responseBody: { status: 400 } });
  assert.equal(run(line).code, 1);
  assert.equal(run(line, "--allow-refused").code, 0);
});

test("a log without T8 fails", { skip }, () => {
  assert.equal(run(exchange({ path: "/control" })).code, 1);
});

test("an absent bundle is a skip that says so", () => {
  const { code, out } = run(exchange({}), "--bundle", join(folder, "none.json"));
  assert.equal(code, 77);
  assert.match(out, /^skipped: no 3GPP bundle/);
});
