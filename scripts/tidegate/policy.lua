-- SPDX-License-Identifier: Apache-2.0
-- What a script's on_register() decides about a device that registers: called, checked, and brought
-- into the shape that C reads (bindings/api/on_register.c).

local keys = require "tidegate.keys"

local policy = {}

local DECISION = {
  admit = "boolean",
  why = "string",
  name = "string",
  tags = "table",
  observe = "table",
  format = "string",
  send = "boolean",
}

local ATTRIBUTES = { "pmin", "pmax", "gt", "lt", "st" } -- in the order in which they are sent
local ENTRY = { "path", "pmin", "pmax", "gt", "lt", "st" }
local TAGS_MAX, TAG_MAX, TAGS_BYTES = 16, 64, 255
local OBSERVE_MAX, WHY_MAX, NAME_MAX = 64, 200, 255

local function fail(text, ...) error(text:format(...), 0) end

local function check_keys(what, given, known)
  local unknown = keys.unknown(given, known)
  if unknown then fail("%s: %s", what, unknown) end
end

local function check_list(what, list, most)
  for key in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      fail("%s is a list; key %s does not belong there", what, tostring(key))
    end
  end
  if #list > most then fail("%s has %d entries; at most %d are taken", what, #list, most) end
end

--- Tags as words with blanks between them, each once, in the order given.
local function join_tags(tags)
  check_list("tags", tags, TAGS_MAX)
  local seen, words = {}, {}
  for at, tag in ipairs(tags) do
    if type(tag) ~= "string" or not tag:find("^[%w_.:-]+$") or #tag > TAG_MAX then
      fail("tags[%d] is no word of letters, digits and _ . : -, of %d at most", at, TAG_MAX)
    end
    if not seen[tag] then words[#words + 1] = tag end
    seen[tag] = true
  end
  local text = table.concat(words, " ")
  if #text > TAGS_BYTES then fail("tags are longer than %d bytes together", TAGS_BYTES) end
  return text
end

local function check_path(at, path)
  local ids = 0
  if type(path) == "string" and path:find("^/%d") then
    for id in path:gmatch("[^/]+") do
      local number = id:find("^%d+$") and tonumber(id)
      ids = ids + (number and number < 65535 and 1 or 9)
    end
  end
  if ids < 1 or ids > 3 or path:find("//") or path:find("/$") then
    fail('observe[%d]: the path of an object, instance or resource is wanted, such as "/3303"', at)
  end
  return path
end

local function number_text(at, name, value)
  local is_period = name == "pmin" or name == "pmax"
  local whole = type(value) == "number" and math.tointeger(value)
  if is_period then
    if not whole or whole < 0 or whole > 4294967295 then
      fail("observe[%d]: %s is a whole number of seconds", at, name)
    end
    return ("%d"):format(whole)
  end
  if type(value) ~= "number" or value ~= value or math.abs(value) > 1e15 then
    fail("observe[%d]: %s is a number, of 15 digits at most", at, name)
  end
  return whole and ("%d"):format(whole) or (("%.9f"):format(value):gsub("0+$", ""):gsub("%.$", ""))
end

--- `pmin=10&pmax=60`, as a device is sent it.
local function query_of(at, entry)
  local parts = {}
  for _, name in ipairs(ATTRIBUTES) do
    local value = entry[name]
    if value ~= nil then parts[#parts + 1] = name .. "=" .. number_text(at, name, value) end
  end
  if entry.pmin and entry.pmax and entry.pmax < entry.pmin then
    fail("observe[%d]: pmax is less than pmin", at)
  end
  return table.concat(parts, "&")
end

local function read_observe(list)
  check_list("observe", list, OBSERVE_MAX)
  local made = {}
  for at, entry in ipairs(list) do
    if type(entry) == "string" then entry = { path = entry } end
    if type(entry) ~= "table" then fail("observe[%d] is a path or a table", at) end
    check_keys(("observe[%d]"):format(at), entry, ENTRY)
    made[at] = { path = check_path(at, entry.path), query = query_of(at, entry) }
  end
  return made
end

local function check_types(decision)
  for _, key in ipairs(keys.sorted(decision)) do
    if type(decision[key]) ~= DECISION[key] then
      fail("%s is a %s, not %s", key, DECISION[key], type(decision[key]))
    end
  end
end

local function check_name(name)
  if #name == 0 or #name > NAME_MAX or not utf8.len(name) or name:find("%z") then
    fail("name is no text of 1 to %d bytes", NAME_MAX)
  end
  return name
end

--- Checks what on_register() returned: nil, or a decision. Raises what is wrong with it.
-- @return nil for "as it is"; { refused = why }; or { name =, tags = "a b", observe = { { path =,
-- query = } }, format =, send = }
function policy.read(decision)
  if decision == nil or decision == true then return nil end
  if decision == false then return { refused = "refused by policy" } end
  if type(decision) ~= "table" then
    fail("on_register returns a table, true, false or nothing, not %s", type(decision))
  end
  check_keys("the decision", decision, keys.sorted(DECISION))
  check_types(decision)
  if decision.admit == false then
    local why = decision.why or "refused by policy"
    return { refused = why:sub(1, WHY_MAX) }
  end
  return {
    name = decision.name and check_name(decision.name),
    tags = decision.tags and join_tags(decision.tags),
    observe = decision.observe and read_observe(decision.observe),
    format = decision.format,
    send = decision.send,
  }
end

--- Makes of a script's on_register() what C calls; nil where there is none.
function policy.handler(on_register)
  if not on_register then return nil end
  return function(reg)
    local decision, why = on_register(reg)
    if decision == false and type(why) == "string" then
      decision = { admit = false, why = why }
    end
    local ok, read = pcall(policy.read, decision)
    if not ok then error("on_register: " .. tostring(read), 0) end
    return read
  end
end

return policy
