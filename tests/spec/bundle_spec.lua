-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local driver = require "tidegate.driver"
local fake = require "fake_tg"
local fake_core = require "fake_core"

--- Starts a script that returns this.
local function start(script, options)
  local gateway = fake.gateway()
  return gateway:start(function() return script end, options), gateway
end

describe("tidegate.bundle", function()
  describe("a script", function()
    it("is run with its options, and so is its init", function()
      local gateway, seen = fake.gateway(), {}
      local options = { limit = 7 }
      gateway:start(function(...)
        seen.chunk = { ... }
        return { init = function(...) seen.init = { ... } end }
      end, options)
      assert.equal(options, seen.chunk[1])
      assert.equal(options, seen.init[1])
    end)

    it("may be as good as empty", function()
      local handlers, gateway = start {}
      assert.same({}, handlers.kinds)
      for _, name in ipairs { "on_records", "on_event", "on_mqtt_state", "save", "version" } do
        assert.is_nil(handlers[name])
      end
      handlers.stop()
      assert.is_nil(gateway.wanted)
    end)

    it("tells its version", function()
      assert.equal("1.2", start({ name = "x", version = "1.2" }).version)
    end)

    it("hands on save and restore", function()
      local kept
      local handlers = start {
        save = function() return { 1 } end,
        restore = function(data) kept = data end,
      }
      handlers.restore(handlers.save())
      assert.same({ 1 }, kept)
    end)

    it("is refused with a sentence that helps", function()
      local rule = { topic = "t" }
      local rows = {
        { nil, "a script returns a table, not nil" },
        { "text", "a script returns a table, not string" },
        { { ruls = {} }, 'the script\'s table: "ruls" is not known, did you mean "rules"?' },
        { { on_records = print }, 'the script\'s table: "on_records" is not known' },
        { { init = "x" }, "init is a function, not string" },
        { { deinit = 1 }, "deinit is a function, not number" },
        { { rules = "x" }, "rules is a table, not string" },
        { { version = 1 }, "version is a string, not number" },
        { { save = {} }, "save is a function, not table" },
        { { rules = rule }, "rules is a list; key topic does not belong there" },
        { { rules = { rule, { topic = "{x}" } } }, 'rules[2]: topic: placeholder "{x}"' },
        { { rules = { rule, 7 } }, "rules[2]: a table is wanted, not number" },
        { { commands = { {} } }, "commands[1]: topic is missing" },
        { { drivers = { {} } }, "drivers[1]: tg.driver.define { … } is wanted" },
        { { objects = { {} } }, "objects[1]: id is missing" },
        {
          { events = { registerd = print } },
          'events: "registerd" is not known, did you mean "registered"?',
        },
        { { events = { registered = "x" } }, "events.registered is a function, not string" },
        { { init = function() return nil, "no port" end }, "init: no port" },
        { { init = function() error("boom", 0) end }, "boom" },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(start, row[1])
        assert.is_false(ok, row[2])
        assert.equal(row[2], why:sub(1, #row[2]))
      end
    end)

    it("hooks nothing up when something is wrong", function()
      local gateway = fake.gateway()
      local script = {
        rules = { { topic = "t" } },
        commands = { { topic = "t/set", map = print } },
        init = function() error("boom", 0) end,
      }
      assert.has_error(function()
        gateway:start(function() return script end)
      end, "boom")
      assert.same({}, gateway.subscriptions)
    end)

    it("is refused when a filter can't be subscribed to", function()
      local gateway = fake.gateway()
      gateway.refuses = "argument: not a topic filter"
      local script = { commands = { { topic = "a/#/b", map = print } } }
      assert.has_error(function()
        gateway:start(function() return script end)
      end, "commands[1]: argument: not a topic filter")
    end)

    it("that init makes wait starts when it goes on", function()
      local gateway, handlers, wake = fake.gateway(), nil, nil
      gateway.core.task(function()
        handlers = gateway:start(function()
          return {
            init = function()
              gateway.core.wait(function(done) wake = done end)
              return true
            end,
            rules = { { topic = "t" } },
          }
        end)
      end)
      assert.is_true(gateway.wanted) -- so that it is kept where it is
      assert.is_nil(handlers)
      wake()
      assert.is_function(handlers.on_records)
    end)
  end)

  describe("objects", function()
    it("are defined before init is called", function()
      local gateway, seen = fake.gateway(), nil
      gateway:start(function()
        return {
          objects = { { id = 26310 }, { id = 26311 } },
          init = function() seen = gateway.objects[26311] end,
        }
      end)
      assert.same({ [26310] = "script1", [26311] = "script1" }, gateway.objects)
      assert.equal("script1", seen)
    end)
  end)

  it("knows none of its objects when one of them is wrong", function()
    local gateway = fake.gateway()
    local ok, why = pcall(gateway.start, gateway, function()
      return { objects = { { id = 26310 }, { name = "no id" } } }
    end)
    assert.is_false(ok)
    assert.is_truthy(tostring(why):find("objects[2]: id is missing", 1, true))
    assert.same({}, gateway.objects)
  end)

  describe("events", function()
    it("come to the function of their kind, and no others are asked for", function()
      local seen = {}
      local handlers, gateway = start {
        events = {
          registered = function(dev, info) seen[#seen + 1] = { dev, info.note } end,
          refused = function(dev, info) seen[#seen + 1] = { dev, info.note } end,
        },
      }
      assert.same({ registered = true, refused = true }, handlers.kinds)
      local dev = gateway:device "x"
      gateway:event("registered", dev, { note = "hello" })
      gateway:event("updated", dev)
      assert.equal(1, #seen)
      assert.equal(dev, seen[1][1])
      assert.equal("hello", seen[1][2])
      gateway:event("refused", nil, { ep = "y", note = "no key" })
      assert.is_nil(seen[2][1])
      assert.equal("no key", seen[2][2])
    end)

    it("of every kind there is can be had", function()
      local kinds = {
        "registered", "updated", "deregistered", "expired", "awake", "asleep", "command",
        "observing", "model_missing", "moved", "refused", "gap",
      }
      local events = {}
      for _, kind in ipairs(kinds) do events[kind] = function() return kind end end
      local handlers = start { events = events }
      for _, kind in ipairs(kinds) do
        assert.is_true(handlers.kinds[kind])
        assert.equal(kind, handlers.on_event(kind))
      end
    end)

    it("of the broker come by their own way", function()
      local seen = {}
      local handlers = start {
        events = {
          connected = function(_, info) seen[#seen + 1] = "up " .. info.broker end,
          disconnected = function(_, info) seen[#seen + 1] = "down " .. info.note end,
        },
      }
      assert.same({}, handlers.kinds)
      assert.is_nil(handlers.on_event)
      handlers.on_mqtt_state("main", true, "")
      handlers.on_mqtt_state("main", false, "refused")
      assert.same({ "up main", "down refused" }, seen)
    end)

    it("of the broker may be half of them", function()
      local count = 0
      local handlers = start { events = { connected = function() count = count + 1 end } }
      handlers.on_mqtt_state("main", true, "")
      handlers.on_mqtt_state("main", false, "gone")
      assert.equal(1, count)
    end)
  end)

  describe("drivers", function()
    local function make(name, log)
      return driver.define(fake_core.core "script1", {
        name = name,
        options = { port = { "integer", default = 1 } },
        objects = { [6] = {} },
        run = function(self) log[#log + 1] = name .. " runs at " .. self.options.port end,
        stop = function() log[#log + 1] = name .. " stops" end,
      })
    end

    it("may be what the script is", function()
      local log = {}
      local handlers = start(make("meter", log), { port = 3 })
      assert.same({ "meter runs at 3" }, log)
      handlers.stop()
      assert.equal("meter stops", log[2])
    end)

    it("in a list get the options under their names", function()
      local log = {}
      local one, two = make("one", log), make("two", log)
      local handlers = start({ drivers = { one, two } }, { two = { port = 9 } })
      assert.same({ "one runs at 1", "two runs at 9" }, log)
      handlers.stop()
      assert.same({ "two stops", "one stops" }, { log[3], log[4] })
    end)

    it("with wrong options keep the script from loading", function()
      local log = {}
      local ok, why = pcall(start, { drivers = { make("one", log) } }, { one = { prot = 1 } })
      assert.is_false(ok)
      assert.equal('one: option "prot" is not known, did you mean "port"?', why)
      assert.same({}, log)
    end)
  end)

  it("stops everything, also when something fails in it, and tells the first failure", function()
    local stopped = {}
    local function stopper(name, fails)
      return {
        driver = {},
        name = name,
        deinit = function()
          stopped[#stopped + 1] = name
          if fails then error(name .. " is stuck", 0) end
        end,
      }
    end
    local handlers = start {
      drivers = { stopper "a", stopper("b", true), stopper("c", true) },
      deinit = function() stopped[#stopped + 1] = "script" end,
    }
    assert.has_error(handlers.stop, "c is stuck")
    assert.same({ "script", "c", "b", "a" }, stopped)
  end)
end)
