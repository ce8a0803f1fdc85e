-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local fake = require "fake_tg"

local T = 1732000000.5

--- A gateway with a script that has these rules, and a device.
local function start(rules)
  local gateway = fake.gateway()
  gateway:start(function() return { rules = rules } end)
  return gateway, gateway:device "meter 1"
end

local function topics(gateway)
  local list = {}
  for at, message in ipairs(gateway:sent()) do list[at] = message.topic end
  return list
end

describe("tidegate.bridge", function()
  describe("a record", function()
    it("is published by the rule that matches", function()
      local gateway, dev = start { { match = { object = 3303 }, topic = "t/{ep}{path}" } }
      gateway:report(dev, { { "/3303/0/5700", 21.5, T } })
      assert.same({
        {
          topic = "t/meter%201/3303/0/5700",
          payload = '{"v":21.5,"t":1732000000.5}',
          qos = 1,
          retain = false,
          durable = true,
          class = 0,
        },
      }, gateway:sent())
      assert.same({}, gateway.failures)
    end)

    it("is published the way the rule says", function()
      local gateway, dev = start {
        { topic = "t", qos = 0, retain = true, delivery = "queued", broker = "second" },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      local message = gateway:sent()[1]
      assert.equal(0, message.qos)
      assert.is_true(message.retain)
      assert.is_false(message.durable)
      assert.equal("second", message.broker)
    end)

    it("goes with its number when there is one in the payload", function()
      local gateway, dev = start {
        { topic = "a" },
        { topic = "b", stamp = true },
        { topic = "c", map = function() return { x = 1 } end },
        { topic = "d", map = function() return "x" end },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      local sent = gateway:sent()
      assert.is_nil(sent[1].seq)
      assert.equal(1, sent[2].seq)
      assert.equal('{"v":1,"seq":1,"gw":"00112233aabbccdd"}', sent[2].payload)
      assert.equal(2, sent[3].seq)
      assert.equal('{"x":1,"seq":2,"gw":"00112233aabbccdd"}', sent[3].payload)
      assert.is_nil(sent[4].seq)
    end)

    it("is published by every rule that matches, in their order", function()
      local gateway, dev = start {
        { topic = "any1" },
        { match = { object = { 3303, 3304, 3303 } }, topic = "listed" },
        { match = { object = 3304 }, topic = "other" },
        { match = { path = "/3303/0" }, topic = "path" },
        { match = { object = 3303, resource = 5701 }, topic = "units" },
        { topic = "any2" },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      assert.same({ "any1", "listed", "path", "any2" }, topics(gateway))
      gateway:report(dev, { { "/3304/0/5700", 1 } })
      assert.same({ "any1", "listed", "other", "any2" }, topics(gateway))
      gateway:report(dev, { { "/5/0/1", 1 } })
      assert.same({ "any1", "any2" }, topics(gateway))
    end)

    it("that no rule is for is dropped", function()
      local gateway, dev = start { { match = { object = 3303 }, topic = "t" } }
      gateway:report(dev, { { "/3304/0/5700", 1 }, { "/3303/0/5700", 2 }, { "/3305/0/5700", 3 } })
      local sent = gateway:sent()
      assert.equal(1, #sent)
      assert.equal('{"v":2}', sent[1].payload)
    end)

    it("that is secret is published only where the rule says so", function()
      local gateway, dev = start {
        { topic = "open" },
        { topic = "secret", match = { object = 0, sensitive = true } },
      }
      gateway:report(dev, { { "/0/0/5", { bytes = "key" }, sensitive = true } })
      assert.same({ "secret" }, topics(gateway))
    end)

    it("is chosen by device, link and source", function()
      local gateway, dev = start {
        { topic = "ep", match = { ep = "meter*" } },
        { topic = "other", match = { ep = "valve*" } },
        { topic = "nb", match = { link = "nb" } },
        { topic = "send", match = { source = "send" } },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } }, "send")
      assert.same({ "ep", "send" }, topics(gateway))
      local far = gateway:device("valve2", { link = "nb" })
      gateway:report(far, { { "/3303/0/5700", 1 } })
      assert.same({ "other", "nb" }, topics(gateway))
    end)
  end)

  describe("a map", function()
    it("makes the payload, and nil skips the record", function()
      local gateway, dev = start {
        {
          topic = "t/{resource}",
          map = function(rec) return rec.value > 2 and ("%d!"):format(rec.value) or nil end,
        },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 }, { "/3303/0/5701", 3 } })
      local sent = gateway:sent()
      assert.equal(1, #sent)
      assert.equal("t/5701", sent[1].topic)
      assert.equal("3!", sent[1].payload)
    end)

    it("may wait, and the number is taken after it", function()
      local wake
      local gateway, dev
      gateway, dev = start {
        {
          topic = "slow",
          map = function()
            gateway.core.wait(function(done) wake = done end)
            return { slow = true }
          end,
        },
        { topic = "fast", stamp = true },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      assert.same({}, gateway:sent())
      gateway.core.next_seq()
      wake()
      local sent = gateway:sent()
      assert.equal("slow", sent[1].topic)
      assert.equal(2, sent[1].seq)
      assert.equal("fast", sent[2].topic)
      assert.equal(3, sent[2].seq)
    end)

    it("that publishes itself does not break the order of numbers", function()
      local gateway, dev
      gateway, dev = start {
        {
          topic = function()
            gateway.tg.rule.publish("inner", { a = 1 })
            return "outer"
          end,
          map = function() return { b = 1 } end,
        },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      local sent = gateway:sent()
      assert.same({ "inner", "outer" }, { sent[1].topic, sent[2].topic })
      assert.same({ 1, 2 }, { sent[1].seq, sent[2].seq })
    end)
  end)

  describe("a rule that fails", function()
    it("is counted and does not stop the others, nor the other records", function()
      local gateway, dev = start {
        { topic = "before" },
        { name = "broken", topic = "t", map = function() error("boom", 0) end },
        { topic = function() error("bang", 0) end },
        { topic = "after" },
      }
      gateway:report(dev, { { "/3303/0/5700", 1 }, { "/3303/0/5701", 1 } })
      assert.same({ "before", "after", "before", "after" }, topics(gateway))
      assert.same(
        { "boom (rule broken)", "bang (rule 3)", "boom (rule broken)", "bang (rule 3)" },
        gateway.failures
      )
    end)

    it("is told with file and line", function()
      local function map(rec) return rec.nothing.there end
      local gateway, dev = start { { topic = "t", map = map } }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      assert.is_truthy(gateway.failures[1]:find("bridge_spec.lua:%d+: attempt to index a nil"))
    end)

    it("returns something that can't be sent", function()
      local gateway, dev = start { { topic = "t", map = function() return print end } }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      assert.equal("JSON: a function can't be written (rule 1)", gateway.failures[1])
    end)
  end)

  describe("a rule that never does well", function()
    it("is counted for itself, whatever the others do", function()
      local bad = { topic = "bad", map = function(rec) return rec.value.x.y end }
      local gateway, dev = start { { topic = "good", map = function() return "x" end }, bad }
      for n = 1, 4 do
        gateway:report(dev, { { "/3303/0/5700", n } })
        assert.equal(n, gateway.in_row)
      end
      assert.equal(4, #topics(gateway))
      assert.same({ 1, 0, 2, 0, 3, 0 }, gateway.tried) -- should it be aborted the next time
    end)

    it("begins anew when it has done well once", function()
      local map = function(rec) return rec.value > 0 and "x" or nil + 1 end
      local gateway, dev = start { { topic = "t", map = map } }
      for _, value in ipairs { 0, 0, 1, 0 } do
        gateway:report(dev, { { "/3303/0/5700", value } })
      end
      assert.equal(1, gateway.in_row)
      assert.equal(3, #gateway.failures)
    end)

    it("is told of before it begins, when it was aborted before", function()
      local aborts = true
      local gateway, dev = start {
        { topic = "good" },
        { topic = "t", map = function()
          if aborts then coroutine.yield() end -- pcall can't catch that either
          return "x"
        end },
      }
      local function report()
        coroutine.wrap(function() gateway:report(dev, { { "/3303/0/5700", 1 } }) end)()
      end
      report()
      assert.same({}, gateway.tried)
      report()
      report()
      assert.same({ 1, 2 }, gateway.tried)
      aborts = false
      report()
      assert.same({ 1, 2, 3, 0 }, gateway.tried)
      report()
      assert.same({ 1, 2, 3, 0 }, gateway.tried)
    end)
  end)

  describe("a message that is refused", function()
    it("is counted with the rule and the topic", function()
      local gateway, dev = start { { name = "values", topic = "t/{ep}" } }
      gateway.refuses = { code = "argument", message = "no such broker" }
      gateway:report(dev, { { "/3303/0/5700", 1 } })
      assert.equal(1, #gateway.failures)
      assert.equal(
        "argument: no such broker (rule values, topic t/meter%201)",
        tostring(gateway.failures[1])
      )
    end)

    it("for want of room, disk or memory is not counted again", function()
      for _, code in ipairs { "full", "store", "no_memory" } do
        local gateway, dev = start { { topic = "t" } }
        gateway.refuses = { code = code, message = "not the script's fault" }
        gateway:report(dev, { { "/3303/0/5700", 1 } })
        assert.same({}, gateway.failures)
      end
    end)
  end)

  describe("asks the gateway", function()
    it("for the objects that its rules are for", function()
      local gateway = start {
        { match = { object = { 3304, 3303 } }, topic = "t" },
        { match = { path = "/5/0" }, topic = "t" },
        { match = { object = 3303 }, topic = "t" },
      }
      assert.same({ 5, 3303, 3304 }, gateway.wanted)
    end)

    it("for everything when a rule takes any object", function()
      local gateway = start { { match = { object = 3 }, topic = "t" }, { topic = "t" } }
      assert.is_true(gateway.wanted)
    end)

    it("for nothing without rules", function()
      local gateway = start {}
      assert.is_nil(gateway.wanted)
      assert.is_nil(gateway.handlers.on_records)
    end)
  end)

  it("makes no tables and closures for a rule without a map", function()
    local gateway = fake.gateway()
    gateway.core.publish = function() return true end
    gateway:start(function()
      return { rules = { { match = { object = 3303, resource = 5700 }, topic = "t/{ep}{path}" } } }
    end)
    local dev, records = gateway:device "m1", fake.records { { "/3303/0/5700", 7, T } }
    local on_records = gateway.handlers.on_records
    on_records(dev, records, "notify")
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    for _ = 1, 100 do on_records(dev, records, "notify") end
    local grown = (collectgarbage "count" - before) * 1024
    collectgarbage "restart"
    assert.is_true(grown < 100 * 56, grown) -- 56 is an empty table; the texts are there already
  end)

  it("says which device it is about when that is gone", function()
    local gateway = start { { topic = "t/{ep}" } }
    assert.has_error(function()
      gateway:report({}, { { "/3303/0/5700", 1 } })
    end, "the device is gone")
  end)
end)
