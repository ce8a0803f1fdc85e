-- SPDX-License-Identifier: Apache-2.0
-- tg.driver.define(): makes a script of a driver's definition. Options are checked, `run` is kept
-- running, commands become calls of read, write and execute. What it needs of the gateway is
-- handed in (bindings/api/mod_driver.c does that), so that drivers run in specs without one.
--
-- Path: bindings/api/driver_device.c -> scripts/tidegate/driver.lua -> a driver's functions

local failure = require "tidegate.failure"
local keys = require "tidegate.keys"

local driver = {}

local RESTART_MIN, RESTART_MAX = 1, 60 -- seconds between two runs of a driver that fails

local KNOWN = { "name", "version", "options", "objects", "run", "stop", "read", "write", "execute" }

local TYPES = {
  string = function(v) return type(v) == "string" end,
  integer = function(v) return math.type(v) == "integer" end,
  number = function(v) return type(v) == "number" end,
  boolean = function(v) return type(v) == "boolean" end,
  table = function(v) return type(v) == "table" end,
}

--- Checks options against a specification such as { port = "string", baud = { "integer",
-- default = 9600, choice = {…}, optional = true } } and fills in defaults; raises what is wrong.
function driver.options(name, spec, given)
  local checked = {}
  for key in pairs(given) do
    if spec[key] == nil then
      local hint = keys.nearest(tostring(key), keys.sorted(spec))
      error(('%s: option "%s" is not known%s'):format(name, tostring(key), hint), 0)
    end
  end
  for _, key in ipairs(keys.sorted(spec)) do
    local rule = type(spec[key]) == "table" and spec[key] or { spec[key] }
    local value = given[key]
    if value == nil then value = rule.default end
    if value == nil then
      if not rule.optional then error(('%s: option "%s" is missing'):format(name, key), 0) end
    elseif not TYPES[rule[1]](value) then
      local text = '%s: option "%s" is a %s, not %s'
      error(text:format(name, key, rule[1], math.type(value) or type(value)), 0)
    elseif rule.choice then
      local is_listed = false
      for _, allowed in ipairs(rule.choice) do is_listed = is_listed or allowed == value end
      if not is_listed then
        local list = table.concat(rule.choice, ", ")
        error(('%s: option "%s" is one of %s'):format(name, key, list), 0)
      end
    end
    checked[key] = value
  end
  return checked
end

