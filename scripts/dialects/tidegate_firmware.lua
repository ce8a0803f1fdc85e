-- SPDX-License-Identifier: Apache-2.0
-- Firmware updates in the default dialect. With PREFIX and EP as in tidegate.lua:
--   PREFIX/dev/EP/firmware            retained: how the device's newest update stands; its progress
--                                     between states is not retained and goes with QoS 0
--   PREFIX/dev/EP/cmd                 {"id":"f1","op":"firmware_update","image":"fw2"}, and
--                                     firmware_apply, firmware_cancel; answers on …/result
--   PREFIX/gw/NAME/campaign/CAMPAIGN  retained: how a campaign stands
--   PREFIX/gw/NAME/cmd                {"id":"c1","op":"campaign_start","name":"m","image":"i"}, and
--                                     campaign_pause, campaign_resume, campaign_cancel; answers on
--                                     PREFIX/gw/NAME/result
-- A firmware_update is answered twice: `sent` when it has begun, and when it has ended.

local keys = require "tidegate.keys"

local firmware = {}

local ID_MAX, TEXT_MAX = 64, 254
local SECONDS_MAX, DEVICES_MAX = 365 * 86400, 4000000
local METHODS = { auto = true, push = true, ["pull-coap"] = true, ["pull-http"] = true }
local FINAL = { done = true, failed = true, cancelled = true, unknown = true }
local ERRORS = { failed = "peer_error", cancelled = "cancelled", unknown = "unknown" }
local ORDER = {
  "id", "op", "state", "update", "name", "image", "cause", "method", "link", "sent", "total",
  "result", "version_before", "version_after", "campaign", "wave", "running", "done", "failed",
  "cancelled", "unknown", "left", "error", "message", "begun", "t",
}

