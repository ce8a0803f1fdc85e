-- SPDX-License-Identifier: Apache-2.0
-- The format of a definition file in objects/, as objects/README.md describes it: loads a file as
-- plain data and says everything that is wrong with it. Knows nothing of the OMA registry; used by
-- tools/check_objects.lua.
local format = {}

local STEPS = 1000000 -- far more than a data file needs; ends one that loops
local KNOWN_TYPE = {
  string = true, integer = true, unsigned = true, float = true, boolean = true, opaque = true,
  time = true, objlnk = true, corelnk = true, none = true,
}
local NUMBER = { integer = true, unsigned = true, float = true }
local BYTES = { string = true, opaque = true, corelnk = true }
local OPS = { [""] = true, R = true, W = true, RW = true, E = true }

--- Keys of a table in a stable order, numbers before text.
function format.keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) < type(b) end
    if math.type(a) then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

--- Number of single-letter edits between two words.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

local function nearest(word, known)
  local best, least
  for _, key in ipairs(format.keys(known)) do
    local d = distance(word, key)
    if not least or d < least then best, least = key, d end
  end
  return best
end

-- Each returns true, or false and what it wants.
local want = {}

function want.flag(v) return type(v) == "boolean", "true or false" end
function want.text(v)
  return type(v) == "string" and v:find("%S") ~= nil and not v:find("[\r\n]"), "one line of text"
end
function want.id(v)
  return math.type(v) == "integer" and v >= 0 and v <= 65534, "an integer from 0 to 65534"
end
function want.version(v)
  return type(v) == "string" and v:find("^%d+%.%d+$") ~= nil, 'a version such as "1.0"'
end
function want.enabler(v)
  return v == "1.0" or v == "1.1" or v == "1.2", '"1.0", "1.1" or "1.2"'
end
function want.table(v) return type(v) == "table", "a table" end
function want.ops(v) return OPS[v] == true, '"", "R", "W", "RW" or "E"' end
function want.type(v)
  return KNOWN_TYPE[v] == true, "one of " .. table.concat(format.keys(KNOWN_TYPE), " ")
end
function want.pair(v)
  local ok = type(v) == "table" and #v == 2 and math.type(v[1]) and math.type(v[2])
  for key in pairs(ok and v or {}) do ok = ok and (key == 1 or key == 2) end
  return ok and v[1] <= v[2] or false, "{ least, most }"
end
function want.enum(v)
  local ok = type(v) == "table" and next(v) ~= nil
  for key, name in pairs(ok and v or {}) do
    ok = ok and math.type(key) == "integer" and want.text(name)
  end
  return ok, "names by number, such as { [0] = \"off\", [1] = \"on\" }"
end

local OBJECT = {
  id = { want.id, true }, name = { want.text, true }, version = { want.version, true },
  urn = { want.text, true }, lwm2m = { want.enabler, true }, multiple = { want.flag, true },
  mandatory = { want.flag, true }, description = { want.text, true },
  resources = { want.table, true },
}
local RESOURCE = {
  name = { want.text, true }, ops = { want.ops, true }, type = { want.type },
  multiple = { want.flag }, mandatory = { want.flag }, range = { want.pair },
  length = { want.pair }, enum = { want.enum }, unit = { want.text },
  sensitive = { want.flag }, description = { want.text },
}

