-- SPDX-License-Identifier: Apache-2.0
-- The topics and payloads the gateway speaks by itself. A script like any other; a good one to copy
-- when yours shall differ. With PREFIX as configured (dialect.prefix) and EP the endpoint name as
-- one topic level:
--   PREFIX/gw/NAME/state           retained; the gateway's own, also its last will (not made here)
--   PREFIX/gw/NAME/event           what happened without a device, such as a refused Register
--   PREFIX/dev/EP/state            retained: online, asleep or offline, and why
--   PREFIX/dev/EP/v/OBJ/INST/RES   values
--   PREFIX/dev/EP/event            what else happened to a device
--   PREFIX/dev/EP/cmd              commands to it: see tidegate_request.lua
--   PREFIX/dev/EP/result           how they went
--   PREFIX/dev/EP/firmware         firmware updates, see tidegate_firmware.lua

local firmware = require "dialects.tidegate_firmware"
local request = require "dialects.tidegate_request"
local memory = require "dialects.tidegate_memory"
local owed = require "dialects.tidegate_owed"
local units = require "dialects.tidegate_units"
local tg = require "tidegate"

local now, to_json = tg.timer.now, tg.codec.to_json
local math_type = math.type

local options = ...
local prefix = options.prefix or "tidegate"
if not prefix:find("^[^/$+#{}][^+#{}]*$") or prefix:find("/$") then
  error('dialect: prefix is text such as "tidegate" or "plant/tidegate", without + # { }', 0)
end

local GATEWAY = prefix .. "/gw/" .. tg.mqtt.escape(tg.name())
local _, slashes = prefix:gsub("/", "")
local EP_LEVEL = slashes + 3 -- of PREFIX/dev/EP/cmd
local EP_MAX = 255 -- bytes of an endpoint name
local TEXT_MAX = 400 -- bytes of a result that is remembered as it is
-- Anybody can cause gateway events: no more than so many in so many seconds.
local EVENTS_MAX, EVENTS_WINDOW = 20, 10

-- Of the members of states, events and results, for people who read them in a terminal.
local ORDER = {
  "id", "event", "ep", "state", "why", "op", "path", "code", "values", "text", "error", "message",
  "note", "kind", "link", "version", "lifetime", "objects", "dropped", "withheld", "shortened", "t",
}

local FINAL = { done = true, failed = true, expired = true, cancelled = true, unknown = true }

local function device_topic(ep, what) return prefix .. "/dev/" .. tg.mqtt.escape(ep) .. what end

local function as_text(value) return to_json(value, ORDER) end

-- Whether there was room.
local function send(topic, value, class, is_retained)
  if type(value) == "table" then value = as_text(value) end
  local how = { class = class, stamp = true, retain = is_retained }
  local ok, err = tg.rule.publish(topic, value, how)
  if ok then return true end
  if err.code == "full" then return false end
  tg.log.warn(("%s is not published: %s"):format(topic, tostring(err)))
  return true
end

-- Values ----------------------------------------------------------------------------------------

local unit_of, forget_units = units.new(tg)
local SOURCES = { notify = "}" }
for _, source in ipairs { "send", "read", "driver" } do
  SOURCES[source] = ',"src":"' .. source .. '"}'
end

-- On the hot path, therefore text and no table.
local function value_text(rec, dev, source)
  local value, time = rec.value, to_json(rec.time or now())
  if math_type(value) ~= "integer" then value = to_json(value) end
  return '{"v":' .. value .. unit_of(rec, dev) .. ',"t":' .. time .. SOURCES[source]
end

-- States and events -----------------------------------------------------------------------------

local STATES = {
  registered = "online",
  updated = "online",
  awake = "online",
  asleep = "asleep",
  deregistered = "offline",
  expired = "offline",
}

--- A list without the counts that come with names of quirks; nil instead of an empty one.
local function names(list)
  return list and #list > 0 and table.move(list, 1, #list, 1, {}) or nil
end

local function put_state(why, dev, info)
  local ep = info.ep or dev.ep
  local known = dev or {}
  return send(device_topic(ep, "/state"), {
    state = STATES[why],
    why = why,
    note = info.note,
    kind = known.kind,
    link = known.link,
    lifetime = known.lifetime,
    version = known.version,
    objects = names(known.objects),
    wire_ep = known.wire_ep,
    tags = names(known.tags),
    quirks = names(known.quirks),
    t = info.time,
  }, "state", true)