--- A list of paths of what a definition calls objects: { [6] = {} } is object 6 with instance 0,
-- { [3303] = { 0, 1 } } has two, { "/3303/0" } is taken as it is.
function driver.objects(objects)
  local paths = {}
  for key, value in pairs(objects or {}) do
    if type(value) == "string" then
      paths[#paths + 1] = value
    elseif math.type(key) == "integer" and type(value) == "table" then
      if #value == 0 then paths[#paths + 1] = ("/%d/0"):format(key) end
      for _, instance in ipairs(value) do paths[#paths + 1] = ("/%d/%d"):format(key, instance) end
    else
      error("objects: { [3303] = {} } or { \"/3303/0\" } is wanted", 0)
    end
  end
  table.sort(paths)
  return paths
end

local Device = {}

--- Hands a value to the gateway. true; or nil and an error.
function Device:put(path, value, time) return self.handle:put(path, value, time) end

--- Takes the device off line. It comes back with self:device().
function Device:close(why)
  self.devices[self.ep] = nil
  self.handle:close(why or "")
end

--- Opens a further device of this driver, with methods put and close; the driver's functions get
-- it as `self` for commands to it.
function Device:device(ep, objects)
  local root = self.root
  local known = ep == root.ep and root or root.devices[ep] -- the driver's own is still `self`
  local device = known or setmetatable({ ep = ep }, { __index = root })
  local handle, err = root.core.open(ep, driver.objects(objects), function(...)
    return driver.command(root.definition, device, ...)
  end, root.definition.read ~= nil)
  if not handle then return nil, err end
  device.handle = handle
  if device ~= root then root.devices[ep] = device end
  return device
end

--- Counts something that is normal but should be seen: noise, repeats, lost lines.
function Device:count(name)
  local counts = self.root.counts
  counts[name] = (counts[name] or 0) + 1
end

--- Suspends the task until start's argument is called, and returns what that was given.
function Device:wait(start) return self.root.core.wait(start) end

local function to_error(err)
  if type(err) == "table" or type(err) == "userdata" then return err end
  return failure("peer_error", err == nil and "no value" or err)
end

local function write_all(definition, device, values)
  if not definition.write then return nil, failure("method", "this driver can't write") end
  for _, record in ipairs(values) do
    local ok, err = definition.write(device, record.path, record.value)
    if ok == false or err ~= nil then return nil, to_error(err or "refused") end
  end
  return true
end

local handlers = {}

function handlers.read(definition, device, path)
  local value, err = definition.read(device, path)
  if value == nil then return nil, to_error(err) end
  local is_list = type(value) == "table" and type(value[1]) == "table" and value[1].path
  return is_list and value or { { path = path, value = value } }
end

function handlers.write(definition, device, _, values)
  return write_all(definition, device, values)
end

handlers.update = handlers.write

function handlers.execute(definition, device, path, _, args)
  if not definition.execute then return nil, failure("method", "this driver can't execute") end
  local ok, err = definition.execute(device, path, args)
  if ok == false or err ~= nil then return nil, to_error(err or "refused") end
  return true
end

--- Runs one command in its task and tells how it ended.
function driver.command(definition, device, id, op, path, values, args)
  local handler = handlers[op]
  if not handler then
    device.handle:finish(id, nil, failure("method", "a driver can't " .. op))
    return
  end
  local ok, result, err = pcall(handler, definition, device, path, values, args)
  if not ok then
    local text = ("%s: %s %s: %s"):format(definition.name, op, path, tostring(result))
    device.root.core.log("error", text)
    result, err = nil, failure("script", result)
  end
  device.handle:finish(id, result, err)
end

-- A run that returns has set up what it needs; one that fails is started again, later each time.
local function supervise(root)
  local wait = RESTART_MIN
  while not root.stopped do
    local began = root.core.now()
    local ok, why = pcall(root.definition.run, root)
    if ok or root.stopped then return end
    root:count("failed")
    local text = "%s: %s; again in %d s"
    root.core.log("error", text:format(root.definition.name, tostring(why), wait))
    if root.core.now() - began > RESTART_MAX then wait = RESTART_MIN end
    root.core.sleep(wait)
    wait = math.min(wait * 2, RESTART_MAX)
  end
end

--- Makes a script of a definition.
-- `objects` may be a function of the checked options. An option that is wrong makes init() raise,
-- so that the script is not loaded.
-- @param core { name = of the bundle, open, task, wait, sleep, now, log } as mod_driver.c gives it
function driver.define(core, definition)
  if type(definition) ~= "table" then error("tg.driver.define: a table is wanted", 3) end
  local unknown = keys.unknown(definition, KNOWN)
  if unknown then error("tg.driver.define: " .. unknown, 3) end
  if type(definition.name) ~= "string" then error("tg.driver.define: name is missing", 3) end
  if type(definition.run) ~= "function" then error("tg.driver.define: run is missing", 3) end

  if not core.sleep then require "tidegate.driver_core"(core) end
  local root
  local script = { name = definition.name, version = definition.version, driver = definition }

  function script.init(given)
    local spec = { ep = { "string", optional = true } }
    for key, rule in pairs(definition.options or {}) do spec[key] = rule end
    local options = driver.options(definition.name, spec, given or {})
    root = setmetatable({
      core = core,
      definition = definition,
      options = options,
      ep = options.ep or core.name,
      counts = {},
      devices = {},
    }, { __index = Device })
    root.root = root
    local objects = definition.objects
    if type(objects) == "function" then objects = objects(options) end
    if objects then
      local handle, err = core.open(root.ep, driver.objects(objects), function(...)
        return driver.command(definition, root, ...)
      end, definition.read ~= nil)
      if not handle then error(("%s: %s"):format(definition.name, tostring(err)), 0) end
      root.handle = handle
    end
    core.task(function() supervise(root) end)
    return root
  end

  function script.deinit()
    if not root then return end
    root.stopped = true
    if definition.stop then definition.stop(root) end
  end

  return script
end

return driver