--- Keys and kinds of values; returns whether all is well.
local function check_keys(t, schema, where, problems)
  local before = #problems
  for _, key in ipairs(format.keys(t)) do
    local rule = schema[key]
    if not rule then
      problems[#problems + 1] = ("%s: unknown key %s, nearest is %s"):format(where, tostring(key),
        nearest(tostring(key), schema))
    else
      local ok, what = rule[1](t[key])
      if not ok then problems[#problems + 1] = ("%s: %s must be %s"):format(where, key, what) end
    end
  end
  for _, key in ipairs(format.keys(schema)) do
    if schema[key][2] and t[key] == nil then
      problems[#problems + 1] = ("%s: %s is missing"):format(where, key)
    end
  end
  return #problems == before
end

--- What no single key tells: how type, ops, range, length, enum and unit go together.
local function check_resource(r, where, problems)
  local function complain(text) problems[#problems + 1] = where .. ": " .. text end
  local kind = r.type or "none"
  if (r.ops == "E") ~= (kind == "none") then complain("type is left out with ops \"E\" only") end
  if r.ops == "E" and r.multiple then complain("an executable resource cannot be multiple") end
  if r.range and not NUMBER[kind] then complain("range is for integer, unsigned and float") end
  if r.length and not BYTES[kind] then complain("length is for string, opaque and corelnk") end
  if r.range and kind ~= "float" and math.type(r.range[1] + r.range[2]) ~= "integer" then
    complain("range of whole numbers has a fraction")
  end
  if r.length and r.length[1] < 0 then complain("length cannot be negative") end
  if r.unit and not NUMBER[kind] then complain("unit is for integer, unsigned and float") end
  if r.range and kind == "unsigned" and r.range[1] < 0 then complain("unsigned range below 0") end
  if r.enum and kind ~= "integer" and kind ~= "unsigned" then
    complain("enum is for integer and unsigned")
  end
  for code in pairs(r.range and r.enum or {}) do
    if code < r.range[1] or code > r.range[2] then
      complain(("enum value %d is outside the range"):format(code))
    end
  end
end

local function check_object(o, where, problems)
  if type(o) ~= "table" then
    problems[#problems + 1] = where .. ": must be a table"
    return false
  end
  if not check_keys(o, OBJECT, where, problems) then return false end
  local suffix = o.version == "1.0" and "$" or ":" .. o.version:gsub("%.", "%%.") .. "$"
  if not o.urn:find("^urn:oma:lwm2m:%l+:" .. o.id .. suffix) then
    problems[#problems + 1] = where .. ": urn does not fit id and version"
  end
  if next(o.resources) == nil then problems[#problems + 1] = where .. ": has no resources" end
  for _, rid in ipairs(format.keys(o.resources)) do
    local r, at = o.resources[rid], ("%s/%s"):format(where, tostring(rid))
    if not want.id(rid) then
      problems[#problems + 1] = at .. ": a resource id is an integer from 0 to 65534"
    elseif type(r) ~= "table" then
      problems[#problems + 1] = at .. ": must be a table"
    elseif check_keys(r, RESOURCE, at, problems) then
      check_resource(r, at, problems)
    end
  end
  return true
end

--- Runs a file in an environment with nothing in it, not even the methods of strings. Returns its
--- value, or nil and the reason.
local function load_data(path)
  local chunk, err = loadfile(path, "t", {})
  if not chunk then return nil, err end
  local thread = coroutine.create(chunk)
  debug.sethook(thread, function() error("does not end", 0) end, "", STEPS)
  local strings = getmetatable("")
  local methods = strings.__index
  strings.__index = nil
  local ok, data = coroutine.resume(thread)
  strings.__index = methods
  if not ok then return nil, tostring(data) end
  if type(data) ~= "table" then return nil, "must return a table" end
  return data
end

local function newer(a, b)
  local a1, a2 = a:match("^(%d+)%.(%d+)$")
  local b1, b2 = b:match("^(%d+)%.(%d+)$")
  a1, a2, b1, b2 = tonumber(a1), tonumber(a2), tonumber(b1), tonumber(b2)
  return a1 > b1 or (a1 == b1 and a2 > b2)
end

--- All versions a file defines, in a list; what is wrong with it is added to `problems`.
function format.check_file(path, problems)
  local data, err = load_data(path)
  if not data then
    problems[#problems + 1] = err
    return {}
  end
  local list = data.resources == nil and data[1] ~= nil and data or { data }
  local good, last = {}, nil
  for _, key in ipairs(format.keys(list)) do
    local o = list[key]
    local where = type(o) == "table" and ("%s/%s"):format(o.id, o.version) or tostring(key)
    if math.type(key) ~= "integer" then
      problems[#problems + 1] = where .. ": a list of versions has no other keys"
    elseif check_object(o, where, problems) then
      if last and (o.id ~= last.id or not newer(o.version, last.version)) then
        problems[#problems + 1] = where .. ": one object per file, oldest version first"
      end
      good[#good + 1], last = o, o
    end
  end
  local number = path:match("([^/]+)$"):match("^(%d%d%d%d%d?)%-[%l%d%-]+%.lua$")
  if last and tonumber(number) ~= last.id then
    problems[#problems + 1] = ("name the file %04d-short-name.lua"):format(last.id)
  end
  return good
end

return format
