-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local command = require "tidegate.command"
local fake = require "fake_tg"

--- A gateway with a script that makes commands this way.
local function start(map, changes)
  local gateway = fake.gateway()
  local rule = { topic = "plant/+/set", map = map }
  for key, value in pairs(changes or {}) do rule[key] = value end
  gateway:start(function() return { commands = { rule } } end)
  return gateway, gateway:device "valve 7"
end

local function ask(gateway, payload, info)
  gateway:message("plant/+/set", "plant/valve%207/set", payload or "open", info)
end

describe("tidegate.command", function()
  describe("a rule", function()
    it("subscribes with its QoS at its broker", function()
      local gateway = start(print, { qos = 2, broker = "second" })
      local subscription = gateway.subscriptions["plant/+/set"]
      assert.equal(2, subscription.qos)
      assert.equal("second", subscription.broker)
      gateway = start(print)
      assert.equal(1, gateway.subscriptions["plant/+/set"].qos)
    end)

    it("is refused with a sentence that helps", function()
      local rows = {
        { "text", "a table is wanted, not string" },
        { {}, 'topic is missing; it is a filter such as "plant/+/set"' },
        { { topic = "" }, "topic is missing" },
        { { topic = "t" }, "map is missing; it makes commands of messages" },
        { { topic = "t", map = print, qos = 3 }, "qos is 0, 1 or 2" },
        { { topic = "t", map = print, broker = 1 }, "broker is text" },
        { { topic = "t", mapp = print }, '"mapp" is not known, did you mean "map"?' },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(command.check, row[1])
        assert.is_false(ok)
        assert.is_truthy(why:find(row[2], 1, true), why)
      end
    end)
  end)

  describe("a message", function()
    it("comes with its levels unescaped, its payload and where it is from", function()
      local seen
      local gateway = start(function(msg) seen = msg end)
      ask(gateway, '{"a":[1]}', { qos = 1, retained = true, broker = "main" })
      assert.equal("plant/valve%207/set", seen.topic)
      assert.same({ "plant", "valve 7", "set" }, seen.levels)
      assert.equal('{"a":[1]}', seen.payload)
      assert.is_true(seen.retained)
      assert.equal("main", seen.broker)
      assert.same({ a = { 1 } }, seen.json())
    end)

    it("has levels as they are when they are spelled otherwise, and empty ones", function()
      local seen
      local gateway = start(function(msg) seen = msg end)
      gateway:message("plant/+/set", "/a%2fb//x", "")
      assert.same({ "", "a%2fb", "", "x" }, seen.levels)
    end)

    it("that is no JSON says so", function()
      local value, err
      local gateway = start(function(msg) value, err = msg.json() end)
      ask(gateway, "open")
      assert.is_nil(value)
      assert.equal("syntax", err.code)
    end)

    it("may be left without a command", function()
      local gateway, dev = start(function() return nil end)
      ask(gateway)
      assert.same({}, dev.commands)
      assert.same({}, gateway.lines)
    end)
  end)

  describe("a command", function()
    it("is submitted to its device", function()
      local gateway, dev = start(function(msg)
        return {
          ep = msg.levels[2],
          op = "write",
          path = "/3306/0/5850",
          value = false,
          timeout = 60,
          priority = 2,
          format = "tlv",
          tag = "t1",
          retry = true,
        }
      end)
      ask(gateway)
      assert.same({
        {
          op = "write",
          path = "/3306/0/5850",
          value = false,
          timeout = 60,
          priority = 2,
          format = "tlv",
          tag = "t1",
          retry = true,
        },
      }, dev.commands)
    end)

    it("may be one of several", function()
      local gateway, dev = start(function()
        return {
          { ep = "valve 7", op = "read", path = "/3/0/9" },
          { ep = "nobody", op = "read", path = "/3/0/9" },
          { ep = "valve 7", op = "execute", path = "/3/0/4", args = "0" },
        }
      end)
      ask(gateway)
      assert.equal(2, #dev.commands)
      assert.equal("0", dev.commands[2].args)
      assert.same({ "warn command to nobody: not_found: no device nobody" }, gateway.lines)
    end)

    it("with done calls the device's method, which calls back", function()
      local function done() end
      local records = { { path = "/3311/0/5850", value = true } }
      local rows = {
        { { op = "read", path = "/3/0/9" } },
        { { op = "discover", path = "/3" } },
        { { op = "write", path = "/3/0/14", value = "+02" }, "+02" },
        { { op = "write", path = "/3/0/14", value = false }, false },
        { { op = "update", path = "/3311/0", records = records }, records },
        { { op = "execute", path = "/3/0/4", args = "0" }, "0" },
      }
      for _, row in ipairs(rows) do
        local wanted = row[1]
        wanted.ep, wanted.done, wanted.timeout = "valve 7", done, 5
        local gateway, dev = start(function() return wanted end)
        ask(gateway)
        local call = dev.calls[1]
        assert.same({ wanted.op, wanted.path }, { call[1], call[2] })
        if #row == 2 then assert.same(row[2], call[3]) end
        assert.same({ timeout = 5 }, call[call.n - 1])
        assert.equal(done, call[call.n])
        assert.same({}, dev.commands)
      end
    end)

    it("by name goes to object 1, with and without done", function()
      local function done() end
      local rows = {
        { { op = "trigger" }, { timeout = 5 } },
        {
          { op = "trigger", transport = "U", instance = 1 },
          { timeout = 5, transport = "U", instance = 1 },
        },
        { { op = "disable", seconds = 60 }, { timeout = 5, seconds = 60 } },
        { { op = "bootstrap" }, { timeout = 5 } },
        { { op = "prefer", transport = "U" }, "U", { timeout = 5 } },
        { { op = "mute", value = false }, false, { timeout = 5 } },
      }
      for _, row in ipairs(rows) do
        local wanted = row[1]
        local queued = {}
        for key, value in pairs(wanted) do queued[key] = value end
        wanted.ep = "valve 7"
        local gateway, dev = start(function() return wanted end)
        ask(gateway)
        assert.same({ queued }, dev.commands)
        wanted.done, wanted.timeout = done, 5
        ask(gateway)
        local call = dev.calls[1]
        assert.equal(wanted.op, call[1])
        for at = 2, #row do assert.same(row[at], call[at]) end
        assert.equal(done, call[#row + 1])
        assert.equal(#row + 1, call.n)
      end
    end)

    it("that asks for a depth hands it on", function()
      local wanted = { ep = "valve 7", op = "discover", path = "/3", depth = 2 }
      local gateway, dev = start(function() return wanted end)
      ask(gateway)
      assert.equal(2, dev.commands[1].depth)
      wanted.done = print
      ask(gateway)
      assert.same({ "discover", "/3", { depth = 2 }, print, n = 4 }, dev.calls[1])
    end)

    it("that can't be submitted is told to its done", function()
      local rows = {
        { { op = "read", path = "/3/0/9" }, "not_found: no device nil" },
        { { ep = "x", op = "read", path = "/3/0/9" }, "not_found: no device x" },
        { { ep = "valve 7", op = "raed" }, 'op "raed" is not known, did you mean "read"?' },
        { { ep = "valve 7", oop = "read" }, '"oop" is not known, did you mean "op"?' },
      }
      for _, row in ipairs(rows) do
        local result, err
        row[1].done = function(...) result, err = ... end
        local gateway = start(function() return row[1] end)
        ask(gateway)
        assert.is_nil(result)
        assert.is_truthy(tostring(err):find(row[2], 1, true), tostring(err))
        assert.same({}, gateway.lines)
      end
    end)

    it("that can't be submitted is logged without a done, and no failure of the script", function()
      local gateway, dev = start(function()
        return { ep = "valve 7", op = "read", path = "/3/0/9" }
      end)
      dev.refuses = { code = "full" }
      setmetatable(dev.refuses, { __tostring = function() return "full: 100 wait already" end })
      ask(gateway)
      dev.raises = "a path is wanted"
      ask(gateway)
      assert.same({
        "warn command to valve 7: full: 100 wait already",
        "warn command to valve 7: argument: a path is wanted",
      }, gateway.lines)
      assert.same({}, gateway.failures)
    end)

    it("is a table", function()
      local gateway = start(function() return "read" end)
      ask(gateway)
      assert.same(
        { "warn command to ?: argument: map returned a string, not a command" },
        gateway.lines
      )
      gateway = start(function() return { 7 } end)
      ask(gateway)
      assert.equal(1, #gateway.lines)
    end)
  end)
end)
