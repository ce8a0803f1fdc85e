-- SPDX-License-Identifier: Apache-2.0
-- The default dialect: every topic is of the promised form and every payload is JSON, whatever a
-- device is called and whatever it says. Units, requests and ids that come again have their own
-- specs.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local fake = require "fake_tg"
local bench = require "dialect_bench"

local start, with_device, sent, ask = bench.start, bench.with_device, bench.sent, bench.ask

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

describe("scripts/dialects/tidegate.lua", function()
  describe("a value", function()
    it("goes to its topic with time, number and identity", function()
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
      for _, kind in ipairs { "moved", "refused", "observing", "model_missing", "gap" } do
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

  describe("a result", function()
    local READ = { id = "a1", op = "read", path = "/3/0/14" }

    local INFO = { id = 1, tag = "a1", op = "read", path = "/3/0/14", state = "done" }

    --- A command was handed over; this happened to it.
    local function told(gateway, dev, changes) return bench.told(gateway, dev, INFO, changes) end

    it("follows each state of a command", function()
      local gateway, dev = with_device()
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
        local gateway, dev = with_device()
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
      local gateway, dev = with_device()
      ask(gateway, "m1", READ)
      local asleep = { state = "waiting", error = "asleep", message = "the device sleeps" }
      local value = told(gateway, dev, asleep)[1].value
      assert.same({}, { value.error, value.message })
    end)

    it("has the text of Discover", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", { id = "a1", op = "discover", path = "/3" })
      local value = told(gateway, dev, { op = "discover", path = "/3", text = "</3/0>" })[1].value
      assert.equal("</3/0>", value.text)
    end)

    it("withholds secrets and says which", function()
      local gateway, dev = with_device()
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
      local gateway, dev = with_device()
      assert.same({}, told(gateway, dev, { tag = "cli" }))
      assert.same({}, told(gateway, dev))
      gateway:event("command", dev, { id = 9, state = "done", op = "read", path = "/3/0/14" })
      assert.same({}, sent(gateway))
    end)

    it("that is more than a message can hold comes without values", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", READ)
      local value = told(gateway, dev, {
        records = fake.records { { "/3/0/14", print } }, -- JSON can't be made of it
      })[1].value
      assert.same({ "done", true }, { value.state, value.shortened })
      assert.is_nil(value.values)
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
    local gateway, dev = with_device()
    gateway.refuses = { code = "full", message = "full" }
    gateway:event("registered", dev)
    gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
    assert.same({}, gateway.failures)
    assert.same({ "warn the outbox is full: results and states wait for room" }, gateway.lines)
    gateway.lines = {}
    gateway.refuses = setmetatable({ code = "state" }, { __tostring = function() return "no" end })
    gateway:event("registered", dev)
    assert.same({ "warn tidegate/dev/m1/state is not published: no" }, gateway.lines)
  end)
end)
