-- SPDX-License-Identifier: Apache-2.0
-- Starts a script: runs it, checks the table it returns and connects its rules, commands, events,
-- objects and drivers with the gateway. Called once per generation; what is hooked up here is
-- undone by the gateway when the script goes.

local bridge = require "tidegate.bridge"
local command = require "tidegate.command"
local keys = require "tidegate.keys"
local policy = require "tidegate.policy"
local rule = require "tidegate.rule"

local bundle = {}

-- The keys of a script's table and their types.
local KNOWN = {
  name = "string",
  version = "string",
  init = "function",
  deinit = "function",
  rules = "table",
  commands = "table",
  events = "table",
  objects = "table",
  drivers = "table",
  on_register = "function",
  save = "function",
  restore = "function",
  driver = "table",
}

-- What happens to devices, and the broker's connection.
local KINDS = {
  "registered", "updated", "deregistered", "expired", "awake", "asleep", "command", "observing",
  "model_missing", "moved", "refused", "gap", "firmware", "campaign", "connected", "disconnected",
}

local function check(script)
  if type(script) ~= "table" then
    error(("a script returns a table, not %s"):format(type(script)), 0)
  end
  local unknown = keys.unknown(script, keys.sorted(KNOWN))
  if unknown then error("the script's table: " .. unknown, 0) end
  for _, key in ipairs(keys.sorted(script)) do
    if type(script[key]) ~= KNOWN[key] then
      error(("%s is a %s, not %s"):format(key, KNOWN[key], type(script[key])), 0)
    end
  end
end

-- Calls fn for each item of a list; what it raises is told with the item's place.
local function each(what, list, fn)
  local made = {}
  for key in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      error(("%s is a list; key %s does not belong there"):format(what, tostring(key)), 0)
    end
  end
  for at = 1, #list do
    local ok, result = pcall(fn, list[at], at)
    if not ok then error(("%s[%d]: %s"):format(what, at, tostring(result)), 0) end
    made[at] = result
  end
  return made
end

local function check_events(events)
  local unknown = keys.unknown(events, KINDS)
  if unknown then error("events: " .. unknown, 0) end
  local kinds = {}
  for kind, fn in pairs(events) do
    if type(fn) ~= "function" then
      error(("events.%s is a function, not %s"):format(kind, type(fn)), 0)
    end
    kinds[kind] = true
  end
  kinds.connected, kinds.disconnected = nil, nil -- come by a way of their own
  return kinds
end

-- Each driver gets the options under its own name.
local function check_driver(item)
  if type(item) ~= "table" or type(item.driver) ~= "table" then
    error("tg.driver.define { … } is wanted", 0)
  end
  return item
end

local function driver_options(item, options)
  local own = type(options) == "table" and options[item.name]
  return type(own) == "table" and own or {}
end

local function init(fn, options)
  if not fn then return end
  local ok, err = fn(options)
  if not ok and err ~= nil then error("init: " .. tostring(err), 0) end
end

-- All of them are called, whatever the others do; the first error is told.
local function stop(drivers, script)
  local first
  local function call(fn)
    if not fn then return end
    local ok, why = pcall(fn)
    if not ok and first == nil then first = why end
  end
  call(script.deinit)
  for at = #drivers, 1, -1 do call(drivers[at].deinit) end
  if first ~= nil then error(first, 0) end
end

local function connection_handler(events)
  local connected, disconnected = events.connected, events.disconnected
  if not connected and not disconnected then return nil end
  return function(broker, is_connected, why)
    local fn = disconnected
    if is_connected then fn = connected end
    if fn then fn(nil, { broker = broker, note = why }) end
  end
end

local function event_handler(events)
  return function(kind, dev, info) return events[kind](dev, info) end
end

--- Runs chunk(options) and sets up what its table says; raises what is wrong with it.
-- @return handlers for C: version, on_records, on_event and kinds, on_mqtt_state, on_register,
-- stop, save, restore
function bundle.start(core, tg, chunk, options)
  local script = chunk(options)
  check(script)
  local env = rule.env(core)
  local rules = each("rules", script.rules or {}, function(item, at)
    return rule.compile(item, env, at)
  end)
  local commands = each("commands", script.commands or {}, command.check)
  local drivers = each("drivers", script.drivers or {}, check_driver)
  local events = script.events or {}
  local kinds = check_events(events)
  local objects = script.objects or {}
  each("objects", objects, function(item) -- all of them are looked at before one is known
    local ok, why = pcall(core.check_object, item)
    if not ok then error(why, 0) end
  end)
  each("objects", objects, function(item)
    local ok, why = pcall(core.define, item, core.bundle) -- names no line of ours
    if not ok then error(why, 0) end
  end)

  -- What it will want is known before its init(), which may wait: until then it isn't taken.
  local on_records, want = bridge.records(core, rules)
  core.want(want)

  init(script.init, options)
  for _, item in ipairs(drivers) do
    local ok, why = pcall(init, item.init, driver_options(item, options))
    if not ok then error(why, 0) end -- so that it is told of the script, not of driver.lua
  end

  each("commands", commands, function(item)
    local handler = command.handler(tg, item)
    local ok, err = core.subscribe(item.topic, item.qos, item.broker, handler)
    if not ok then error(tostring(err), 0) end
  end)
  return {
    version = script.version,
    on_records = on_records,
    on_event = next(kinds) and event_handler(events) or nil,
    kinds = kinds,
    on_mqtt_state = connection_handler(events),
    on_register = policy.handler(script.on_register),
    stop = function() stop(drivers, script) end,
    save = script.save,
    restore = script.restore,
  }
end

return bundle
