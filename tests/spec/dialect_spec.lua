-- SPDX-License-Identifier: Apache-2.0
-- The default dialect: every topic is of the promised form and every payload is JSON, whatever a
-- device is called and whatever it says.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local fake = require "fake_tg"
local memory = require "dialects.tidegate_memory"

local FILE = "scripts/dialects/tidegate.lua"
local FILTER = "tidegate/dev/+/cmd"

-- Names that devices have, or pretend to have.
local NAMES = {
  "urn:imei:490154203237518",
  "a/b",
  "+",
  "#",
  "$SYS",
  "",
  " ",
  "a b\tc\n",
  "100%",
  "%2F",
  "..",
  "é€",
  "\xFF\xFE\x00",
  '"}{',
  ("x"):rep(255),
}

--- A gateway that speaks the dialect.
local function start(options)
  local gateway = fake.gateway("house 1")
  gateway:start(FILE, options)
  return gateway
end

--- The messages since the last look, payloads decoded; all are checked for their form.
local function sent(gateway, prefix)
  local list = {}
  for at, message in ipairs(gateway:sent()) do
    local levels = message.topic:sub(#(prefix or "tidegate") + 1)
    assert.equal(prefix or "tidegate", message.topic:sub(1, #(prefix or "tidegate")))
    assert.equal("", (levels:gsub("/[A-Za-z0-9._~:@%%-]+", "")), message.topic)
    local value, next_at, why = dkjson.decode(message.payload, 1, nil)
    assert.is_nil(why, message.payload)
    assert.equal(#message.payload + 1, next_at)
    assert.equal(message.seq, value.seq)
    assert.equal("00112233aabbccdd", value.gw)
    message.value = setmetatable(value, nil)
    list[at] = message
  end
  assert.same({}, gateway.failures)
  return list
end

--- A command is asked for; what is answered at once.
local function ask(gateway, ep, wanted, info)
  local payload = type(wanted) == "table" and dkjson.encode(wanted) or wanted
  local topic = "tidegate/dev/" .. gateway.core.mqtt.escape(ep) .. "/cmd"
  gateway:message(FILTER, topic, payload, info)
  return sent(gateway)
end

describe("scripts/dialects/tidegate.lua", function()
  describe("a value", function()
    it("goes to its topic with time, number and identity", function()
      local gateway = start()
      local dev = gateway:device "m1"
      gateway:report(dev, { { "/3303/0/5700", 21.5, 1732000000.123 } })
      local message = sent(gateway)[1]
      assert.equal("tidegate/dev/m1/v/3303/0/5700", message.topic)
      assert.equal(
        '{"v":21.5,"t":1732000000.123,"seq":1,"gw":"00112233aabbccdd"}',
        message.payload
      )
      assert.same(
        { 1, false, true, 0 },
        { message.qos, message.retain, message.durable, message.class }
      )
    end)

    it("of a resource instance has its number as a further level", function()
      local gateway = start()
      gateway:report(gateway:device "m1", { { "/3/0/7/1", 3800, 1.5 } })
      assert.equal("tidegate/dev/m1/v/3/0/7/1", sent(gateway)[1].topic)
    end)

    it("of any type is a JSON value", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local rows = {
        { 7, 7 },
        { -0.5, -0.5 },
        { true, true },
        { false, false },
        { 'say "hi"\n', 'say "hi"\n' },
        { "\xFFx", "\u{FFFD}x" },
        { { bytes = "hi" }, { base64 = "aGk=" } },
        { { 3, 0 }, { 3, 0 } },
      }
      for _, row in ipairs(rows) do
        gateway:report(dev, { { "/1/0/1", row[1], 1.5 } })
        local value = sent(gateway)[1].value.v
        assert.same(row[2], type(value) == "table" and setmetatable(value, nil) or value)
      end
      gateway:report(dev, { { "/1/0/1", 0 / 0, 1.5 } })
      assert.is_nil(sent(gateway)[1].value.v)
    end)

    it("says where it is from unless it was notified", function()
      local gateway = start()
      local dev = gateway:device "m1"
      for _, source in ipairs { "send", "read", "driver" } do
        gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } }, source)
        assert.equal(source, sent(gateway)[1].value.src)
      end
      gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } }, "notify")
      assert.is_nil(sent(gateway)[1].value.src)
    end)

    it("without a time has that of its arrival", function()
      local gateway = start()
      gateway:report(gateway:device "m1", { { "/3303/0/5700", 1 } })
      assert.equal(gateway.time, sent(gateway)[1].value.t)
    end)

    it("of less than a resource is no obstacle", function()
      local gateway = start()
      local dev = gateway:device "m1"
      gateway.core.task(function()
        local rec = { path = "/3303/0", value = "x", time = 1.5, object = 3303, instance = 0 }
        gateway.handlers.on_records(dev, { rec }, "notify")
      end)
      assert.equal("tidegate/dev/m1/v/3303/0", sent(gateway)[1].topic)
    end)

    it("that is secret is not published", function()
      local gateway = start()
      gateway:report(gateway:device "m1", { { "/0/0/5", { bytes = "key" }, sensitive = true } })
      assert.same({}, sent(gateway))
    end)

    it("goes out as configured", function()
      local gateway = start { prefix = "plant/tide", qos = 0, delivery = "queued" }
      gateway:report(gateway:device "m1", { { "/3303/0/5700", 1, 1.5 } })
      local message = sent(gateway, "plant/tide")[1]
      assert.equal("plant/tide/dev/m1/v/3303/0/5700", message.topic)
      assert.same({ 0, false }, { message.qos, message.durable })
    end)

    it("is wanted of every object", function()
      assert.is_true(start().wanted)
    end)
  end)

  describe("a unit", function()
    it("is that of the definition", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3/9"] = { unit = "/100" }
      local dev = gateway:device "m1"
      gateway:report(dev, { { "/3303/0/5700", 1 }, { "/3/0/9", 90 }, { "/3/0/0", "x" } })
      local list = sent(gateway)
      assert.equal("Cel", list[1].value.u)
      assert.equal("/100", list[2].value.u)
      assert.is_nil(list[3].value.u)
    end)

    it("that the device says comes first", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3303/5750"] = { unit = "Cel" }
      gateway.resources["3303/5701"] = {}
      local dev = gateway:device("m1", { values = { ["/3303/1/5701"] = "degF" } })
      local rows = { { "/3303/0/5700", 1 }, { "/3303/1/5700", 1 }, { "/3303/1/5750", 1 } }
      gateway:report(dev, rows)
      local list = sent(gateway)
      assert.same({ "Cel", "degF", "Cel" }, { list[1].value.u, list[2].value.u, list[3].value.u })
    end)

    it("that the device says may be nonsense", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3303/5701"] = {}
      local dev = gateway:device "m1"
      local rows = {
        { '"\n}', '"\n}' },
        { "\xFF", "\u{FFFD}" },
        { ("x"):rep(33), nil },
        { "", "Cel" },
        { 7, "Cel" },
      }
      for _, row in ipairs(rows) do
        dev.values["/3303/0/5701"] = row[1]
        gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
        assert.equal(row[2], sent(gateway)[1].value.u)
      end
    end)

    it("is remembered, also when devices say very many others", function()
      local gateway = start()
      gateway.resources["3303/5700"], gateway.resources["3303/5701"] = {}, {}
      local dev = gateway:device "m1"
      for nth = 1, 300 do
        dev.values["/3303/0/5701"] = "unit" .. nth
        gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
        assert.equal("unit" .. nth, sent(gateway)[1].value.u)
      end
      assert.equal(2, gateway.lookups)
    end)

    it("is looked up again after a minute, when a definition may have come", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local function unit()
        gateway:report(dev, { { "/26310/0/1", 1, 1.5 } })
        return sent(gateway)[1].value.u
      end
      assert.is_nil(unit())
      gateway.resources["26310/1"] = { unit = "m" }
      assert.is_nil(unit())
      gateway:pass(61)
      assert.equal("m", unit())
    end)
  end)

  describe("a state", function()
    it("is published retained with what is known of the device", function()
      local gateway = start()
      local dev = gateway:device("m1", {
        lifetime = 300,
        version = "1.1",
        objects = { "/3/0", "/3303/0" },
      })
      gateway:event("registered", dev, { note = "from 10.0.0.7" })
      local message = sent(gateway)[1]
      assert.equal("tidegate/dev/m1/state", message.topic)
      assert.same({ 1, true, true, 2 }, {
        message.qos,
        message.retain,
        message.durable,
        message.class,
      })
      message.value.objects = setmetatable(message.value.objects, nil)
      assert.same({
        state = "online",
        why = "registered",
        note = "from 10.0.0.7",
        kind = "lwm2m",
        link = "udp",
        lifetime = 300,
        version = "1.1",
        objects = { "/3/0", "/3303/0" },
        t = gateway.time,
        seq = 1,
        gw = "00112233aabbccdd",
      }, message.value)
    end)

    it("follows what happens", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local rows = {
        { "registered", "online" },
        { "asleep", "asleep" },
        { "awake", "online" },
        { "updated", "online" },
        { "deregistered", "offline" },
        { "expired", "offline" },
      }
      for _, row in ipairs(rows) do
        gateway:event(row[1], dev)
        local value = sent(gateway)[1].value
        assert.same({ row[2], row[1] }, { value.state, value.why })
      end
    end)

    it("is told of a device that is gone already", function()
      local gateway = start()
      gateway:event("expired", nil, { ep = "m1" })
      local message = sent(gateway)[1]
      assert.equal("tidegate/dev/m1/state", message.topic)
      assert.equal("offline", message.value.state)
    end)

    it("tells what a policy made of the device, and what is tolerated", function()
      local gateway = start()
      local dev = gateway:device("m1", {
        wire_ep = "urn:imei:1",
        tags = { "plant" },
        quirks = { "text_only", text_only = 12 },
      })
      gateway:event("registered", dev)
      local value = sent(gateway)[1].value
      assert.equal("urn:imei:1", value.wire_ep)
      assert.same({ "plant" }, setmetatable(value.tags, nil))
      assert.same({ "text_only" }, setmetatable(value.quirks, nil)) -- without the count
      gateway:event("registered", gateway:device("m2", { tags = {}, quirks = {} }))
      value = sent(gateway)[1].value
      assert.same({}, { value.wire_ep, value.tags, value.quirks })
    end)

    it("has a list of objects or none, never something else", function()
      local gateway = start()
      gateway:event("registered", gateway:device("m1", { objects = {} }))
      assert.is_nil(sent(gateway)[1].value.objects)
    end)
  end)

  describe("an event", function()
    it("goes to the device's topic", function()
      local gateway = start()
      local dev = gateway:device "m1"
      for _, kind in ipairs { "moved", "refused", "observing", "model_missing" } do
        gateway:event(kind, dev, { note = "/3303/0" })
        local message = sent(gateway)[1]
        assert.equal("tidegate/dev/m1/event", message.topic)
        assert.same({ 1, false, 1 }, { message.qos, message.retain, message.class })
        assert.same({ kind, "/3303/0", gateway.time }, {
          message.value.event,
          message.value.note,
          message.value.t,
        })
      end
    end)

    it("without a device goes to the gateway's topic, with the name that was claimed", function()
      local gateway = start()
      gateway:event("refused", nil, { ep = "a/+", note = "no key" })
      local message = sent(gateway)[1]
      assert.equal("tidegate/gw/house%201/event", message.topic)
      assert.same({ "refused", "a/+" }, { message.value.event, message.value.ep })
    end)

    it("without a device can't be caused without end", function()
      local gateway = start()
      for _ = 1, 100 do gateway:event("refused", nil, { note = "no key" }) end
      assert.equal(20, #sent(gateway))
      gateway:pass(11)
      gateway:event("refused", nil, { note = "no key" })
      gateway:event("refused", nil, { note = "no key" })
      local list = sent(gateway)
      assert.equal(2, #list)
      assert.same({ 80, nil }, { list[1].value.dropped, list[2].value.dropped })
    end)
  end)

  it("makes topics and payloads of the promised form, whatever a device is called", function()
    for _, name in ipairs(NAMES) do
      local gateway = start()
      local dev = gateway:device(name)
      gateway:report(dev, { { "/3303/0/5700", name, 1.5 } })
      gateway:event("registered", dev, { note = name })
      gateway:event("moved", dev, { note = name })
      gateway:event("refused", nil, { ep = name, note = name })
      assert.equal(4, #sent(gateway))
      local answer = ask(gateway, name, { id = "a1", op = "reboot" })
      assert.equal(1, #answer)
      assert.equal("tidegate/dev/" .. gateway.core.mqtt.escape(name) .. "/result", answer[1].topic)
      ask(gateway, name, { id = "a2", op = "read", path = "/3/0/9" })
      assert.equal(1, #dev.commands)
    end
  end)

  describe("a command", function()
    it("is handed to the device with its id as tag", function()
      local rows = {
        { { op = "read", path = "/3/0/9" } },
        { { op = "write", path = "/3/0/14", value = "+02", timeout = 60, priority = 3 } },
        { { op = "write", path = "/3306/0/5850", value = false, replace_key = "k" } },
        { { op = "read", path = "/3/0/9", durable = false } },
        { { op = "execute", path = "/3/0/4", args = "0='x'" } },
        { { op = "execute", path = "/3/0/4" } },
        { { op = "delete", path = "/3303/1" } },
        { { op = "discover", path = "/3" } },
        { { op = "discover" } },
        { { op = "observe", path = "/3303/0/5700" } },
        { { op = "cancel", path = "/3303/0/5700" } },
        { { op = "attributes", path = "/3303/0", attributes = { pmin = 10, gt = 30.5 } } },
        { { op = "attributes", path = "/3303", attributes = { pmax = false, epmin = 5 } } },
        { { op = "discover", path = "/3", depth = 2 } },
        { { op = "trigger" } },
        { { op = "trigger", transport = "U", instance = 1, timeout = 60 } },
        { { op = "disable", seconds = 600 } },
        { { op = "bootstrap" } },
        { { op = "prefer", transport = "n" } },
        { { op = "mute", value = false } },
        { { op = "cancel" } },
        { { op = "observe_composite", paths = { "/3/0/9", "/3303" } } },
        { { op = "read_composite", paths = { "/3/0/9", "/3303" } } },
      }
      for _, row in ipairs(rows) do
        local gateway = start()
        local dev, wanted = gateway:device "m 1", row[1]
        wanted.id = "a1"
        assert.same({}, ask(gateway, "m 1", wanted))
        wanted.id, wanted.tag = nil, "a1"
        if wanted.durable == nil then wanted.durable = true end
        assert.same({ wanted }, dev.commands)
      end
    end)

    it("may bring several values", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local values = { ["/3311/0/5851"] = 40, ["/3311/0/5850"] = true }
      ask(gateway, "m1", { id = "a1", op = "write", path = "/3311/0", values = values })
      ask(gateway, "m1", {
        id = "a2",
        op = "create",
        path = "/3311",
        values = { ["/3311/5/5850"] = true },
      })
      assert.same({
        { path = "/3311/0/5850", value = true },
        { path = "/3311/0/5851", value = 40 },
      }, dev.commands[1].records)
      assert.same({ { path = "/3311/5/5850", value = true } }, dev.commands[2].records)
    end)

    it("may leave the number of a new instance to the device", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local values = { ["5850"] = true, ["6/1"] = 40 }
      local rows = {
        { "create", "/3311" },
        { "create", "/3311/4" },
        { "update", "/3311/0" },
        { "write", "/3311/0" },
      }
      for number, row in ipairs(rows) do
        ask(gateway, "m1", { id = "a" .. number, op = row[1], path = row[2], values = values })
        assert.same(values, dev.commands[number].value)
        assert.is_nil(dev.commands[number].records)
        assert.equal(row[2], dev.commands[number].path)
      end
    end)

    it("may bring opaque values and object links", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", '{"id":"a1","op":"write","path":"/5/0/0","value":{"base64":"aGk="}}')
      ask(gateway, "m1", '{"id":"a2","op":"write","path":"/1/0/10","value":[3,0]}')
      assert.same({ bytes = "hi" }, dev.commands[1].value)
      assert.same({ 3, 0 }, setmetatable(dev.commands[2].value, nil))
    end)

    it("that is wrong is answered with what to mend", function()
      local read = { id = "a1", op = "read", path = "/3/0/9" }
      local keys = "is of an object that holds keys; no server may use it"
      local function with(changes)
        local wanted = {}
        for key, value in pairs(read) do wanted[key] = value end
        for key, value in pairs(changes) do
          if value == "nil" then value = nil end
          wanted[key] = value
        end
        return wanted
      end
      local write = with { op = "write", path = "/3/0/14" }
      local rows = {
        { "read /3", "syntax", "no JSON: line 1" },
        { "", "syntax", "no JSON" },
        { '"text"', "syntax", "a JSON object is wanted" },
        { "[1]", "syntax", "a JSON object is wanted" },
        { "null", "syntax", "a JSON object is wanted" },
        { "{}", "argument", 'id is text of 1 to 64 bytes that you choose, such as "a1"' },
        { with { id = "" }, "argument", "id is text of 1 to 64 bytes" },
        { with { id = ("x"):rep(65) }, "argument", "id is text of 1 to 64 bytes" },
        { with { id = 7 }, "argument", "id is text of 1 to 64 bytes" },
        { with { op = "nil" }, "argument", "op is missing: attributes bootstrap cancel create" },
        { with { op = "raed" }, "argument", 'op "raed" is not known, did you mean "read"?' },
        { with { op = 7 }, "argument", 'op "7" is not known' },
        { with { path = "/0/0/5" }, "denied", "/0/0/5 " .. keys },
        { with { path = "/21/0" }, "denied", "/21/0 " .. keys },
        { with { deadline = "1999-01-01T00:00:00Z" }, "expired", "the deadline has passed" },
        { with { deadline = 1 }, "expired", "the deadline has passed" },
        {
          with { deadline = "tomorrow" },
          "argument",
          'deadline is Unix seconds or a date such as "2026-11-27T12:00:00Z"',
        },
        {
          with { deadline = 1, timeout = 5 },
          "argument",
          "a command takes either timeout or deadline",
        },
        { with { deadline = 1e18 }, "argument", "deadline is at most 2592000 seconds away" },
        { with { pat = 1 }, "argument", '"pat" is not known, did you mean "path"?' },
        { with { path = "nil" }, "argument", 'path is missing, such as "/3/0/9"' },
        { with { path = 3 }, "argument", 'path is text such as "/3/0/9"' },
        { with { path = "3/0/9" }, "argument", "path is 1 to 4 numbers of 0 to 65535" },
        { with { path = "/3/0/9/" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/03" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/65536" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/1/2/3/4/5" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/" }, "argument", "path is 1 to 4 numbers" },
        { with { op = "execute", path = "/3/0" }, "argument", "execute goes to a resource: 3" },
        { with { op = "delete", path = "/3303" }, "argument", "delete goes to an instance to" },
        { with { op = "create", path = "/3/0/1" }, "argument", "create goes to an object to an" },
        { with { op = "discover", path = "/1/2/3/4" }, "argument", "discover goes to an object" },
        { with { value = 1 }, "argument", "read takes no value" },
        { with { values = {} }, "argument", "read takes no value" },
        { write, "argument", "write takes either value or values" },
        {
          with { op = "write", path = "/3/0", value = 1, values = { ["/3/0/1"] = 1 } },
          "argument",
          "write takes either value or values",
        },
        {
          with { op = "write", path = "/3/0", value = 1 },
          "argument",
          'value is for a resource; write to /3/0 takes values, such as {"/3/0/0/1":5}',
        },
        { with { op = "create", path = "/3", value = 1 }, "argument", "value is for a resource" },
        {
          with { op = "write", path = "/3/0", values = { ["/4/0/1"] = 1 } },
          "argument",
          "values: /4/0/1 is no path of a resource below /3/0",
        },
        {
          with { op = "write", path = "/3/0", values = { ["/3/0"] = 1 } },
          "argument",
          "values: /3/0 is no path of a resource below /3/0",
        },
        { with { op = "write", path = "/3/0", values = {} }, "argument", "values is an object" },
        { with { op = "write", path = "/3/0", values = "x" }, "argument", "values is an object" },
        {
          with { op = "write", path = "/3/0/1", value = { a = 1 } },
          "argument",
          'a value is text, a number, true, false, {"base64":"…"} or [object, instance]',
        },
        {
          '{"id":"a","op":"write","path":"/5/0/0","value":{"base64":"?"}}',
          "argument",
          "base64 is not valid",
        },
        {
          with { op = "update", path = "/3/0", values = { ["/3/0/1"] = 1, ["14"] = 1 } },
          "argument",
          "path is 1 to 4 numbers",
        },
        {
          with { op = "create", path = "/3311", values = { ["5850"] = 1, name = 1 } },
          "argument",
          "values: name is no resource such as 5850 or 6/1",
        },
        { with { op = "update", path = "/3/0/6/1" }, "argument", "update goes to an instance" },
        { with { op = "trigger" }, "argument", "trigger takes no path; it goes to object 1" },
        { { id = "a", op = "trigger", transport = "X" }, "argument", "transport is one of U T S" },
        { { id = "a", op = "trigger", transport = "UQ" }, "argument", "transport is one of" },
        { { id = "a", op = "trigger", seconds = 5 }, "argument", "trigger takes no seconds" },
        { { id = "a", op = "trigger", value = true }, "argument", "trigger takes no value" },
        { { id = "a", op = "trigger", instance = -1 }, "argument", "instance is a whole number" },
        { { id = "a", op = "disable", seconds = 0 }, "argument", "seconds is a whole number" },
        { { id = "a", op = "disable", seconds = 1.5 }, "argument", "seconds is a whole number" },
        { { id = "a", op = "disable", transport = "U" }, "argument", "disable takes no transport" },
        { { id = "a", op = "bootstrap", seconds = 5 }, "argument", "bootstrap takes no seconds" },
        { { id = "a", op = "prefer" }, "argument", "prefer takes a transport" },
        { { id = "a", op = "mute" }, "argument", "mute takes a value" },
        { { id = "a", op = "mute", value = 1 }, "argument", "value is true or false" },
        { { id = "a", op = "mute", values = {} }, "argument", "mute takes no value" },
        { with { transport = "U" }, "argument", "read takes no transport" },
        { with { depth = 1 }, "argument", "depth is for discover" },
        { with { op = "discover", depth = 4 }, "argument", "depth is a whole number from 0 to 3" },
        { with { op = "discover", depth = "1" }, "argument", "depth is a whole number" },
        { with { timeout = 0 }, "argument", "timeout is 1 to 2592000 seconds" },
        { with { timeout = "60" }, "argument", "timeout is 1 to 2592000 seconds" },
        { with { priority = 4 }, "argument", "priority is 0 (bulk) to 3 (interactive)" },
        { with { durable = 1 }, "argument", "durable is true or false" },
        { with { retry = 1 }, "argument", "retry is true or false" },
        { with { replace_key = "" }, "argument", "replace_key is text of 1 to 64 bytes" },
        { with { replace_key = "k" }, "argument", "replace_key is for write and update" },
        { with { priority = 1.5 }, "argument", "priority is 0 (bulk) to 3 (interactive)" },
        { with { args = "0" }, "argument", "args is text, for execute" },
        { with { op = "execute", path = "/3/0/4", args = 0 }, "argument", "args is text" },
        { with { paths = { "/3" } }, "argument", "read takes no paths" },
        { with { op = "read_composite" }, "argument", "read_composite takes no path; it is in" },
        { '{"id":"a1","op":"read_composite"}', "argument", "paths is a list of 1 to 1024" },
        {
          '{"id":"a1","op":"read_composite","paths":["/3/0/9","x"]}',
          "argument",
          "path is 1 to 4 numbers",
        },
        {
          '{"id":"a1","op":"write_composite","value":5}',
          "argument",
          "write_composite takes values",
        },
        {
          '{"id":"a1","op":"write_composite","values":{"/3/0":5}}',
          "argument",
          "values: /3/0 is no path of a resource below /",
        },
        { with { attributes = { pmin = 1 } }, "argument", "attributes is for that operation" },
        { with { op = "attributes" }, "argument", "attributes is for that operation" },
        {
          with { op = "attributes", attributes = "pmin=10" },
          "argument",
          'attributes is an object such as {"pmin":10}',
        },
        {
          with { op = "attributes", attributes = { pmn = 10 } },
          "argument",
          'attributes: "pmn" is not known, did you mean "pmin"?',
        },
        {
          with { op = "attributes", attributes = { pmin = "10" } },
          "argument",
          "attributes: pmin is a number",
        },
      }
      for _, row in ipairs(rows) do
        local gateway = start()
        local dev = gateway:device "m1"
        local answer = ask(gateway, "m1", row[1])
        assert.equal(1, #answer)
        assert.equal("tidegate/dev/m1/result", answer[1].topic)
        local value = answer[1].value
        assert.same({ "failed", row[2] }, { value.state, value.error })
        assert.equal(row[3], value.message:sub(1, #row[3]))
        assert.same({}, dev.commands)
      end
    end)

    it("that is wrong is answered with as much of it as makes sense", function()
      local gateway = start()
      gateway:device "m1"
      local value = ask(gateway, "m1", { id = "a1", op = "raed", path = "/3/0/9" })[1].value
      assert.same({ "a1", "raed", "/3/0/9" }, { value.id, value.op, value.path })
      local long = ("x"):rep(1000)
      value = ask(gateway, "m1", { id = long, op = long, path = long })[1].value
      assert.same({}, { value.id, value.op, value.path })
      assert.is_true(#value.message < 200)
    end)

    it("that goes on and on is answered shortly, whatever of it does", function()
      local long, digits = ("ä"):rep(1e5), ("1"):rep(2e5)
      local many = {}
      for at = 1, 1025 do many["/3/0/" .. at] = at end
      for _, wanted in ipairs {
        { id = "a1", op = long, path = "/3/0/9" },
        { id = "a1", op = "firmware" .. long },
        { id = "a1", op = "read", path = "/3/0/9", [long] = 1 },
        { id = "a1", op = "read", path = "/" .. digits },
        { id = "a1", op = "read", path = ("/1"):rep(1e5) },
        { id = "a1", op = "read", path = "/3/0/9", deadline = "2099-01-01T00:00:00." .. digits },
        { id = "a1", op = "read_composite", paths = { "/3/0/9", "/" .. digits } },
        { id = "a1", op = "update", path = "/3/0", values = { [digits] = 1 } },
        { id = "a1", op = "update", path = "/3/0", values = { [digits .. "/1"] = 1 } },
        { id = "a1", op = "write_composite", values = { ["/3/0/" .. digits] = 1 } },
        { id = "a1", op = "write_composite", values = many },
        { id = "a1", op = "attributes", path = "/3", attributes = { [long] = 1 } },
      } do
        local gateway = start()
        gateway:device "m1"
        local value = ask(gateway, "m1", wanted)[1].value
        assert.same({ "a1", "failed", "argument" }, { value.id, value.state, value.error })
        assert.is_true(#value.message < 300, value.message)
      end
    end)

    it("to a device that isn't there is answered", function()
      local gateway = start()
      local answer = ask(gateway, "nobody", { id = "a1", op = "read", path = "/3/0/9" })
      assert.equal("tidegate/dev/nobody/result", answer[1].topic)
      assert.same({ "a1", "read", "/3/0/9", "failed", "not_found" }, {
        answer[1].value.id,
        answer[1].value.op,
        answer[1].value.path,
        answer[1].value.state,
        answer[1].value.error,
      })
    end)

    it("that the gateway refuses is answered, and may be sent again under its id", function()
      local gateway = start()
      local dev, wanted = gateway:device "m1", { id = "a1", op = "read", path = "/3/0/9" }
      dev.refuses = { code = "full", message = "100 commands wait" }
      local value = ask(gateway, "m1", wanted)[1].value
      assert.same(
        { "failed", "full", "100 commands wait" },
        { value.state, value.error, value.message }
      )
      dev.refuses, dev.raises = nil, "a path is wanted"
      value = ask(gateway, "m1", wanted)[1].value
      assert.same({ "argument", "a path is wanted" }, { value.error, value.message })
      dev.raises = nil
      assert.same({}, ask(gateway, "m1", wanted))
      assert.equal(1, #dev.commands)
    end)

    it("that is retained is left alone", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local wanted = { id = "a1", op = "execute", path = "/3/0/4" }
      local info = { qos = 1, retained = true, broker = "main" }
      assert.same({}, ask(gateway, "m1", wanted, info))
      assert.same({}, dev.commands)
      assert.same({ "warn a command to m1 is ignored: it is retained" }, gateway.lines)
    end)

    it("to a name that is longer than names are is left alone", function()
      local gateway = start()
      local topic = "tidegate/dev/" .. ("x"):rep(60000) .. "/cmd"
      gateway:message(FILTER, topic, '{"id":"a1","op":"read","path":"/3/0/9"}')
      assert.same({}, sent(gateway))
      assert.equal(1, #gateway.lines)
      assert.is_true(#gateway.lines[1] < 400)
    end)

    it("is found below a prefix of several levels", function()
      local gateway = start { prefix = "plant/7/tide" }
      local dev = gateway:device "m1"
      local payload = '{"id":"a1","op":"read","path":"/3/0/9"}'
      gateway:message("plant/7/tide/dev/+/cmd", "plant/7/tide/dev/m1/cmd", payload)
      assert.equal(1, #dev.commands)
    end)
  end)

  describe("a result", function()
    local READ = { id = "a1", op = "read", path = "/3/0/14" }

    --- A command was handed over; this happened to it.
    local function told(gateway, dev, changes)
      local info = { id = 1, tag = "a1", op = "read", path = "/3/0/14", state = "done" }
      for key, value in pairs(changes or {}) do info[key] = value end
      gateway:event("command", dev, info)
      return sent(gateway)
    end

    it("follows each state of a command", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", READ)
      local waiting = told(gateway, dev, { state = "waiting" })[1]
      assert.equal("tidegate/dev/m1/result", waiting.topic)
      assert.same({ 1, false, 3 }, { waiting.qos, waiting.retain, waiting.class })
      assert.equal("waiting", waiting.value.state)
      assert.equal("sent", told(gateway, dev, { state = "sent" })[1].value.state)
      local done = told(gateway, dev, {
        code = "2.05",
        records = fake.records { { "/3/0/14", "+05" } },
      })[1].value
      done.values = setmetatable(done.values, nil)
      assert.same({
        id = "a1",
        op = "read",
        path = "/3/0/14",
        state = "done",
        code = "2.05",
        values = { ["/3/0/14"] = "+05" },
        t = gateway.time,
        seq = 3,
        gw = "00112233aabbccdd",
      }, done)
    end)

    it("says what went wrong", function()
      for _, state in ipairs { "failed", "expired", "cancelled", "unknown" } do
        local gateway = start()
        local dev = gateway:device "m1"
        ask(gateway, "m1", READ)
        local value = told(gateway, dev, {
          state = state,
          error = "timeout",
          message = "no answer in time",
        })[1].value
        assert.same({ state, "timeout", "no answer in time" }, {
          value.state,
          value.error,
          value.message,
        })
        assert.is_nil(value.values)
      end
    end)

    it("says nothing of errors before it has ended", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", READ)
      local asleep = { state = "waiting", error = "asleep", message = "the device sleeps" }
      local value = told(gateway, dev, asleep)[1].value
      assert.same({}, { value.error, value.message })
    end)

    it("has the text of Discover", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", { id = "a1", op = "discover", path = "/3" })
      local value = told(gateway, dev, { op = "discover", path = "/3", text = "</3/0>" })[1].value
      assert.equal("</3/0>", value.text)
    end)

    it("withholds secrets and says which", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", { id = "a1", op = "read", path = "/16/0" })
      local value = told(gateway, dev, {
        records = fake.records {
          { "/16/0/0", "plain" },
          { "/16/0/5", { bytes = "key" }, sensitive = true },
        },
      })[1].value
      assert.same({ ["/16/0/0"] = "plain" }, setmetatable(value.values, nil))
      assert.same({ "/16/0/5" }, setmetatable(value.withheld, nil))
    end)

    it("of somebody else's command is not told", function()
      local gateway = start()
      local dev = gateway:device "m1"
      assert.same({}, told(gateway, dev, { tag = "cli" }))
      assert.same({}, told(gateway, dev))
      gateway:event("command", dev, { id = 9, state = "done", op = "read", path = "/3/0/14" })
      assert.same({}, sent(gateway))
    end)

    it("that is more than a message can hold comes without values", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", READ)
      local value = told(gateway, dev, {
        records = fake.records { { "/3/0/14", print } }, -- JSON can't be made of it
      })[1].value
      assert.same({ "done", true }, { value.state, value.shortened })
      assert.is_nil(value.values)
    end)
  end)

  describe("an id that comes again", function()
    local WRITE = { id = "a1", op = "write", path = "/3/0/14", value = "+05" }
    local DONE = { id = 1, tag = "a1", op = "write", path = "/3/0/14", state = "done" }

    local function finish(gateway, dev, changes)
      local info = { records = {}, code = "2.04" }
      for key, value in pairs(DONE) do info[key] = value end
      for key, value in pairs(changes or {}) do info[key] = value end
      gateway:event("command", dev, info)
      return sent(gateway)
    end

    it("is not run again but answered with the last result", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      assert.equal("accepted", finish(gateway, dev, { state = "accepted" })[1].value.state)
      local value = ask(gateway, "m1", WRITE)[1].value
      assert.same({ "a1", "accepted" }, { value.id, value.state })
      local first = finish(gateway, dev)[1]
      local again = ask(gateway, "m1", WRITE)
      assert.equal(1, #again)
      assert.equal(first.topic, again[1].topic)
      assert.is_true(again[1].value.seq > first.value.seq)
      first.value.seq, again[1].value.seq = nil, nil
      assert.same(first.value, again[1].value)
      assert.equal(1, #dev.commands)
    end)

    it("is not answered before it is known whether the first is on disk", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      assert.same({}, ask(gateway, "m1", WRITE))
      finish(gateway, dev, { state = "accepted" })
      assert.equal("accepted", ask(gateway, "m1", WRITE)[1].value.state)
      assert.equal(1, #dev.commands)
    end)

    it("is run when the disk had refused the first", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      local why = { state = "failed", error = "store", message = "the store failed" }
      local value = finish(gateway, dev, why)[1].value
      assert.same({ "failed", "store" }, { value.state, value.error })
      assert.same({}, ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
    end)

    it("is answered at once where the first was not to be on disk", function()
      local gateway = start()
      gateway:device "m1"
      local fleeting = { id = "a1", op = "read", path = "/3/0/9", durable = false }
      ask(gateway, "m1", fleeting)
      assert.equal("waiting", ask(gateway, "m1", fleeting)[1].value.state)
    end)

    it("to another device is another command", function()
      local gateway = start()
      local one, two = gateway:device "m1", gateway:device "m2"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m2", WRITE)
      assert.same({ 1, 1 }, { #one.commands, #two.commands })
    end)

    it("is run again after a day", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      finish(gateway, dev)
      gateway:pass(24 * 3600 - 1)
      assert.equal(1, #ask(gateway, "m1", WRITE))
      gateway:pass(2)
      assert.same({}, ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
    end)

    it("is answered without the values when they were many", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", { id = "a1", op = "read", path = "/3" })
      local rows = {}
      for nth = 0, 30 do rows[#rows + 1] = { "/3/0/" .. nth, ("x"):rep(20) } end
      local first = finish(gateway, dev, { records = fake.records(rows) })[1].value
      assert.equal(("x"):rep(20), first.values["/3/0/30"])
      local again = ask(gateway, "m1", { id = "a1", op = "read", path = "/3" })[1].value
      assert.same({ "done", true, "2.04" }, { again.state, again.shortened, again.code })
      assert.is_nil(again.values)
    end)

    it("is known after a restart, which ends a command that was on its way", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      finish(gateway, dev)
      local reboot = { id = "a2", op = "execute", path = "/3/0/4" }
      ask(gateway, "m1", reboot)
      local stored = gateway.stored

      local later = fake.gateway()
      later.stored = stored
      later:start(FILE)
      dev = later:device "m1"
      assert.equal("done", ask(later, "m1", WRITE)[1].value.state)
      later:pass(1)
      local told = sent(later)
      assert.equal(1, #told)
      assert.equal("tidegate/dev/m1/result", told[1].topic)
      local value = told[1].value
      assert.same({ "a2", "execute", "/3/0/4" }, { value.id, value.op, value.path })
      assert.same({ "cancelled", "cancelled" }, { value.state, value.error })
      assert.equal("cancelled", ask(later, "m1", reboot)[1].value.state)
      assert.same({}, dev.commands)
      -- Ours has ended: this is somebody else's.
      assert.same({}, finish(later, dev, { id = 78, tag = "a2" }))
    end)

    it("goes on after a restart where the gateway has kept it", function()
      local gateway = start()
      gateway:device "m1"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m1", { id = "a2", op = "execute", path = "/3/0/4" })

      local later = fake.gateway()
      later.stored = gateway.stored
      local dev = later:device("m1")
      dev.queued = { { id = 801, tag = WRITE.id }, { id = 802, tag = "a2" } }
      later:start(FILE)
      later:pass(1)
      assert.same({}, sent(later))
      assert.equal("done", finish(later, dev, { id = 801, tag = WRITE.id })[1].value.state)
      local ended = { id = 802, tag = "a2", op = "execute", path = "/3/0/4", state = "unknown" }
      ended.error, ended.message = "unknown", "nobody knows"
      local value = finish(later, dev, ended)[1].value
      assert.same({ "a2", "unknown", "unknown" }, { value.id, value.state, value.error })
      local again = { id = "a2", op = "read", path = "/3" }
      assert.equal("unknown", ask(later, "m1", again)[1].value.state)
      assert.same({}, dev.commands)
      -- More waited than are remembered.
      local old = finish(later, dev, { id = 803, tag = "old", mine = true })
      assert.equal("done", old[1].value.state)
      assert.same({}, finish(later, dev, { id = 804, tag = "of another script" }))
    end)

    it("goes on from the newest slot after a restart", function()
      local gateway = start()
      gateway:device "m1"
      for nth = 1, 5 do
        ask(gateway, "m1", { id = "i" .. nth, op = "read", path = "/3/0/9" })
        gateway:pass(1)
      end
      local stored = gateway.stored
      local later = fake.gateway()
      later.stored = stored
      later:start(FILE)
      local dev = later:device "m1"
      ask(later, "m1", { id = "i6", op = "read", path = "/3/0/9" })
      finish(later, dev, { tag = "i6", state = "accepted" })
      for nth = 1, 6 do
        assert.equal(1, #ask(later, "m1", { id = "i" .. nth, op = "read", path = "/3/0/9" }))
      end
    end)

    it("is known by the next generation of the script, with its results", function()
      local old, new = start(), start()
      new.stored = old.stored
      old:device "m1"
      ask(old, "m1", WRITE)
      new.handlers.restore(old.handlers.save())
      new:pass(1)
      assert.same({}, sent(new)) -- it goes on
      local dev = new:device "m1"
      assert.equal("done", finish(new, dev)[1].value.state)
      assert.equal("done", ask(new, "m1", WRITE)[1].value.state)
      assert.same({}, dev.commands)
    end)

    it("is forgotten, the oldest first, when there is no more room", function()
      local gateway = fake.gateway()
      local asked = memory.new(gateway.tg, 4)
      for nth = 1, 6 do asked.put("m1", "i" .. nth, "waiting", "text " .. nth) end
      asked.put("m1", "i4", "done", "text 4")
      for nth = 1, 6 do
        local entry = asked.get("m1", "i" .. nth)
        assert.equal(nth > 2 and "text " .. nth or nil, entry and entry.text)
      end
      local count = 0
      for _ in pairs(gateway.stored) do count = count + 1 end
      assert.equal(4, count)
    end)

    it("may be forgotten before its result comes, which is told all the same", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      gateway:pass(25 * 3600)
      assert.equal("done", finish(gateway, dev)[1].value.state)
    end)

    it("is remembered in memory when the store has no room", function()
      local gateway = start()
      local dev = gateway:device "m1"
      gateway.store_refuses = "full: more than 1 MiB"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m1", { id = "a2", op = "read", path = "/3/0/9" })
      finish(gateway, dev, { state = "accepted" })
      assert.equal(1, #ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
      assert.equal(1, #gateway.lines)
    end)

    it("costs two writes to the store, not one for each state", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      finish(gateway, dev, { state = "accepted" })
      finish(gateway, dev, { state = "waiting" })
      finish(gateway, dev, { state = "sent" })
      finish(gateway, dev)
      assert.equal(2, gateway.writes)
    end)
  end)

  describe("a prefix", function()
    it("is refused when no topic can begin like that", function()
      for _, prefix in ipairs { "", "/a", "a/", "a/+", "#", "$SYS", "a{ep}" } do
        local ok, why = pcall(start, { prefix = prefix })
        assert.is_false(ok, prefix)
        assert.is_truthy(why:find("dialect: prefix is text", 1, true))
      end
    end)
  end)

  it("goes on when the outbox is full, and says when a message was refused otherwise", function()
    local gateway = start()
    local dev = gateway:device "m1"
    gateway.refuses = { code = "full", message = "full" }
    gateway:event("registered", dev)
    gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
    assert.same({}, gateway.failures)
    assert.same({}, gateway.lines)
    gateway.refuses = setmetatable({ code = "state" }, { __tostring = function() return "no" end })
    gateway:event("registered", dev)
    assert.same({ "warn tidegate/dev/m1/state is not published: no" }, gateway.lines)
  end)
end)
