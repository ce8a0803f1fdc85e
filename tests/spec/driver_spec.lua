-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local driver = require "tidegate.driver"
local fake = require "fake_core"

local function start(definition, options)
  local core = fake.core "bundle1"
  definition.name = definition.name or "meter"
  definition.run = definition.run or function() end
  local script = driver.define(core, definition)
  local self = script.init(options)
  return core, self, script
end

describe("tidegate.driver", function()
  describe("define", function()
    it("names what is missing and the nearest word to one it doesn't know", function()
      local rows = {
        { { run = print }, "name is missing" },
        { { name = "x" }, "run is missing" },
        { { name = "x", run = print, writ = print }, '"writ" is not known, did you mean "write"?' },
        { { name = "x", run = print, [1] = 2 }, '"1" is not known' },
        { "text", "a table is wanted" },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(driver.define, fake.core "x", row[1])
        assert.is_false(ok)
        assert.is_truthy(tostring(why):find(row[2], 1, true), why)
      end
    end)

    it("opens a device called as the bundle, or as the option ep says", function()
      local core = start { objects = { [6] = {} } }
      assert.same({ "/6/0" }, core.devices.bundle1.objects)
      core = start({ objects = { "/3303/1", "/3303/0" } }, { ep = "plc7" })
      assert.same({ "/3303/0", "/3303/1" }, core.devices.plc7.objects)
      assert.is_nil(core.devices.bundle1)
    end)

    it("is not loaded when the gateway refuses its device", function()
      local core = fake.core "x"
      core.refuses = "full: no room"
      local script = driver.define(core, { name = "m", run = print, objects = { [6] = {} } })
      assert.has_error(function() script.init() end, "m: full: no room")
    end)
  end)

  describe("options", function()
    local spec = {
      port = "string",
      baud = { "integer", default = 9600 },
      parity = { "string", default = "none", choice = { "none", "even" } },
      note = { "string", optional = true },
    }

    it("are filled with defaults", function()
      assert.same(
        { port = "/dev/x", baud = 9600, parity = "none" },
        driver.options("m", spec, { port = "/dev/x" })
      )
    end)

    it("are refused with a sentence that helps", function()
      local rows = {
        { {}, 'm: option "port" is missing' },
        { { port = 1 }, 'm: option "port" is a string, not integer' },
        { { port = "x", baud = 1.5 }, 'm: option "baud" is a integer, not float' },
        { { port = "x", boud = 1 }, 'm: option "boud" is not known, did you mean "baud"?' },
        { { port = "x", parity = "mark" }, 'm: option "parity" is one of none, even' },
      }
      for _, row in ipairs(rows) do
        assert.has_error(function() driver.options("m", spec, row[1]) end, row[2])
      end
    end)
  end)

  describe("a command", function()
    it("calls the driver's function and answers with what it returns", function()
      local core = start {
        objects = { [3303] = {} },
        read = function(_, path) return path == "/3303/0/5700" and 21.5 or nil, "not there" end,
        write = function(self, path, value) self:put(path, value) end,
        execute = function(_, _, args)
          if args ~= "0" then return nil, "jammed" end
        end,
      }
      local id, results = core.command("bundle1", "write", "/3303/0", {
        { path = "/3303/0/5601", value = 1 },
        { path = "/3303/0/5602", value = 2 },
      })
      assert.same({ result = true }, results[id])
      assert.equal(2, core.devices.bundle1.values["/3303/0/5602"])
      id, results = core.command("bundle1", "execute", "/3303/0/5605", nil, "0")
      assert.same({ result = true }, results[id])
      id, results = core.command("bundle1", "execute", "/3303/0/5605", nil, "1")
      assert.equal("peer_error: jammed", tostring(results[id].err))
      id, results = core.command("bundle1", "read", "/3303/0/5701")
      assert.equal("peer_error: not there", tostring(results[id].err))
    end)

    it("to read gives one value or a list of records", function()
      local core = start {
        objects = { [6] = {} },
        read = function(_, path)
          if path == "/6/0/5" then return 17 end
          return { { path = "/6/0/0", value = 1.5 }, { path = "/6/0/1", value = 2.5 } }
        end,
      }
      local id, results = core.command("bundle1", "read", "/6/0/5")
      assert.same({ { path = "/6/0/5", value = 17 } }, results[id].result)
      id, results = core.command("bundle1", "read", "/6/0")
      assert.equal(2, #results[id].result)
    end)

    it("may wait for the device and ends when its answer comes", function()
      local answer
      local core = start {
        objects = { [3303] = {} },
        read = function(self)
          return self:wait(function(done) answer = done end)
        end,
      }
      local id, results = core.command("bundle1", "read", "/3303/0/5700")
      assert.is_nil(results[id])
      answer(nil, { code = "timeout" })
      assert.equal("timeout", results[id].err.code)
    end)

    it("ends with an error when the driver fails or can't do it", function()
      local core = start { objects = { [6] = {} }, read = function() error("boom") end }
      local id, results = core.command("bundle1", "read", "/6/0/0")
      assert.equal("script", results[id].err.code)
      assert.is_truthy(core.lines[1]:find("error meter: read /6/0/0: ", 1, true))
      for _, op in ipairs { "write", "execute", "create" } do
        id, results = core.command("bundle1", op, "/6/0", { { path = "/6/0/0", value = 1 } })
        assert.equal("method", results[id].err.code)
      end
    end)

    it("stops at the first value that the device refuses", function()
      local taken = 0
      local core = start {
        objects = { [6] = {} },
        write = function()
          taken = taken + 1
          return nil, "refused"
        end,
      }
      local values = { { path = "/6/0/0", value = 1 }, { path = "/6/0/1", value = 2 } }
      local id, results = core.command("bundle1", "write", "/6/0", values)
      assert.equal("peer_error", results[id].err.code)
      assert.equal(1, taken)
    end)
  end)

  it("opens further devices, and their commands come with the device", function()
    local core, self = start {
      write = function(device, path, value) return device:put(path, value) end,
    }
    self:device("node1", { [3303] = {} })
    self:device("node2", { [3303] = {} })
    core.command("node2", "write", "/3303/0/5601", { { path = "/3303/0/5601", value = 3 } })
    assert.same({}, core.devices.node1.puts)
    assert.equal(3, core.devices.node2.values["/3303/0/5601"])
    self.devices.node1:close("gone")
    assert.equal("gone", core.devices.node1.closed)
    assert.is_nil(self.devices.node1)
  end)

  it("opens its own device again as itself", function()
    local seen
    local core, self = start {
      objects = { [6] = {} },
      write = function(device) seen = device return true end,
    }
    local before = core.devices.bundle1
    self:close("unplugged")
    assert.equal("unplugged", before.closed)
    assert.equal(self, self:device("bundle1", { [6] = {} }))
    assert.are_not.equal(before, core.devices.bundle1)
    assert.is_true(self:put("/6/0/0", 1))
    assert.equal(1, core.devices.bundle1.values["/6/0/0"])
    core.command("bundle1", "write", "/6/0", { { path = "/6/0/0", value = 2 } })
    assert.equal(self, seen)
    assert.same({}, self.devices)
  end)

  it("starts a run that failed again, later each time, and stops with the script", function()
    local runs = 0
    local core, self, script = start {
      run = function()
        runs = runs + 1
        error "no port"
      end,
    }
    for at = 1, 7 do core.pauses[at].wake() end
    local seconds = {}
    for at, pause in ipairs(core.pauses) do seconds[at] = pause.seconds end
    assert.same({ 1, 2, 4, 8, 16, 32, 60, 60 }, seconds)
    assert.equal(8, runs)
    assert.equal(8, self.counts.failed)
    script.deinit()
    core.pauses[8].wake()
    assert.equal(8, runs)
  end)
end)
