-- SPDX-License-Identifier: Apache-2.0
-- Payloads: the text of a record without a map, of what a map returned, and the stamp: `seq` and
-- `gw`, by which consumers drop what they have seen, and `clock_unsynced` while the gateway's clock
-- is doubted. On the hot path: no tables, no closures.

local byte, sub, find = string.byte, string.sub, string.find
local math_type, type = math.type, type

local payload = {}

local BRACE_OPEN, BRACE_CLOSE = 123, 125

--- The functions for one gateway.
-- @param env { json = to text, gw = identity of the store, next_seq = of the outbox, and whether
-- the clock is doubted }
function payload.new(env)
  local json, next_seq = env.json, env.next_seq
  local gw = ',"gw":' .. json(env.gw) .. "}"
  local gw_doubted = gw:sub(1, -2) .. ',"clock_unsynced":true}'
  local made = {}

  --- {"v":value,"t":time}. Lua writes integers as JSON wants them; for other numbers to JSON is
  -- exact, and faster besides.
  function made.plain(rec)
    local value, time = rec.value, rec.time
    if math_type(value) ~= "integer" then value = json(value) end
    if time then return '{"v":' .. value .. ',"t":' .. json(time) .. "}" end
    return '{"v":' .. value .. "}"
  end

  --- The same with the stamp, and the sequence number.
  function made.plain_stamped(rec)
    local value, time, seq, doubted = rec.value, rec.time, next_seq()
    local tail = doubted and gw_doubted or gw
    if math_type(value) ~= "integer" then value = json(value) end
    if time then
      return '{"v":' .. value .. ',"t":' .. json(time) .. ',"seq":' .. seq .. tail, seq
    end
    return '{"v":' .. value .. ',"seq":' .. seq .. tail, seq
  end

  -- Text that is a JSON object gets the stamp as its last members; other text stays as it is.
  local function stamp_text(text)
    if byte(text, 1) ~= BRACE_OPEN or byte(text, -1) ~= BRACE_CLOSE then return text end
    local seq, doubted = next_seq()
    local tail = doubted and gw_doubted or gw
    if find(text, "^{%s*}$") then return '{"seq":' .. seq .. tail, seq end
    return sub(text, 1, -2) .. ',"seq":' .. seq .. tail, seq
  end

  -- A table keeps the members it has.
  local function stamp_table(value)
    local text = json(value)
    local has_seq, has_gw = value.seq ~= nil, value.gw ~= nil
    if has_seq and has_gw then return text end
    if not has_seq and not has_gw then return stamp_text(text) end
    if has_seq then return sub(text, 1, -2) .. gw end
    local seq = next_seq()
    return sub(text, 1, -2) .. ',"seq":' .. seq .. "}", seq
  end

  --- The text of what a map returned, and the sequence number if there is one in it. Tables are
  -- stamped unless `stamp` is false, text only if it is true, and a number is never.
  function made.encode(value, stamp)
    local kind = type(value)
    if kind == "string" then
      if stamp then return stamp_text(value) end
      return value
    end
    if kind == "table" and stamp ~= false then return stamp_table(value) end
    return json(value)
  end

  return made
end

return payload
