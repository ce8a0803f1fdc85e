-- SPDX-License-Identifier: Apache-2.0
-- Single values of a configuration by their type: each function takes the field of the schema and
-- the value, and returns the value as the program uses it, or nil and what is wanted instead. Used
-- by config/check.lua.

local own = ... or dofile -- as in config/check.lua
local nearest = own("config/nearest.lua")

local SECONDS = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }
local BYTES = { B = 1, kB = 1024, KB = 1024, MB = 1024 ^ 2, GB = 1024 ^ 3 }

local function with_unit(value, units, example)
  if type(value) == "number" and value >= 0 and value < math.huge then return value end
  if type(value) ~= "string" then return nil, example end
  local number, unit = value:match("^(%d+%.?%d*)%s*(%a*)$")
  local factor = number and units[unit]
  if not factor then return nil, example end
  return tonumber(number) * factor
end

-- What text may be besides fitting a pattern: `is` of a field.
local is = {}

--- An address literal; names are not looked up.
function is.address(text)
  local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if a then return math.max(tonumber(a), tonumber(b), tonumber(c), tonumber(d)) < 256 end
  return text:find(":.*:") and text:find("^[%x:.]+%%?[%w._-]*$") ~= nil
end

--- An External Identifier or MSISDN (TS 29.122), as core/link/t8_json.c has it.
function is.identity(text)
  if text:find("^%d+$") then return #text >= 5 and #text <= 15 end
  return text:find("^[^@%c%s]+@[^@%c%s]+$") ~= nil
end

-- host[:port]
local function is_authority(text)
  local host, port = text:match("^(%[[%x:.%%]+%])(.*)$")
  if not host then host, port = text:match("^([^:/@%s]+)(.*)$") end
  if not host then return false end
  local number = tonumber(port:match("^:(%d+)$"))
  return port == "" or number ~= nil and number >= 1 and number <= 65535
end

--- mqtt://host[:port] or mqtts://host[:port]
function is.broker(text) return is_authority(text:match("^mqtts?://(.+)$") or "") end

--- http:// or https://, a host and maybe more.
function is.url(text) return is_authority(text:match("^https?://([^/?#]+)") or "") end

--- The same without a slash at its end: something is put behind it.
function is.base(text) return is.url(text) and not text:find("[/?#]$") end

--- coap://host[:port] and nothing behind it.
function is.coap_base(text)
  local authority = text:match("^coap://([^/?#]+)$")
  return authority ~= nil and is_authority(authority)
end

--- An address literal and a port, 0 for any.
function is.listen(text)
  local host, port = text:match("^%[([^%]]+)%]:(%d+)$")
  if not host then host, port = text:match("^([%d.]+):(%d+)$") end
  return host ~= nil and is.address(host) and tonumber(port) <= 65535
end

-- A topic has at most 32 levels, and seven are the dialect's: dev, EP, v and the four of a path.
local PREFIX_LEVELS = 25

--- Levels of a topic that others can stand behind.
function is.prefix(text)
  local _, slashes = text:gsub("/", "")
  local is_topic = text:find("^[^/$+#{}][^+#{}]*$") and text:sub(-1) ~= "/"
  return is_topic and slashes < PREFIX_LEVELS
end

local values = {}

function values.string(field, value)
  if type(value) ~= "string" then return nil, "text is wanted" end
  if value:find("\0", 1, true) then return nil, "text must not hold a NUL" end
  if field.max and #value > field.max then return nil, "at most " .. field.max .. " bytes" end
  if field.pattern and not value:find(field.pattern) then return nil, field.like .. " is wanted" end
  if field.is and value ~= "" and not is[field.is](value) then
    return nil, ('"%s": %s is wanted'):format(value, field.like)
  end
  if not field.values then return value end
  for _, allowed in ipairs(field.values) do
    if value == allowed then return value end
  end
  local near = nearest(value, field.values)
  local hint = near and ('; did you mean "%s"?'):format(near) or ""
  return nil, ('"%s" is not one of %s%s'):format(value, table.concat(field.values, ", "), hint)
end

function values.integer(_, value)
  if math.type(value) == "float" then value = math.tointeger(value) end
  if math.type(value) ~= "integer" then return nil, "a whole number is wanted" end
  return value
end

function values.number(_, value)
  if type(value) ~= "number" or value ~= value then return nil, "a number is wanted" end
  return value
end

function values.boolean(_, value)
  if type(value) ~= "boolean" then return nil, "true or false is wanted" end
  return value
end

function values.duration(_, value)
  return with_unit(value, SECONDS, 'seconds or text such as "30s", "5m", "1d" are wanted')
end

function values.size(_, value)
  local hint = 'bytes or text such as "64kB", "64MB" are wanted'
  local bytes, example = with_unit(value, BYTES, hint)
  if not bytes then return nil, example end
  return math.tointeger(math.floor(bytes))
end

function values.path(_, value)
  if type(value) ~= "string" then return nil, 'an LwM2M path such as "/3303/0/5700" is wanted' end
  local ids = 0
  for id in value:gmatch("/([^/]*)") do
    local number = id:match("^%d+$") and tonumber(id)
    if not number or number > 65534 or (#id > 1 and id:sub(1, 1) == "0") then ids = 9 end
    ids = ids + 1
  end
  if value:sub(1, 1) ~= "/" or ids < 1 or ids > 4 then
    return nil, ('"%s" is no LwM2M path such as "/3303/0/5700"'):format(value)
  end
  return value
end

--- What is wrong with a number that has bounds; nil when nothing is.
function values.bounds(field, value)
  if type(value) ~= "number" then return nil end
  if field.min and value < field.min then return ("at least %s is wanted"):format(field.min) end
  if field.max and value > field.max then return ("at most %s is wanted"):format(field.max) end
  return nil
end

return values
