-- SPDX-License-Identifier: Apache-2.0
-- A gateway made of tables, for scripts in specs: what bindings/api gives to scripts/tidegate. Time
-- stands still until it is told to go on; what is published, logged and counted can be looked at.

local dkjson = require "dkjson"

local json = require "tidegate.json"
local topic = require "tidegate.topic"

local fake = {}

local Device = {}

-- A field that a device lacks is nil, as in the gateway.
Device.__index = function(_, key) return Device[key] end

--- Notes the command; `refuses` makes it fail, `raises` makes it misuse.
function Device:submit(command)
  if self.raises then error(self.raises, 0) end
  if self.refuses then return nil, self.refuses end
  self.commands[#self.commands + 1] = command
  return self.gateway.next_command()
end

--- What the gateway has kept over a restart, or nothing.
function Device:queue() return rawget(self, "queued") or {} end

function Device:value(path) return self.values[path] end

for _, op in ipairs {
  "read", "write", "update", "execute", "create", "delete", "discover", "trigger", "disable",
  "bootstrap", "prefer", "mute",
} do
  Device[op] = function(self, ...)
    local call = table.pack(op, ...)
    self.calls[#self.calls + 1] = call
    return true
  end
end

-- Times are stepped by gateway.pass(seconds).
local function fake_uv(gateway)
  local uv = {}
  function uv.update_time() end
  function uv.new_timer()
    local timer = {}
    function timer:start(wait, again, fn)
      self.due, self.again, self.fn = gateway.time + wait / 1000, again / 1000, fn
      gateway.timers[self] = true
    end
    function timer:close() gateway.timers[self] = nil end
    return timer
  end
  return uv
end

-- Opaque values come back as they were; base64 is known for one word only.
local function opaque(value)
  if type(value) ~= "table" then return value end
  if value.base64 == "aGk=" then return { bytes = "hi" } end
  for key, item in pairs(value) do value[key] = opaque(item) end
  return setmetatable(value, nil)
end

-- Notes what it is asked; gateway.firmware is what it says: updates by number, `refuses`.
local function fake_firmware(gateway)
  local own = { updates = {}, asked = {}, count = 40 }
  gateway.firmware = own
  local function note(name)
    return function(wanted)
      if own.refuses then return nil, own.refuses end
      own.asked[#own.asked + 1] = { name, wanted }
      return true
    end
  end
  local made = { status = function(number) return own.updates[number] end }
  for _, name in ipairs { "apply", "cancel", "campaign", "pause", "resume", "stop" } do
    made[name] = note(name)
  end
  function made.update(wanted)
    local ok, err = note "update"(wanted)
    if not ok then return nil, err end
    own.count = own.count + 1
    own.updates[own.count] = own.updates[own.count] or { state = "waiting" }
    return own.count
  end
  return made
end

local function areas(gateway, core)
  core.device = {
    find = function(ep) return gateway.devices[ep] end,
    list = function() return {} end,
    cancel = function() return true end,
  }
  core.object = {
    resource = function(path)
      gateway.lookups = gateway.lookups + 1
      local object, resource = path:match("^/(%d+)/%d+/(%d+)")
      return gateway.resources[object .. "/" .. resource]
    end,
  }
  core.mqtt = {
    escape = topic.escape,
    unescape = function(level)
      if level == "%" then return "" end
      local name = level:gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
      end)
      if topic.escape(name) ~= level then return nil, { code = "syntax" } end
      return name
    end,
    has_room = function(class, bytes)
      assert(class == "result" or class == "state" or class == "event" or class == "telemetry")
      assert(math.type(bytes) == "integer")
      return not gateway.refuses
    end,
  }
  core.codec = {
    to_json = json.encode,
    from_json = function(text)
      local value, at, why = dkjson.decode(text, 1, nil)
      if at and not why then return opaque(value) end
      return nil, { code = "syntax", message = "line 1: " .. tostring(why) }
    end,
  }
  core.store = {
    get = function(key) return gateway.stored[key] end,
    set = function(key, value)
      if gateway.store_refuses then return nil, gateway.store_refuses end
      gateway.stored[key] = value
      gateway.writes = gateway.writes + 1
      return true
    end,
    keys = function(prefix)
      local list = {}
      for key in pairs(gateway.stored) do
        if key:sub(1, #prefix) == prefix then list[#list + 1] = key end
      end
      table.sort(list)
      return list
    end,
  }
  core.firmware = fake_firmware(gateway)
  core.log, core.driver, core.serial = {}, { define = gateway.define_driver }, {}
  for _, level in ipairs { "error", "warn", "info", "debug" } do
    core.log[level] = function(text) gateway.lines[#gateway.lines + 1] = level .. " " .. text end
  end
end

local function make_core(gateway)
  local core = { bundle = "script1" }
  function core.name() return gateway.name end
  function core.gw() return "00112233aabbccdd" end
  function core.version() return "0.1.0" end
  function core.now() return gateway.time end
  core.clock = core.now
  core.json = json.encode
  function core.task(fn)
    local ok, why = coroutine.resume(coroutine.create(fn))
    if not ok then error(why, 0) end
  end
  function core.wait(start)
    local co = coroutine.running()
    start(function(...)
      local ok, why = coroutine.resume(co, ...)
      if not ok then error(why, 0) end
    end)
    return coroutine.yield()
  end
  function core.next_seq()
    gateway.seq = gateway.seq + 1
    return gateway.seq
  end
  function core.publish(name, payload, qos, retain, durable, broker, seq, class)
    if gateway.refuses then return nil, gateway.refuses end
    gateway.published[#gateway.published + 1] = {
      topic = name,
      payload = payload,
      qos = qos,
      retain = retain,
      durable = durable,
      broker = broker,
      seq = seq,
      class = class,
    }
    return true
  end
  function core.subscribe(filter, qos, broker, fn)
    if gateway.refuses then return nil, gateway.refuses end
    gateway.subscriptions[filter] = { qos = qos, broker = broker, fn = fn }
    return true
  end
  function core.check_object(definition)
    if not definition.id then error("id is missing", 0) end
  end
  function core.define(definition, file)
    core.check_object(definition)
    gateway.objects[definition.id] = file
    return true
  end
  function core.want(list) gateway.wanted = list end
  function core.fail(err, failed, begun)
    gateway.failures[#gateway.failures + 1] = err
    gateway.in_row = failed and failed + begun
  end
  function core.trying(failed, begun) gateway.tried[#gateway.tried + 1] = failed + begun end
  areas(gateway, core)
  return core
end

local Gateway = {}
Gateway.__index = Gateway

--- A device of this gateway.
function Gateway:device(ep, fields)
  local dev = { ep = ep, link = "udp", kind = "lwm2m", online = true, asleep = false }
  for key, value in pairs(fields or {}) do dev[key] = value end
  dev.gateway, dev.commands, dev.calls, dev.values = self, {}, {}, dev.values or {}
  self.devices[ep] = setmetatable(dev, Device)
  return dev
end

--- Starts a script: a function, or the path of a file.
function Gateway:start(script, options)
  local chunk = type(script) == "string" and assert(loadfile(script)) or script
  package.loaded.tidegate = self.tg
  self.handlers = require("tidegate.bundle").start(self.core, self.tg, chunk, options or {})
  return self.handlers
end

--- Records as C makes them, of { { path, value[, time] }, … }; further keys are kept.
function fake.records(rows)
  local records = {}
  for at, row in ipairs(rows) do
    local object, instance, resource = row[1]:match("^/(%d+)/(%d+)/(%d+)")
    local rec = { path = row[1], value = row[2], time = row[3], sensitive = row.sensitive }
    rec.object, rec.instance = math.tointeger(object), math.tointeger(instance)
    rec.resource = math.tointeger(resource)
    records[at] = rec
  end
  return records
end

--- Values arrive from a device.
function Gateway:report(dev, rows, source)
  self.core.task(function()
    self.handlers.on_records(dev, fake.records(rows), source or "notify")
  end)
end

--- Something happens to a device, if the script wants to hear of it.
function Gateway:event(kind, dev, info)
  info = info or {}
  info.time = info.time or self.time
  info.ep = info.ep or dev and dev.ep
  if not self.handlers.kinds[kind] then return end
  self.core.task(function() self.handlers.on_event(kind, dev, info) end)
end

--- A message arrives for the subscription that has this filter.
function Gateway:message(filter, name, payload, info)
  local subscription = self.subscriptions[filter]
  info = info or { qos = 1, retained = false, broker = "main" }
  self.core.task(function() subscription.fn(name, payload, info) end)
end

--- Lets time pass: timers that are due are called, in order.
function Gateway:pass(seconds)
  local stop = self.time + seconds
  while true do
    local first
    for timer in pairs(self.timers) do
      if timer.due <= stop and (not first or timer.due < first.due) then first = timer end
    end
    if not first then break end
    self.time = first.due
    if first.again > 0 then
      first.due = first.due + first.again
    else
      self.timers[first] = nil
    end
    first.fn()
  end
  self.time = stop
end

--- What was published since this was last asked.
function Gateway:sent()
  local list = self.published
  self.published = {}
  return list
end

--- A gateway without devices and scripts.
function fake.gateway(name)
  local gateway = setmetatable({
    name = name or "gw1",
    time = 1732000000.125,
    seq = 0,
    commands = 0,
    lookups = 0,
    writes = 0,
    published = {},
    subscriptions = {},
    objects = {},
    resources = {},
    devices = {},
    failures = {},
    tried = {},
    lines = {},
    stored = {},
    timers = {},
  }, Gateway)
  function gateway.next_command()
    gateway.commands = gateway.commands + 1
    return gateway.commands
  end
  package.loaded.uv = fake_uv(gateway)
  package.loaded["tidegate.timer"] = nil
  package.loaded["tidegate.tg"] = nil
  gateway.core = make_core(gateway)
  gateway.tg = require "tidegate.tg"(gateway.core)
  return gateway
end

return fake
