// SPDX-License-Identifier: Apache-2.0
// Makes the 3GPP bundle fit openapi-backend, which validates only bodies declared as application/json and knows no
// callbacks: every JSON dialect becomes application/json (what was declared is kept beside it), and each kind of
// callback becomes an operation of its own.

/** Kinds of callback in the order in which their members tell them apart (an uplink fits several schemas). */
export const CALLBACKS = [
  ["data", "NiddUplinkDataNotification"],
  ["gmdResults", "GmdNiddDownlinkDataDeliveryNotification"],
  ["deliveryStatus", "NiddDownlinkDataDeliveryStatusNotification"],
  ["status", "NiddConfigurationStatusNotification"],
  ["managedPorts", "ManagePortNotification"],
  ["subscription", "TestNotification"],
];

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Path of the operation that stands for one kind of callback. */
export function callbackPath(schema) {
  return `/callbacks/${schema}`;
}

function isJson(type) {
  return type === "application/json" || type.endsWith("+json");
}

// Remembers the declared types and leaves one, application/json.
function unify(part) {
  if (!part?.content) return;
  part["x-declared-types"] = Object.keys(part.content);
  const json = part["x-declared-types"].find(isJson);
  if (json !== undefined) part.content = { "application/json": part.content[json] };
}

function resolveResponses(definition, operation) {
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    const name = response.$ref?.split("/").pop();
    operation.responses[status] = structuredClone(name ? definition.components.responses[name] : response);
    unify(operation.responses[status]);
  }
}

function callbackOperation(template, schema) {
  const operation = structuredClone(template);
  operation.operationId = `Notify${schema}`;
  operation.requestBody.content = { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
  return operation;
}

function addCallbacks(definition) {
  const create = definition.paths["/{scsAsId}/configurations"].post;
  const template = Object.values(create.callbacks.niddNotifications)[0].post;
  // TS 29.122 table 5.2.1.2.10-1; the NIDD file doesn't carry it
  definition.components.schemas.TestNotification = {
    type: "object",
    properties: { subscription: { $ref: "#/components/schemas/TS29122_CommonData_Link" } },
    required: ["subscription"],
  };
  for (const [, schema] of CALLBACKS) definition.paths[callbackPath(schema)] = { post: callbackOperation(template, schema) };
  delete create.callbacks;
}

/** Returns a copy of the bundle that openapi-backend can check everything with. */
export function prepare(bundle) {
  const definition = structuredClone(bundle);
  addCallbacks(definition);
  definition.components.schemas.TS29122_CommonData_Bytes.format = "byte"; // base64 says the text, no keyword does
  for (const item of Object.values(definition.paths)) {
    for (const method of METHODS) {
      if (!item[method]) continue;
      unify(item[method].requestBody);
      resolveResponses(definition, item[method]);
    }
  }
  return definition;
}
