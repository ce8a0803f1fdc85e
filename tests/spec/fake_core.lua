-- SPDX-License-Identifier: Apache-2.0
-- What bindings/api/mod_driver.c gives to scripts/tidegate/driver.lua, for specs: devices are
-- tables, tasks are coroutines.

local fake = {}

local Handle = {}
Handle.__index = Handle

function Handle:put(path, value, time)
  if self.refuses then return nil, self.refuses end
  self.puts[#self.puts + 1] = { path = path, value = value, time = time }
  self.values[path] = value
  return true
end

function Handle:finish(id, result, err) self.results[id] = { result = result, err = err } end

function Handle:close(why) self.closed = why end

--- A gateway for one driver: devices by name, log lines, tasks.
function fake.core(name)
  local core = { name = name, devices = {}, lines = {}, pauses = {}, commands = 0, time = 0 }

  local function run(co, ...)
    local ok, why = coroutine.resume(co, ...)
    if not ok then error(why, 0) end
  end

  function core.open(ep, objects, on_command, can_read)
    if core.refuses then return nil, core.refuses end
    local handle = setmetatable({
      ep = ep,
      objects = objects,
      on_command = on_command,
      can_read = can_read,
      puts = {},
      values = {},
      results = {},
    }, Handle)
    core.devices[ep] = handle
    return handle
  end

  function core.task(fn) run(coroutine.create(fn)) end

  function core.wait(start)
    local co, results, waits = coroutine.running(), nil, false
    start(function(...)
      results = table.pack(...)
      if waits then run(co) end
    end)
    if not results then
      waits = true
      coroutine.yield()
    end
    return table.unpack(results, 1, results.n)
  end

  function core.sleep(seconds)
    core.wait(function(done) core.pauses[#core.pauses + 1] = { seconds = seconds, wake = done } end)
  end

  function core.now() return core.time end

  function core.log(level, text) core.lines[#core.lines + 1] = level .. " " .. text end

  --- A command to a device; what it ended with is in handle.results under the returned number.
  function core.command(ep, op, path, values, args)
    core.commands = core.commands + 1
    local id = core.commands
    core.task(function() core.devices[ep].on_command(id, op, path, values, args) end)
    return id, core.devices[ep].results
  end

  return core
end

return fake
