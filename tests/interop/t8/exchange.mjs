// SPDX-License-Identifier: Apache-2.0
// One exchange of the log -> a list of what is wrong with it.

import { CALLBACKS, callbackPath } from "./definition.mjs";

const BASE = "/3gpp-nidd/v1";

function mediaType(headers) {
  return (headers?.["content-type"] ?? "").split(";")[0].trim().toLowerCase();
}

// {value} of a JSON body, {error} where it is none, {} where there is no body.
function parse(exchange, side) {
  const text = exchange[`${side}Body`];
  if (exchange[`${side}BodyBase64`] !== undefined) return { error: "the body is no text" };
  if (text === null || text === undefined) return {};
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: `the body is no JSON: ${error.message}` };
  }
}

function tell(side, errors) {
  return (errors ?? []).map((error) => `${side}: ${error.instancePath || "/"} ${error.message ?? JSON.stringify(error)}`);
}

// Matching decodes the path, which must not be able to throw.
function isEscapedWell(path) {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

// The path of the operation in the prepared definition; null where the exchange isn't T8.
function operationPath(exchange, body) {
  if (exchange.direction === "out") {
    const kind = CALLBACKS.find(([member]) => body.value?.[member] !== undefined);
    return kind === undefined ? "" : callbackPath(kind[1]);
  }
  const at = (exchange.path ?? "").indexOf(`${BASE}/`);
  return at < 0 ? null : exchange.path.slice(at + BASE.length);
}

function checkRequest(api, operation, exchange, path, body) {
  if (body.error) return [`request: ${body.error}`];
  const declared = operation.requestBody?.["x-declared-types"];
  const type = mediaType(exchange.requestHeaders);
  const violations = [];
  if (declared && !declared.includes(type)) violations.push(`request: content type is ${type || "absent"}, declared is ${declared}`);
  if (!declared && body.value !== undefined) violations.push("request: has a body where none is declared");
  const request = { method: exchange.method, path, headers: body.value === undefined ? {} : { "content-type": "application/json" }, body: body.value };
  return violations.concat(tell("request", api.validateRequest(request, operation).errors));
}

function checkResponse(api, operation, exchange) {
  const body = parse(exchange, "response");
  if (body.error) return [`response: ${body.error}`];
  const response = operation.responses[exchange.status] ?? operation.responses.default;
  if (response === undefined) return [`response: status ${exchange.status} is not declared`];
  const violations = [];
  const declared = response["x-declared-types"];
  const type = mediaType(exchange.responseHeaders);
  if (body.value !== undefined) {
    if (!declared) violations.push("response: has a body where none is declared");
    else if (!declared.includes(type)) violations.push(`response: content type is ${type || "absent"}, declared is ${declared}`);
    violations.push(...tell("response", api.validator.validateResponse(body.value, operation, exchange.status).errors));
  } else if (declared && exchange.status < 300 && exchange.direction === "in") {
    violations.push("response: the body is missing");
  }
  for (const [name, header] of Object.entries(response.headers ?? {})) {
    if (header.required && !exchange.responseHeaders?.[name.toLowerCase()]) violations.push(`response: header ${name} is missing`);
  }
  return violations;
}

function isRefused(status) {
  return status >= 400 && status < 500;
}

/**
 * Checks one exchange.
 *
 * @return violations as texts; null where the exchange is no T8
 */
export function checkExchange(api, exchange, { allowRefused }) {
  const body = parse(exchange, "request");
  const path = operationPath(exchange, body);
  if (path === null) return null;
  const operation = path === "" || !isEscapedWell(path) ? undefined : api.router.matchOperation({ method: exchange.method, path, headers: {} });
  if (operation === undefined) {
    if (allowRefused && isRefused(exchange.status)) return [];
    return [exchange.direction === "out" ? "request: is no kind of callback" : "request: no such operation"];
  }
  let violations = checkRequest(api, operation, exchange, path, body);
  if (allowRefused && isRefused(exchange.status)) violations = [];
  // a callback that met no server has a request to check, but no response
  return exchange.status === 0 ? violations : violations.concat(checkResponse(api, operation, exchange));
}
