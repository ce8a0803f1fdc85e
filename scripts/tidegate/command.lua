-- SPDX-License-Identifier: Apache-2.0
-- Command rules: an MQTT message becomes commands to devices. Rare compared with records, so it is
-- written for clear messages. bundle.lua subscribes, the device queues.
--
-- Path: bindings/vm/vm_call.c -> scripts/tidegate/command.lua -> bindings/api/lua_command.c

local failure = require "tidegate.failure"
local keys = require "tidegate.keys"

local command = {}

local KNOWN = { "name", "topic", "qos", "broker", "map" }
local KNOWN_COMMAND = {
  "ep", "op", "path", "value", "records", "args", "attributes", "timeout", "priority", "format",
  "tag", "done", "paths", "depth", "transport", "instance", "seconds", "retry",
}
-- What a device's method of that name takes after the path.
local OPERAND = {
  read = "none",
  write = "value",
  update = "value",
  execute = "args",
  create = "value",
  delete = "none",
  discover = "none",
  observe = "none",
  cancel = "none",
  attributes = "attributes",
  read_composite = "paths",
  observe_composite = "paths",
  write_composite = "records",
}
-- What is asked by name, and the member that its method takes before the options.
local NAMED = {
  trigger = false,
  disable = false,
  bootstrap = false,
  prefer = "transport",
  mute = "value",
}

--- Checks a command rule, with defaults filled in; raises (without a position) what is wrong.
function command.check(rule)
  if type(rule) ~= "table" then error("a table is wanted, not " .. type(rule), 0) end
  local unknown = keys.unknown(rule, KNOWN)
  if unknown then error(unknown, 0) end
  if type(rule.topic) ~= "string" or rule.topic == "" then
    error('topic is missing; it is a filter such as "plant/+/set"', 0)
  end
  if type(rule.map) ~= "function" then error("map is missing; it makes commands of messages", 0) end
  local qos = rule.qos == nil and 1 or rule.qos
  if qos ~= 0 and qos ~= 1 and qos ~= 2 then error("qos is 0, 1 or 2", 0) end
  if rule.broker ~= nil and type(rule.broker) ~= "string" then error("broker is text", 0) end
  return { topic = rule.topic, map = rule.map, qos = qos, broker = rule.broker }
end

-- What map gets. Levels that are not spelled as tg.mqtt.escape() spells stay as they are.
local function message(tg, topic, text, info)
  local levels = {}
  for level in (topic .. "/"):gmatch("([^/]*)/") do
    levels[#levels + 1] = tg.mqtt.unescape(level) or level
  end
  return {
    topic = topic,
    levels = levels,
    payload = text,
    retained = info.retained,
    broker = info.broker,
    json = function() return tg.codec.from_json(text) end,
  }
end

local function start_named(dev, wanted, options)
  local method, operand = dev[wanted.op], NAMED[wanted.op]
  options.format = nil
  options.instance, options.seconds = wanted.instance, wanted.seconds
  if operand then return method(dev, wanted[operand], options, wanted.done) end
  options.transport = wanted.transport
  return method(dev, options, wanted.done)
end

-- With `done` the device's method is called, which calls back; without, the command is only queued.
local function start(dev, wanted)
  local value = wanted.value
  if value == nil then value = wanted.records end
  local done = wanted.done
  if not done then
    return dev:submit {
      op = wanted.op,
      path = wanted.path,
      paths = wanted.paths,
      value = wanted.value,
      records = wanted.records,
      args = wanted.args,
      attributes = wanted.attributes,
      timeout = wanted.timeout,
      priority = wanted.priority,
      format = wanted.format,
      tag = wanted.tag,
      depth = wanted.depth,
      transport = wanted.transport,
      instance = wanted.instance,
      seconds = wanted.seconds,
      retry = wanted.retry,
    }
  end
  local options = {
    timeout = wanted.timeout,
    priority = wanted.priority,
    format = wanted.format,
    tag = wanted.tag,
    depth = wanted.depth,
    retry = wanted.retry,
  }
  if NAMED[wanted.op] ~= nil then return start_named(dev, wanted, options) end
  local method, operand = dev[wanted.op], OPERAND[wanted.op]
  if operand == "paths" or operand == "records" then
    return method(dev, wanted[operand], options, done)
  end
  if operand == "none" then return method(dev, wanted.path, options, done) end
  if operand == "value" then return method(dev, wanted.path, value, options, done) end
  return method(dev, wanted.path, wanted[operand], options, done)
end

--- Names of all that a command's `op` may be, sorted.
function command.ops()
  local names = {}
  for name in pairs(OPERAND) do names[#names + 1] = name end
  for name in pairs(NAMED) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function submit(tg, wanted)
  if type(wanted) ~= "table" then
    return nil, failure("argument", "map returned a " .. type(wanted) .. ", not a command")
  end
  local unknown = keys.unknown(wanted, KNOWN_COMMAND)
  if unknown then return nil, failure("argument", unknown) end
  if not OPERAND[wanted.op] and NAMED[wanted.op] == nil then
    local hint = keys.nearest(tostring(wanted.op), command.ops())
    return nil, failure("argument", ('op "%s" is not known%s'):format(tostring(wanted.op), hint))
  end
  local dev = type(wanted.ep) == "string" and tg.device.find(wanted.ep)
  if not dev then return nil, failure("not_found", "no device " .. tostring(wanted.ep)) end
  local ok, id, err = pcall(start, dev, wanted)
  if not ok then return nil, failure("argument", id) end
  return id or not err, err
end

--- Carries out one command table. A failure is told to its `done`, else logged: it is the asker's,
-- not the script's.
function command.run(tg, wanted)
  local ok, err = submit(tg, wanted)
  if ok then return end
  local known = type(wanted) == "table" and wanted or {}
  if known.done then
    known.done(nil, err)
  else
    tg.log.warn(("command to %s: %s"):format(tostring(known.ep or "?"), tostring(err)))
  end
end

--- Makes fn(topic, payload, info), for core.subscribe(), of a checked command rule.
function command.handler(tg, rule)
  local map = rule.map
  return function(topic, text, info)
    local found = map(message(tg, topic, text, info))
    if found == nil then return end
    if type(found) ~= "table" or #found == 0 then
      command.run(tg, found)
      return
    end
    for _, wanted in ipairs(found) do command.run(tg, wanted) end
  end
end

return command
