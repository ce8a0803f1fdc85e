-- SPDX-License-Identifier: Apache-2.0
-- Units of values, as members of a payload: `,"u":"Cel"`, or nothing. What a device says in Sensor
-- Units (5701) comes before the definition. On the hot path of the dialect: definitions are looked
-- up once a minute.

local units = {}

local SENSOR_UNITS = 5701
local MEASURED = { [5601] = true, [5602] = true, [5603] = true, [5604] = true, [5700] = true }
local UNIT_MAX = 32 -- bytes; devices say it
local TEXTS_MAX = 256 -- different units remembered

--- Makes unit_of(rec, dev), and a function that forgets the definitions: one may have come.
function units.new(tg)
  local resource, to_json = tg.object.resource, tg.codec.to_json
  local known, told = {}, {} -- by object and resource: what is defined, and whether devices may say
  local texts, text_count = {}, 0

  local function member(unit)
    if not unit or unit == "" or #unit > UNIT_MAX then return "" end
    local text = texts[unit]
    if text then return text end
    if text_count == TEXTS_MAX then texts, text_count = {}, 0 end
    text = ',"u":' .. to_json(unit)
    texts[unit], text_count = text, text_count + 1
    return text
  end

  local function base(rec) return "/" .. rec.object .. "/" .. rec.instance .. "/" end

  -- Versions of an object don't differ in units, so the device's version is left out of the key.
  local function look_up(key, rec, dev)
    local defined = resource(rec.path, dev)
    known[key] = member(defined and defined.unit)
    told[key] = MEASURED[rec.resource] and resource(base(rec) .. SENSOR_UNITS, dev) ~= nil or nil
    return known[key]
  end

  local function unit_of(rec, dev)
    if not rec.resource then return "" end
    local key = rec.object << 16 | rec.resource
    local text = known[key] or look_up(key, rec, dev)
    if told[key] then
      local unit = dev:value(base(rec) .. SENSOR_UNITS)
      if type(unit) == "string" and unit ~= "" then return member(unit) end
    end
    return text
  end

  return unit_of, function() known, told = {}, {} end
end

return units
