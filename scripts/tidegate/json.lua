-- SPDX-License-Identifier: Apache-2.0
-- JSON as tg.codec.to_json() writes it, for rules that are tried without a gateway. In the gateway
-- C does this; here plainness counts, not speed.

local json = {}

local DEPTH_MAX = 16
local KEYS = "JSON: a table has text keys, or is a list without holes"
local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(char) return ESCAPES[char] or ("\\u%04x"):format(char:byte()) end

-- Bytes that are no UTF-8 become U+FFFD.
local function to_utf8(text)
  local at, parts = 1, {}
  while true do
    local _, bad = utf8.len(text, at)
    if not bad then break end
    parts[#parts + 1] = text:sub(at, bad - 1) .. "\u{FFFD}"
    at = bad + 1
  end
  return table.concat(parts) .. text:sub(at)
end

local function quote(text) return '"' .. to_utf8(text):gsub('[%c"\\\127]', escape) .. '"' end

-- The shortest text that reads back as the same number, and as no integer where it is none.
local function number(value)
  if math.type(value) == "integer" then return tostring(value) end
  if value ~= value or value == math.huge or value == -math.huge then return "null" end
  if value == math.floor(value) and math.abs(value) < 2 ^ 53 then return ("%.1f"):format(value) end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then return (text:gsub("e%+?(%-?)0*", "e%1")) end
  end
end

local function base64(bytes)
  local parts = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for digit = 0, 3 do
      local index = (bits >> (18 - 6 * digit) & 63) + 1
      local is_padding = digit == 3 and not c or digit == 2 and not b
      parts[#parts + 1] = is_padding and "=" or BASE64:sub(index, index)
    end
  end
  return table.concat(parts)
end

local encode

-- The keys of an object: those of `order` first, the others sorted.
local function names_of(value, order)
  local names, others, is_first = {}, {}, {}
  for _, name in ipairs(order or {}) do
    is_first[name] = true
    if value[name] ~= nil then names[#names + 1] = name end
  end
  for key in pairs(value) do
    if type(key) ~= "string" then error(KEYS, 0) end
    if not is_first[key] then others[#others + 1] = key end
  end
  table.sort(others)
  return table.move(others, 1, #others, #names + 1, names)
end

local function encode_table(value, depth, order)
  if depth > DEPTH_MAX then error("JSON: tables nested deeper than " .. DEPTH_MAX, 0) end
  if type(value.bytes) == "string" then
    return '{"base64":"' .. base64(value.bytes) .. '"}'
  end
  local parts = {}
  if #value > 0 then
    for key in pairs(value) do
      if math.type(key) ~= "integer" then error(KEYS, 0) end
    end
    for at, item in ipairs(value) do parts[at] = encode(item, depth + 1) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for at, name in ipairs(names_of(value, order)) do
    parts[at] = quote(name) .. ":" .. encode(value[name], depth + 1)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, depth, order)
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind == "number" then return number(value) end
  if kind == "table" then return encode_table(value, depth, order) end
  if kind == "boolean" or value == nil then return value == nil and "null" or tostring(value) end
  error("JSON: a " .. kind .. " can't be written", 0)
end

--- Compact JSON text of a value: sequences are arrays, other tables objects with sorted keys, {} is
-- {}, { bytes = … } is {"base64":…}, numbers that are not finite are null. Keys in the list `order`
-- come first in the outermost object.
function json.encode(value, order) return encode(value, 1, order) end

return json
