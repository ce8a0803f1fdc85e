-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local fake = require "fake_tg"

describe("tidegate.tg", function()
  it("has the areas that C made, as they are", function()
    local gateway = fake.gateway()
    local areas = { "device", "object", "mqtt", "codec", "store", "log", "driver", "serial" }
    for _, area in ipairs(areas) do
      assert.is_table(gateway.tg[area])
      assert.equal(gateway.core[area], gateway.tg[area])
    end
  end)

  it("knows the gateway", function()
    local tg = fake.gateway("house").tg
    assert.equal("house", tg.name())
    assert.equal("00112233aabbccdd", tg.gw())
    assert.equal("0.1.0", tg.version())
  end)

  it("has rules that are made for this gateway", function()
    local tg = fake.gateway("main house").tg
    local topic, payload = tg.rule.test(
      { topic = "{gateway}/{ep}", stamp = true },
      { path = "/3303/0/5700", value = 1 }
    )
    assert.equal("main%20house/device", topic)
    assert.equal("00112233aabbccdd", dkjson.decode(payload).gw)
    assert.is_function(tg.rule.define)
  end)

  it("has nothing but what scripts may use", function()
    local names = {}
    for name, value in pairs(fake.gateway().tg) do
      names[#names + 1] = name .. (type(value) == "function" and "()" or "")
    end
    table.sort(names)
    assert.equal(
      "codec device driver firmware gw() log mqtt name() object rule serial store timer version()",
      table.concat(names, " ")
    )
  end)

  describe("rule.publish", function()
    it("sends a table as JSON with the stamp, as rules do", function()
      local gateway = fake.gateway()
      assert.is_true(gateway.tg.rule.publish("alarm/x", { level = 3 }))
      assert.same({
        {
          topic = "alarm/x",
          payload = '{"level":3,"seq":1,"gw":"00112233aabbccdd"}',
          qos = 1,
          retain = false,
          durable = true,
          seq = 1,
          class = 1,
        },
      }, gateway:sent())
    end)

    it("sends text as it is", function()
      local gateway = fake.gateway()
      gateway.tg.rule.publish("t", "on")
      local message = gateway:sent()[1]
      assert.equal("on", message.payload)
      assert.is_nil(message.seq)
    end)

    it("does as its options say", function()
      local gateway = fake.gateway()
      gateway.tg.rule.publish("t", { a = 1 }, {
        qos = 0,
        retain = true,
        delivery = "queued",
        broker = "second",
        stamp = false,
        class = "state",
      })
      assert.same({
        {
          topic = "t",
          payload = '{"a":1}',
          qos = 0,
          retain = true,
          durable = false,
          broker = "second",
          class = 2,
        },
      }, gateway:sent())
    end)

    it("gives nil and the error when it can't be sent", function()
      local gateway = fake.gateway()
      gateway.refuses = { code = "full" }
      local ok, err = gateway.tg.rule.publish("t", "x")
      assert.is_nil(ok)
      assert.equal("full", err.code)
    end)

    it("raises misuse at the line that called it", function()
      local tg = fake.gateway().tg
      local rows = {
        { 7, "x", nil, "topic is text, not number" },
        { "t", nil, nil, "a value is wanted" },
        { "t", "x", 7, "options are a table" },
        { "t", "x", { qso = 1 }, '"qso" is not known, did you mean "qos"?' },
        { "t", "x", { qos = 4 }, "qos is 0, 1 or 2" },
        { "t", "x", { class = "alarm" }, "class is event, result, state or telemetry" },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(function() tg.rule.publish(row[1], row[2], row[3]) end)
        assert.is_false(ok)
        assert.is_truthy(why:find("tg_spec.lua:%d+: tg.rule.publish: "), why)
        assert.is_truthy(why:find(row[4], 1, true), why)
      end
    end)
  end)
end)
