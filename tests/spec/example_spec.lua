-- SPDX-License-Identifier: Apache-2.0
-- The scripts that newcomers copy: they load, and do what their comments say.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local fake = require "fake_tg"

local FOLDER = "scripts/examples/"

local function start(name, options)
  local gateway = fake.gateway()
  gateway:start(FOLDER .. name, options)
  return gateway
end

describe("scripts/examples", function()
  it("are all there and load without options", function()
    local count = 0
    local pipe = assert(io.popen("ls " .. FOLDER))
    for name in pipe:lines() do
      start(name)
      count = count + 1
    end
    pipe:close()
    assert.equal(3, count)
  end)

  it("tell in their first lines how they are configured", function()
    for _, name in ipairs { "fahrenheit", "threshold-alarm", "valve-commands" } do
      local file = assert(io.open(FOLDER .. name .. ".lua"))
      local head = file:read("a"):sub(1, 600)
      file:close()
      assert.is_truthy(head:find("scripts = {", 1, true), name)
      assert.is_truthy(head:find("rules/" .. name .. ".lua", 1, true), name)
    end
  end)

  describe("fahrenheit.lua", function()
    it("publishes temperatures in Fahrenheit on its own topic", function()
      local gateway = start "fahrenheit.lua"
      local dev = gateway:device "green house"
      gateway:report(dev, { { "/3303/0/5700", 21.5 }, { "/3303/0/5701", "Cel" } })
      gateway:report(dev, { { "/3303/1/5700", -40 } })
      local sent = gateway:sent()
      assert.equal(2, #sent)
      assert.equal("weather/green%20house/3303/0/5700", sent[1].topic)
      assert.equal("70.7", sent[1].payload)
      assert.equal("-40.0", sent[2].payload)
    end)

    it("can be tried without a gateway", function()
      local script = dofile(FOLDER .. "fahrenheit.lua")
      local topic, payload = require("tidegate.rule").test(
        script.rules[1],
        { path = "/3303/0/5700", value = 100 },
        { ep = "kettle" }
      )
      assert.equal("weather/kettle/3303/0/5700", topic)
      assert.equal("212.0", payload)
    end)
  end)

  describe("threshold-alarm.lua", function()
    local function levels(gateway, dev, values)
      local list = {}
      for _, value in ipairs(values) do gateway:report(dev, { { "/3303/0/5700", value, 1.5 } }) end
      for _, message in ipairs(gateway:sent()) do
        local payload = dkjson.decode(message.payload)
        assert.is_true(message.retain)
        assert.is_number(payload.seq)
        list[#list + 1] = payload.alarm .. " " .. payload.value
      end
      return list
    end

    it("tells once when the limit is passed and once when it is over", function()
      local gateway = start("threshold-alarm.lua", { limit = 40, back = 38 })
      local dev = gateway:device "m1"
      local values = { 20, 40, 41, 39, 38, 37.5, 38, 39.5, 40.5 }
      assert.same({ "high 40", "off 37.5", "high 40.5" }, levels(gateway, dev, values))
    end)

    it("tells devices and sensors apart", function()
      local gateway = start "threshold-alarm.lua"
      local one, two = gateway:device "m1", gateway:device "m2"
      assert.same({ "high 31" }, levels(gateway, one, { 31 }))
      assert.same({ "high 32" }, levels(gateway, two, { 32 }))
      gateway:report(one, { { "/3303/1/5700", 33 } })
      assert.equal("alarm/m1/3303/1/5700", gateway:sent()[1].topic)
    end)

    it("goes on where it was when it is loaded again", function()
      local before = start "threshold-alarm.lua"
      levels(before, before:device "m1", { 31 })
      local after = start "threshold-alarm.lua"
      after.handlers.restore(before.handlers.save())
      assert.same({ "off 20" }, levels(after, after:device "m1", { 35, 20 }))
    end)
  end)

  describe("valve-commands.lua", function()
    local FILTER = "plant/+/set"

    it("moves the valve and tells how it went", function()
      local gateway = start "valve-commands.lua"
      local dev = gateway:device "valve 7"
      gateway:message(FILTER, "plant/valve%207/set", "open")
      local call = dev.calls[1]
      local expected = { "write", "/3306/0/5850", true, { timeout = 600 } }
      assert.same(expected, { table.unpack(call, 1, 4) })
      call[5](true)
      local message = gateway:sent()[1]
      assert.equal("plant/valve%207/state", message.topic)
      assert.is_true(message.retain)
      assert.equal("open", dkjson.decode(message.payload).state)

      gateway:message(FILTER, "plant/valve%207/set", "close")
      call = dev.calls[2]
      assert.is_false(call[3])
      call[5](nil, { code = "timeout" })
      assert.equal("unknown", dkjson.decode(gateway:sent()[1].payload).state)
    end)

    it("answers for a valve that isn't there", function()
      local gateway = start "valve-commands.lua"
      gateway:message(FILTER, "plant/nowhere/set", "open")
      local payload = dkjson.decode(gateway:sent()[1].payload)
      assert.equal("not_found: no device nowhere", payload.error)
    end)

    it("logs what is no command", function()
      local gateway = start "valve-commands.lua"
      local dev = gateway:device "v1"
      gateway:message(FILTER, "plant/v1/set", "ajar")
      assert.same({ "warn plant/v1/set: open or close is wanted, not ajar" }, gateway.lines)
      assert.same({}, dev.calls)
    end)
  end)
end)
