-- SPDX-License-Identifier: Apache-2.0
-- Firmware in the default dialect: how updates and campaigns are told, and what may be asked for.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local fake = require "fake_tg"

local FILE = "scripts/dialects/tidegate.lua"
local DEV_FILTER = "tidegate/dev/+/cmd"
local GW_TOPIC = "tidegate/gw/house%201/cmd"

local function start(gateway)
  gateway = gateway or fake.gateway("house 1")
  gateway:start(FILE, {})
  return gateway
end

--- The messages since the last look, with decoded payloads.
local function sent(gateway)
  local list = gateway:sent()
  for _, message in ipairs(list) do
    local value, _, why = dkjson.decode(message.payload, 1, nil)
    assert.is_nil(why, message.payload)
    message.value = setmetatable(value, nil)
    message.value.seq, message.value.gw = nil, nil
  end
  assert.same({}, gateway.failures)
  return list
end

local function ask(gateway, ep, wanted, info)
  local payload = type(wanted) == "table" and dkjson.encode(wanted) or wanted
  local topic = "tidegate/dev/" .. gateway.core.mqtt.escape(ep) .. "/cmd"
  gateway:message(DEV_FILTER, topic, payload, info)
  return sent(gateway)
end

local function ask_gateway(gateway, wanted, info)
  local payload = type(wanted) == "table" and dkjson.encode(wanted) or wanted
  gateway:message(GW_TOPIC, GW_TOPIC, payload, info)
  return sent(gateway)
end

local function update(fields)
  local info = {
    id = 41, ep = "m/1", image = "fw2", state = "transferring", method = "push",
      cause = "it takes it",
    link = "udp0", sent = 512, total = 2048, begun = 1732000000.5, changed = 1732000001.5,
    time = 1732000001.5,
  }
  for key, value in pairs(fields or {}) do info[key] = value end
  return info
end