end

local asked = memory.new(tg)
local later = owed.new(tg, {
  asked = asked,
  gateway = GATEWAY .. "/result",
  topic = function(ep) return device_topic(ep, "/result") end,
  send = function(topic, text) return send(topic, text, "result") end,
  state = function(ep, why)
    return put_state(why, tg.device.find(ep), { ep = ep, time = now() })
  end,
})

local function send_state(why, dev, info)
  local ep = info.ep or dev.ep
  if put_state(why, dev, info) then later.told(ep) else later.state(ep, why) end
end

local window = { since = 0, count = 0, dropped = 0 }

-- Whether one more gateway event may go out now.
local function is_allowed(time)
  if time - window.since >= EVENTS_WINDOW or time < window.since then
    window.since, window.count = time, 0
  end
  window.count = window.count + 1
  if window.count <= EVENTS_MAX then return true end
  window.dropped = window.dropped + 1
  return false
end

local function send_event(kind, dev, info)
  if dev and info.ep then
    local event = { event = kind, note = info.note, t = info.time }
    send(device_topic(info.ep, "/event"), event, "event")
  elseif is_allowed(info.time) then
    local dropped = window.dropped > 0 and window.dropped or nil
    window.dropped = 0
    local event = { event = kind, ep = info.ep, note = info.note, t = info.time, dropped = dropped }
    send(GATEWAY .. "/event", event, "event")
  end
end

-- Commands --------------------------------------------------------------------------------------

local updates = firmware.new(tg, { prefix = prefix, asked = asked, later = later })
local running = {} -- numbers of commands that came from here
local undecided = {} -- by key_of(): not on disk yet, so that nobody may rely on them

local function key_of(ep, id) return ep .. "\n" .. id end

local function refuse(ep, wanted, err)
  later.result(ep, nil, as_text {
    id = wanted.id,
    op = wanted.op,
    path = wanted.path,
    state = "failed",
    error = err.code,
    message = err.message,
    t = now(),
  })
end

-- Only what was really handed to a device is remembered: a refused command may be mended and sent
-- again under the same id.
local function submit(ep, wanted)
  local dev = tg.device.find(ep)
  if not dev then
    local message = "no device of this name; it has not registered here, or its lifetime is over"
    refuse(ep, wanted, { code = "not_found", message = message })
    return
  end
  -- Who reads this after a restart reads it from the disk, where the command is, too.
  local is_durable = wanted.durable ~= false
  local state = is_durable and "accepted" or "waiting"
  local first = { id = wanted.id, op = wanted.op, path = wanted.path, state = state, t = now() }
  asked.put(ep, wanted.id, state, as_text(first))
  local ok, number, err = pcall(dev.submit, dev, request.command(wanted))
  if ok and number then
    running[number] = true
    undecided[key_of(ep, wanted.id)] = is_durable or nil
    return
  end
  asked.drop(ep, wanted.id)
  refuse(ep, wanted, ok and err or { code = "argument", message = tostring(number) })
end

local function on_command(msg)
  local ep = msg.levels[EP_LEVEL]
  if msg.retained or #ep > EP_MAX then
    local why = msg.retained and "it is retained" or "that is no endpoint name"
    tg.log.warn(("a command to %s is ignored: %s"):format(ep:sub(1, EP_MAX), why))
    return
  end
  if updates.take(ep, msg.json) then return end
  local wanted, err = request.check(msg.json, now())
  if err then
    refuse(ep, wanted, err)
    return
  end
  local last = asked.get(ep, wanted.id)
  if last then
    -- One whose first copy is just being written is answered when that is decided.
    if not undecided[key_of(ep, wanted.id)] then later.result(ep, wanted.id, last.text) end
  else
    submit(ep, wanted)
  end
end

