-- SPDX-License-Identifier: Apache-2.0
-- What finds no room in the outbox and must not be lost: how commands ended, and states of devices.
-- It goes out as soon as there is room. Results are marked in the memory of commands, too, so that
-- they are still owed after a restart; states are known from the devices.

local owed = {}

local RETRY, SOON = 1, 0.05 -- seconds
local BATCH = 100 -- messages a turn
local STAMP = 64 -- bytes that the gateway adds to a payload
local TEXTS_MAX = 1048576 -- bytes of results that are kept word by word
local RESULTS_MAX, STATES_MAX = 4096, 20000

--- Makes the list of what is owed.
-- @param env { asked = memory of commands, gateway = topic of its own results,
-- topic = function(ep), send = function(topic, text), state = function(ep, why) }; the last two
-- tell whether there was room
function owed.new(tg, env)
  local asked = env.asked
  local results, by_key, first, last, bytes = {}, {}, 1, 0, 0
  local states, state_count = {}, 0
  local is_waiting, lost = false, 0
  local made = {}

  local function key_of(ep, id) return ep .. "\n" .. tostring(id) end

  local function forget(at)
    local item = results[at]
    if not item then return end
    results[at] = nil
    bytes = bytes - #item.text
    if item.id then by_key[key_of(item.ep, item.id)] = nil end
  end

  local function keep(item)
    local is_known = item.id and asked.owe(item.ep, item.id)
    if is_known and bytes + #item.text > TEXTS_MAX then item.text = asked.text(item.ep, item.id) end
    last = last + 1
    results[last] = item
    if item.id then by_key[key_of(item.ep, item.id)] = last end
    bytes = bytes + #item.text
    if last - first < RESULTS_MAX then return end
    if results[first] then
      lost = lost + 1
      if lost == 1 then tg.log.error "too many results wait for room: the oldest are given up" end
    end
    forget(first)
    first = first + 1
  end

  local function try(topic, text)
    return tg.mqtt.has_room("result", #topic + #text + STAMP) and env.send(topic, text)
  end

  -- Whether none is left.
  local function pay_results()
    local paid = 0
    while first <= last and paid < BATCH do
      local item = results[first]
      if item and not try(item.topic, item.text) then return false end
      if item and item.id then asked.paid(item.ep, item.id) end
      forget(first)
      first, paid = first + 1, paid + 1
    end
    return first > last
  end

  local function pay_states()
    local paid = 0
    for ep, why in pairs(states) do
      if paid == BATCH or not tg.mqtt.has_room("state", 2048) then return false end
      states[ep], state_count = nil, state_count - 1
      paid = paid + 1
      if not env.state(ep, why) then
        states[ep], state_count = why, state_count + 1
        return false
      end
    end
    return true
  end

  local retry
  local function wake(seconds)
    if is_waiting then return end
    is_waiting = true
    tg.timer.after(seconds, retry)
  end

  retry = function()
    is_waiting = false
    local left = last - first + state_count
    if pay_results() and pay_states() then
      local but = lost > 0 and (", but for %d results"):format(lost) or ""
      lost = 0
      tg.log.info("what waited for room in the outbox is out" .. but)
      return
    end
    wake(last - first + state_count < left and SOON or RETRY)
  end

  local function begin()
    if not is_waiting then tg.log.warn "the outbox is full: results and states wait for room" end
    wake(RETRY)
  end

  --- Sends the result of a command now, or when there is room. `id` may be nil, and `topic` where
  -- it is the device's.
  function made.result(ep, id, text, topic)
    local at = id and by_key[key_of(ep, id)]
    if at then forget(at) end
    topic = topic or env.topic(ep)
    if try(topic, text) then
      if at then asked.paid(ep, id) end
      return
    end
    keep { ep = ep, id = id, text = text, topic = topic }
    begin()
  end

  --- The state of a device found no room.
  function made.state(ep, why)
    if states[ep] == nil then
      if state_count == STATES_MAX then return end
      state_count = state_count + 1
    end
    states[ep] = why
    begin()
  end

  --- It was told meanwhile.
  function made.told(ep)
    if states[ep] == nil then return end
    states[ep], state_count = nil, state_count - 1
  end

  --- Takes over what an earlier run owed.
  function made.load()
    for _, entry in ipairs(asked.owed()) do
      if not by_key[key_of(entry.ep, entry.id)] then
        local topic = entry.ep == "" and env.gateway or env.topic(entry.ep)
        keep { ep = entry.ep, id = entry.id, text = entry.text, topic = topic }
        begin()
      end
    end
  end

  --- For the next generation of the script.
  function made.save()
    local list = {}
    for at = first, last do
      if results[at] then list[#list + 1] = results[at] end
    end
    return { results = list, states = states }
  end

  function made.restore(data)
    for _, item in ipairs(data and data.results or {}) do
      local at = item.id and by_key[key_of(item.ep, item.id)]
      if at then forget(at) end -- from the memory, where it may be short
      keep(item)
      begin()
    end
    for ep, why in pairs(data and data.states or {}) do made.state(ep, why) end
  end

  return made
end

return owed