describe("firmware in scripts/dialects/tidegate.lua", function()
  describe("an update", function()
    it("is told on the device's topic, retained", function()
      local gateway = start()
      gateway:event("firmware", nil, update { tag = "f1", campaign = "may",
        version_before = "1.0" })
      local message = sent(gateway)[1]
      assert.equal("tidegate/dev/m%2F1/firmware", message.topic)
      assert.same({ 1, true, true, 2 }, { message.qos, message.retain, message.durable,
        message.class })
      assert.same({
        id = "f1", update = 41, state = "transferring", image = "fw2", cause = "it takes it",
        method = "push", link = "udp0", sent = 512, total = 2048, version_before = "1.0",
        campaign = "may", begun = 1732000000.5, t = 1732000001.5,
      }, message.value)
    end)

    it("has progress that is neither retained nor confirmed", function()
      local gateway = start()
      gateway:event("firmware", nil, update())
      gateway:event("firmware", nil, update { sent = 1024 })
      local progress = sent(gateway)[2]
      assert.same({ 0, false, false, 0 },
        { progress.qos, progress.retain, progress.durable, progress.class })
      assert.equal(1024, progress.value.sent)
      gateway:event("firmware", nil, update { state = "ready", sent = 2048 })
      assert.is_true(sent(gateway)[1].retain)
    end)

    it("that ends and begins anew is told again", function()
      local gateway = start()
      gateway:event("firmware", nil, update { state = "done" })
      gateway:event("firmware", nil, update { state = "done" })
      local list = sent(gateway)
      assert.is_true(list[1].retain and list[2].retain)
    end)
  end)

  describe("a campaign", function()
    it("is told on a topic of the gateway, retained", function()
      local gateway = start()
      gateway:event("campaign", nil, {
        name = "may", image = "fw2", state = "running", cause = "wave 1 begins with 2 devices",
          wave = 1,
        running = 2, done = 0, failed = 0, cancelled = 0, unknown = 0, left = 5, begun = 1.5,
        changed = 1.5, spec = { method = "auto" },
      })
      local message = sent(gateway)[1]
      assert.equal("tidegate/gw/house%201/campaign/may", message.topic)
      assert.is_true(message.retain)
      assert.same({
        state = "running", image = "fw2", cause = "wave 1 begins with 2 devices", wave = 1,
          running = 2,
        done = 0, failed = 0, cancelled = 0, unknown = 0, left = 5, begun = 1.5, t = gateway.time,
      }, message.value)
    end)
  end)

  describe("firmware_update", function()
    it("begins an update and is answered when it begins and when it ends", function()
      local gateway = start()
      gateway:device "m/1"
      local answer = ask(gateway, "m/1", {
        id = "f1", op = "firmware_update", image = "fw2", method = "push", hold = true,
          force = false,
        severity = 1, defer = 60, expiry = 3600,
      })[1]
      assert.same({
        "update",
        {
          ep = "m/1", image = "fw2", tag = "f1", method = "push", hold = true, force = false,
          severity = 1, defer = 60, expiry = 3600,
        },
      }, gateway.firmware.asked[1])
      assert.equal("tidegate/dev/m%2F1/result", answer.topic)
      assert.same({ id = "f1", op = "firmware_update", state = "sent", update = 41,
        t = gateway.time },
        answer.value)
      assert.equal(3, answer.class)
      gateway:event("firmware", nil, update { tag = "f1" })
      assert.equal(1, #sent(gateway)) -- no answer on the way
      gateway:event("firmware", nil, update { tag = "f1", state = "done", cause = "it runs 2.0" })
      local list = sent(gateway)
      assert.equal("tidegate/dev/m%2F1/firmware", list[1].topic)
      assert.same({
        id = "f1", op = "firmware_update", state = "done", update = 41, cause = "it runs 2.0",
        t = gateway.time,
      }, list[2].value)
      gateway:event("firmware", nil, update { tag = "f1", state = "done" })
      assert.equal(1, #sent(gateway))
    end)

    it("that fails is answered with the cause", function()
      for state, code in pairs {
        failed = "peer_error", cancelled = "cancelled", unknown = "unknown" } do
        local gateway = start()
        gateway:device "m/1"
        ask(gateway, "m/1", { id = "f1", op = "firmware_update", image = "fw2" })
        gateway:event("firmware", nil, update { state = state, cause = "because" })
        local result = sent(gateway)[2].value
        assert.same({ state, code, "because" }, { result.state, result.error, result.message })
      end
    end)

    it("that ends inside the call is answered twice", function()
      local gateway = start()
      gateway:device "m1"
      gateway.firmware.updates[41] = { state = "done", cause = "it ran it before" }
      local list = ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      assert.same({ "sent", "done" }, { list[1].value.state, list[2].value.state })
    end)

    it("of the same id is not begun twice", function()
      local gateway = start()
      gateway:device "m1"
      ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      local again = ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      assert.equal(1, #again)
      assert.equal("sent", again[1].value.state)
      assert.equal(1, #gateway.firmware.asked)
      gateway:event("firmware", nil, update { ep = "m1", state = "done" })
      sent(gateway)
      again = ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      assert.equal("done", again[1].value.state)
      gateway:pass(24 * 3600 + 1)
      ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      assert.equal(2, #gateway.firmware.asked)
    end)

    it("that is refused may be mended and sent again", function()
      local gateway = start()
      gateway:device "m1"
      gateway.firmware.refuses = { code = "not_found", message = "no image of this name" }
      local answer = ask(gateway, "m1", { id = "f1", op = "firmware_update",
        image = "fw2" })[1].value
      assert.same({ "failed", "not_found", "no image of this name" },
        { answer.state, answer.error, answer.message })
      gateway.firmware.refuses = nil
      answer = ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })[1].value
      assert.equal("sent", answer.state)
    end)

    it("to a device that is not known is refused", function()
      local answer = ask(start(), "nobody", { id = "f1", op = "firmware_update", image = "fw2" })[1]
      assert.equal("not_found", answer.value.error)
    end)

    it("that nobody asked for here is not answered", function()
      local gateway = start()
      gateway:event("firmware", nil, update { tag = "x", state = "done" })
      assert.equal(1, #sent(gateway))
    end)
  end)

  describe("after a restart", function()
    local function restarted(status, queued)
      local gateway = start()
      gateway:device("m1", { queued = queued })
      ask(gateway, "m1", { id = "f1", op = "firmware_update", image = "fw2" })
      gateway.firmware.updates = { [41] = status }
      local kept = gateway.firmware
      gateway.timers, gateway.published = {}, {}
      gateway.firmware = kept
      start(gateway)
      return gateway
    end

    it("an update that goes on is answered when it ends", function()
      local gateway = restarted { state = "transferring" }
      gateway:pass(1)
      assert.same({}, sent(gateway))
      gateway:event("firmware", nil, update { ep = "m1", state = "done" })
      assert.equal("done", sent(gateway)[2].value.state)
    end)

    it("an update that has ended meanwhile is answered at once", function()
      local gateway = restarted { state = "failed", cause = "because" }
      gateway:pass(1)
      local list = sent(gateway)
      assert.equal(1, #list)
      assert.same({ "failed", "because" }, { list[1].value.state, list[1].value.message })
      assert.equal(list[1].topic, "tidegate/dev/m1/result")
    end)

    it("an update that is gone is answered as unknown", function()
      local gateway = restarted(nil)
      gateway:pass(1)
      local list = sent(gateway)
      assert.equal(1, #list)
      assert.equal("unknown", list[1].value.state)
    end)

    it("nothing is answered a second time", function()
      local gateway = restarted { state = "done" }
      gateway:pass(1)
      sent(gateway)
      gateway.timers = {}
      start(gateway)
      gateway:pass(1)
      assert.same({}, sent(gateway))
    end)
  end)

  it("firmware_apply and firmware_cancel are done or not", function()
    local gateway = start()
    for _, name in ipairs { "apply", "cancel" } do
      local answer = ask(gateway, "m1", { id = name, op = "firmware_" .. name })[1].value
      assert.same({ id = name, op = "firmware_" .. name, state = "done", t = gateway.time }, answer)
      assert.same({ name, "m1" }, gateway.firmware.asked[#gateway.firmware.asked])
    end
    gateway.firmware.refuses = { code = "state", message = "the update is waiting" }
    local answer = ask(gateway, "m1", { id = "x", op = "firmware_apply" })[1].value
    assert.same({ "failed", "state" }, { answer.state, answer.error })
  end)

  it("campaigns are begun and steered on the gateway's topic", function()
    local gateway = start()
    local spec = {
      name = "may", image = "fw2", ep = "m*", link = "nb", manufacturer = "A", model = "M",
      from_version = "1.*", method = "auto", severity = 0, defer = 0, expiry = 60, wave = 5,
        growth = 100,
      parallel = 2, limits = { nb = 1 }, stop_failures = 3, stop_percent = 20,
    }
    local wanted = { id = "c1", op = "campaign_start" }
    for key, value in pairs(spec) do wanted[key] = value end
    local answer = ask_gateway(gateway, wanted)[1]
    assert.equal("tidegate/gw/house%201/result", answer.topic)
    assert.same({ id = "c1", op = "campaign_start", state = "done", t = gateway.time },
      answer.value)
    local asked = gateway.firmware.asked[1]
    setmetatable(asked[2].limits, nil)
    assert.same({ "campaign", spec }, asked)
    for op, name in pairs {
      campaign_pause = "pause", campaign_resume = "resume", campaign_cancel = "stop" } do
      assert.equal("done", ask_gateway(gateway, { id = op, op = op, name = "may" })[1].value.state)
      assert.same({ name, "may" }, gateway.firmware.asked[#gateway.firmware.asked])
    end
    local count = #gateway.firmware.asked
    assert.equal("done", ask_gateway(gateway, wanted)[1].value.state)
    assert.equal(count, #gateway.firmware.asked)
  end)

  it("what is wrong is answered with the cure", function()
    local gateway = start()
    gateway:device "m1"
    local rows = {
      { { op = "firmware_update", image = "fw2" }, "id is text of 1 to 64 bytes" },
      { { id = ("x"):rep(65), op = "firmware_update", image = "fw2" },
        "id is text of 1 to 64 bytes" },
      { { id = "a", op = "firmware_updat", image = "fw2" }, 'did you mean "firmware_update"?' },
      { { id = "a", op = "firmware_update" }, "image is missing" },
      { { id = "a", op = "firmware_update", image = "" }, "image is text" },
      { { id = "a", op = "firmware_update", image = "a\0b" }, "image is text" },
      { { id = "a", op = "firmware_update", image = 7 }, "image is text" },
      { { id = "a", op = "firmware_update", image = "fw2", metod = "push" },
        'did you mean "method"?' },
      { { id = "a", op = "firmware_update", image = "fw2", method = "pull" }, "push, pull-coap" },
      { { id = "a", op = "firmware_update", image = "fw2", hold = 1 }, "hold is true or false" },
      { { id = "a", op = "firmware_update", image = "fw2", severity = 3 }, "0 to 2" },
      { { id = "a", op = "firmware_update", image = "fw2", defer = 1.5 },
        "defer is a whole number" },
      { { id = "a", op = "firmware_apply", image = "fw2" }, '"image" is not known' },
    }
    for _, row in ipairs(rows) do
      local answer = ask(gateway, "m1", row[1])[1].value
      assert.same({ "failed", "argument" }, { answer.state, answer.error })
      assert.truthy(answer.message:find(row[2], 1, true), answer.message)
    end
    rows = {
      { { id = "a", name = "may" }, "op is missing: campaign_cancel campaign_pause" },
      { { id = "a", op = "campaign_start", image = "fw2" }, "name is missing" },
      { { id = "a", op = "campaign_start", name = "n", image = "i", limits = { 4 } },
        'such as {"nb":4}' },
      { { id = "a", op = "campaign_start", name = "n", image = "i", limits = { nb = 0 } },
        'such as {"nb":4}' },
      { { id = "a", op = "campaign_start", name = "n", image = "i", stop_percent = 101 },
        "0 to 100" },
      { { id = "a", op = "campaign_pause", name = "n", wave = 1 }, '"wave" is not known' },
      { { id = "a", op = "read", path = "/3" }, 'op "read" is not known' },
    }
    for _, row in ipairs(rows) do
      local answer = ask_gateway(gateway, row[1])[1].value
      assert.equal("argument", answer.error)
      assert.truthy(answer.message:find(row[2], 1, true), answer.message)
    end
    for _, text in ipairs { "no JSON", "[1]", "7" } do
      assert.equal("syntax", ask_gateway(gateway, text)[1].value.error)
    end
    assert.same({}, gateway.firmware.asked)
  end)

  it("a retained request to the gateway is ignored", function()
    local gateway = start()
    local info = { qos = 1, retained = true, broker = "main" }
    local wanted = { id = "a", op = "campaign_pause", name = "n" }
    assert.same({}, ask_gateway(gateway, wanted, info))
    assert.same({}, gateway.firmware.asked)
    assert.truthy(gateway.lines[1]:find("retained", 1, true))
  end)
end)