-- What each member of a request may be: checks give nil, or what is wanted.
local CHECKS = {
  method = function(v) return not METHODS[v] and "push, pull-coap, pull-http or auto" end,
  limits = function(v)
    local wanted = 'an object such as {"nb":4}'
    if type(v) ~= "table" or #v > 0 then return wanted end
    for _, count in pairs(v) do
      if math.type(count) ~= "integer" or count < 1 or count > DEVICES_MAX then return wanted end
    end
  end,
}
local TEXTS = { "image", "name", "ep", "link", "manufacturer", "model", "from_version", "tag" }
for _, name in ipairs(TEXTS) do
  CHECKS[name] = function(v)
    return (type(v) ~= "string" or v == "" or #v > TEXT_MAX or v:find("\0", 1, true)) and "text"
  end
end
for _, name in ipairs { "hold", "force" } do
  CHECKS[name] = function(v) return type(v) ~= "boolean" and "true or false" end
end
for name, most in pairs {
  severity = 2, defer = SECONDS_MAX, expiry = SECONDS_MAX, wave = DEVICES_MAX, growth = 10000,
  parallel = DEVICES_MAX, stop_failures = DEVICES_MAX, stop_percent = 100,
} do
  CHECKS[name] = function(v)
    local is_fine = math.type(v) == "integer" and v >= 0 and v <= most
    return not is_fine and ("a whole number from 0 to %d"):format(most)
  end
end

local HOW = { "method", "severity", "defer", "expiry" }
local WHOM = {
  "ep", "link", "manufacturer", "model", "from_version", "tag", "wave", "growth", "parallel",
  "limits", "stop_failures", "stop_percent",
}

-- What an operation needs, and what else it may have.
local function rule(needs, ...)
  local made = { needs = needs, known = { "id", "op", table.unpack(needs) } }
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do made.known[#made.known + 1] = name end
  end
  return made
end

local DEVICE_OPS = {
  firmware_update = rule({ "image" }, HOW, { "hold", "force" }),
  firmware_apply = rule {},
  firmware_cancel = rule {},
}
local GATEWAY_OPS = {
  campaign_start = rule({ "name", "image" }, HOW, WHOM),
  campaign_pause = rule { "name" },
  campaign_resume = rule { "name" },
  campaign_cancel = rule { "name" },
}

local function is_id(id) return type(id) == "string" and id ~= "" and #id <= ID_MAX end

-- What is wrong with a request, as a sentence; nil when nothing is.
local function complaint(wanted, ops)
  if not is_id(wanted.id) then
    return ('id is text of 1 to %d bytes that you choose, such as "f1"'):format(ID_MAX)
  end
  local known = ops[wanted.op]
  if not known then
    local list = keys.sorted(ops)
    if type(wanted.op) ~= "string" then return "op is missing: " .. table.concat(list, " ") end
    local hint = keys.nearest(wanted.op, list)
    return ('op "%s" is not known%s'):format(keys.shown(wanted.op), hint)
  end
  local unknown = keys.unknown(wanted, known.known)
  if unknown then return unknown end
  for _, name in ipairs(known.needs) do
    if wanted[name] == nil then return name .. " is missing" end
  end
  for _, name in ipairs(keys.sorted(wanted)) do
    local what = CHECKS[name] and CHECKS[name](wanted[name])
    if what then return ("%s is %s"):format(name, what) end
  end
  return nil
end

-- The request without what only says which one it is.
local function options_of(wanted, more)
  local options = {}
  for name, value in pairs(wanted) do
    if name ~= "id" and name ~= "op" then options[name] = value end
  end
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

--- Makes the part of the dialect that updates firmware.
-- @param env { prefix =, asked = memory of commands, later = what is owed }
function firmware.new(tg, env)
  local now = tg.timer.now
  local asked = env.asked
  local gateway = env.prefix .. "/gw/" .. tg.mqtt.escape(tg.name())
  local open = {} -- updates that were asked for here and have not ended, by number: { ep =, id = }
  local told = {} -- last state told of updates that have not ended, by number

  local function device_topic(ep, what)
    return env.prefix .. "/dev/" .. tg.mqtt.escape(ep) .. what
  end

  local function publish(topic, value, options)
    if type(value) == "table" then value = tg.codec.to_json(value, ORDER) end
    options.stamp = true
    local ok, err = tg.rule.publish(topic, value, options)
    if not ok and err.code ~= "full" then
      tg.log.warn(("%s is not published: %s"):format(topic, tostring(err)))
    end
  end

  -- To the device's topic, or the gateway's for "". What the memory has has an id.
  local function answer(ep, result, id)
    if type(result) == "table" then result = tg.codec.to_json(result, ORDER) end
    env.later.result(ep, id, result, ep == "" and gateway .. "/result" or nil)
  end

  local function refuse(ep, wanted, err)
    answer(ep, {
      id = is_id(wanted.id) and wanted.id or nil,
      op = type(wanted.op) == "string" and wanted.op:sub(1, 32) or nil,
      state = "failed",
      error = err.code,
      message = err.message,
      t = now(),
    })
  end

  -- Answers, and remembers the answer for who asks again.
  local function settle(ep, result)
    local text = tg.codec.to_json(result, ORDER)
    asked.put(ep, result.id, result.state, text)
    answer(ep, text, result.id)
  end

  local function key_of(number) return ("fw/%d"):format(number) end

  local function persist(number, entry)
    local ok, err = tg.store.set(key_of(number), entry)
    if not ok and err then
      tg.log.warn(("update %d is remembered until the next start only: %s"):format(number,
        tostring(err)))
    end
  end

  local function finish(number, state, cause)
    local entry = open[number]
    if not entry then return end
    open[number] = nil
    persist(number, nil)
    local failed = state ~= "done"
    settle(entry.ep, {
      id = entry.id,
      op = "firmware_update",
      state = state,
      update = number,
      error = failed and ERRORS[state] or nil,
      message = failed and (cause or "nobody knows why") or nil,
      cause = not failed and cause or nil,
      t = now(),
    })
  end

  local function update(ep, wanted)
    if not tg.device.find(ep) then
      local message = "no device of this name; it has not registered here, or its lifetime is over"
      return nil, { code = "not_found", message = message }
    end
    local number, err = tg.firmware.update(options_of(wanted, { ep = ep, tag = wanted.id }))
    if not number then return nil, err end
    open[number] = { ep = ep, id = wanted.id }
    persist(number, open[number])
    settle(ep, { id = wanted.id, op = wanted.op, state = "sent", update = number, t = now() })
    local status = tg.firmware.status(number) -- it may have ended inside the call
    if status and FINAL[status.state] then finish(number, status.state, status.cause) end
    return false -- answered already
  end

  local RUN = {
    firmware_update = update,
    firmware_apply = function(ep) return tg.firmware.apply(ep) end,
    firmware_cancel = function(ep) return tg.firmware.cancel(ep) end,
    campaign_start = function(_, wanted) return tg.firmware.campaign(options_of(wanted)) end,
    campaign_pause = function(_, wanted) return tg.firmware.pause(wanted.name) end,
    campaign_resume = function(_, wanted) return tg.firmware.resume(wanted.name) end,
    campaign_cancel = function(_, wanted) return tg.firmware.stop(wanted.name) end,
  }

  -- Only what was done is remembered: a refused request may be mended and sent again.
  local function take(ep, wanted, ops)
    local why = complaint(wanted, ops)
    if why then return refuse(ep, wanted, { code = "argument", message = why }) end
    local last = asked.get(ep, wanted.id)
    if last then return answer(ep, last.text, wanted.id) end
    local ok, err = RUN[wanted.op](ep, wanted)
    if ok == nil then return refuse(ep, wanted, err) end
    if ok then settle(ep, { id = wanted.id, op = wanted.op, state = "done", t = now() }) end
  end

  local made = {}

  --- Takes a request to a device, if it is about firmware.
  -- @return whether it was
  function made.take(ep, read)
    local wanted = read()
    if type(wanted) ~= "table" or type(wanted.op) ~= "string" then return false end
    if not wanted.op:find("^firmware") then return false end
    take(ep, wanted, DEVICE_OPS)
    return true
  end

  --- The command rule for the gateway's own requests.
  made.command = {
    topic = gateway .. "/cmd",
    map = function(msg)
      if msg.retained then
        tg.log.warn("a command to the gateway is ignored: it is retained")
        return
      end
      local wanted, err = msg.json()
      if type(wanted) ~= "table" or #wanted > 0 then
        local why = err and "no JSON: " .. tostring(err.message or err)
        refuse("", {}, { code = "syntax", message = why or "a JSON object is wanted" })
      else
        take("", wanted, GATEWAY_OPS)
      end
    end,
  }

  --- Event `firmware`.
  function made.on_update(_, info)
    local is_progress = told[info.id] == info.state
    told[info.id] = not FINAL[info.state] and info.state or nil
    publish(device_topic(info.ep, "/firmware"), {
      id = info.tag,
      update = info.id,
      state = info.state,
      image = info.image,
      cause = info.cause,
      method = info.method,
      link = info.link,
      sent = info.sent,
      total = info.total,
      result = info.result,
      version_before = info.version_before,
      version_after = info.version_after,
      campaign = info.campaign,
      begun = info.begun,
      t = is_progress and now() or info.time,
    }, is_progress and { class = "telemetry", qos = 0, delivery = "queued" }
      or { class = "state", retain = true })
    if FINAL[info.state] then finish(info.id, info.state, info.cause) end
  end

  --- Event `campaign`.
  function made.on_campaign(_, info)
    publish(gateway .. "/campaign/" .. info.name, {
      state = info.state,
      image = info.image,
      cause = info.cause,
      wave = info.wave,
      running = info.running,
      done = info.done,
      failed = info.failed,
      cancelled = info.cancelled,
      unknown = info.unknown,
      left = info.left,
      begun = info.begun,
      t = now(),
    }, { class = "state", retain = true })
  end

  --- Takes over what an earlier run asked for.
  function made.load()
    for _, name in ipairs(tg.store.keys("fw/")) do
      local number = math.tointeger(tonumber(name:match("^fw/(%d+)$")))
      local entry = number and tg.store.get(name)
      if type(entry) == "table" and type(entry.ep) == "string" and is_id(entry.id) then
        open[number] = entry
      end
    end
  end

  --- Whether an update was asked for under this id and has not ended.
  function made.is_open(ep, id)
    for _, entry in pairs(open) do
      if entry.ep == ep and entry.id == id then return true end
    end
    return false
  end

  --- Answers for updates that ended while nobody listened.
  function made.catch_up()
    for _, name in ipairs(keys.sorted(open)) do
      local number = math.tointeger(tonumber(name))
      local status = tg.firmware.status(number)
      if not status then
        finish(number, "unknown", "the gateway knows nothing of this update any more")
      elseif FINAL[status.state] then
        finish(number, status.state, status.cause)
      end
    end
  end

  return made
end

return firmware
