// SPDX-License-Identifier: Apache-2.0
//
// An LwM2M 1.0 client made of coap-node, to test a server with: `node client.js NAME PORT`, with NODE_PATH at the peer's node_modules. Tells what
// happens on standard output; commands on standard input, one a line: `set OBJECT INSTANCE RESOURCE VALUE`, `quit`.

const readline = require("readline");
const CoapNode = require("coap-node");
const SmartObject = require("smartobject");

const tell = (...words) => console.log(words.join(" "));
const objects = new SmartObject();
let lit = true;
objects.init("temperature", 0, {
  sensorValue: 21.5,
  units: "Cel",
  minMeaValue: -4.25,
  resetMinMaxMeaValues: { exec: (...given) => { tell("execute", "/3303/0/5605"); given[given.length - 1](null, {}); } },
});
objects.init("lightCtrl", 0, {
  onOff: { read: (done) => done(null, lit), write: (value, done) => { lit = value; tell("write", "/3311/0/5850", value); done(null, value); } },
  dimmer: 40,
});

const node = new CoapNode(process.argv[2], objects, { lifetime: 300 });
node.on("error", (error) => tell("error", error.message));
node.on("registered", () => tell("registered"));
node.register("127.0.0.1", Number(process.argv[3]), (error, answer) => tell("register", error ? error.message : answer.status));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, object, instance, resource, value] = line.split(" ");
  if (command === "set") objects.write(object, instance, resource, JSON.parse(value), (error) => tell("set", error ? error.message : value));
  if (command === "quit") node.deregister((error, answer) => { tell("deregister", error ? error.message : answer.status); process.exit(0); });
});