local function values_of(records)
  local values, withheld = {}, {}
  for _, rec in ipairs(records or {}) do
    if rec.sensitive then
      withheld[#withheld + 1] = rec.path
    else
      values[rec.path] = rec.value
    end
  end
  return next(values) and values, withheld[1] and withheld
end

local function on_command_event(dev, info)
  local ep, id = info.ep or dev.ep, info.tag
  if not id then return end
  local known = asked.get(ep, id)
  local is_ours = running[info.id]
  if known then
    is_ours = is_ours or not FINAL[known.state]
  else
    is_ours = is_ours or info.mine -- from before a restart; newer ones took its place in the memory
  end
  if not is_ours then return end
  local is_final = FINAL[info.state]
  local has_failed = is_final and info.state ~= "done"
  local values, withheld = values_of(info.records)
  local result = {
    id = id,
    op = info.op,
    path = info.path,
    state = info.state,
    code = info.code,
    values = values or nil,
    withheld = withheld or nil,
    text = info.text,
    error = has_failed and info.error or nil,
    message = has_failed and info.message or nil,
    t = info.time,
  }
  local ok, text = pcall(as_text, result)
  if not ok then text = as_text(memory.brief(result)) end -- more than a message can hold
  if is_final then running[info.id] = nil end
  local was_undecided = undecided[key_of(ep, id)]
  undecided[key_of(ep, id)] = nil
  local is_refused = was_undecided and info.state == "failed"
  if is_refused then
    asked.drop(ep, id) -- the disk refused it: it may come again
  else
    asked.put(ep, id, info.state, #text <= TEXT_MAX and text or as_text(memory.brief(result)))
  end
  -- On its way there are others to come; its end is told in any case.
  if is_final then
    later.result(ep, not is_refused and id or nil, text)
  else
    send(device_topic(ep, "/result"), text, "result")
  end
end

local is_handed_over = false -- by the generation before, whose commands go on

-- Durable commands go on after a restart; the number of each is another one then.
local function is_queued(ep, id)
  local dev = tg.device.find(ep)
  for _, command in ipairs(dev and dev:queue() or {}) do
    if command.tag == id then
      running[command.id] = true
      return true
    end
  end
  return false
end

-- What an earlier run of the gateway left unfinished and no queue has. Asked before anything can
-- have ended in this run.
local function find_left_over()
  local list = {}
  for _, entry in ipairs(asked.open(FINAL)) do
    local is_going_on = is_queued(entry.ep, entry.id) or updates.is_open(entry.ep, entry.id)
    if not is_going_on then list[#list + 1] = entry end
  end
  return list
end

-- Their askers shall not wait for them.
local function end_left_over(list)
  if is_handed_over then return end
  for _, entry in ipairs(list) do
    local result = tg.codec.from_json(entry.text) or { id = entry.id }
    result.state, result.error, result.t = "cancelled", "cancelled", now()
    result.message = "the gateway was restarted before it ended; it may have been carried out"
    local text = as_text(result)
    asked.put(entry.ep, entry.id, result.state, text)
    later.result(entry.ep, entry.id, text)
  end
end

-- The script ------------------------------------------------------------------------------------

local events = {
  command = on_command_event,
  firmware = updates.on_update,
  campaign = updates.on_campaign,
}
for why in pairs(STATES) do
  events[why] = function(dev, info) send_state(why, dev, info) end
end
for _, kind in ipairs { "observing", "model_missing", "moved", "refused", "gap" } do
  events[kind] = function(dev, info) send_event(kind, dev, info) end
end

return {
  name = "tidegate",
  version = "1",

  init = function()
    asked.load()
    later.load()
    updates.load()
    tg.timer.every(60, forget_units)
    local left_over = find_left_over()
    -- When it is known whether there was a generation before:
    tg.timer.after(0, function()
      end_left_over(left_over)
      updates.catch_up()
    end)
  end,

  rules = {
    {
      name = "values",
      topic = prefix .. "/dev/{ep}/v{path}",
      map = value_text,
      qos = options.qos,
      delivery = options.delivery,
      stamp = true,
    },
  },

  commands = { { topic = prefix .. "/dev/+/cmd", map = on_command }, updates.command },

  events = events,

  save = function() return { running = running, undecided = undecided, owed = later.save() } end,

  restore = function(data)
    is_handed_over = true
    for number in pairs(data.running or {}) do running[number] = true end
    for key in pairs(data.undecided or {}) do undecided[key] = true end
    asked.load()
    updates.load()
    later.restore(data.owed)
  end,
}
