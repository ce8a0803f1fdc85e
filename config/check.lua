-- SPDX-License-Identifier: Apache-2.0
-- Checks a configuration against config/schema.lua: pure functions, data in, data or errors out.
-- The program runs it in a Lua state of its own (bindings/host/config_load.c); tests run it as is.

local own = ... or dofile -- the program gives its own way to files that are part of it
local lines_of = own("config/lines.lua")
local nearest = own("config/nearest.lua")
local values = own("config/values.lua")

local check = {}

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- The walk --------------------------------------------------------------------------------------

local walk -- (state, field, value, path) -> checked value

--- The line of `path`, else that of what it stands in: what include() gave has none of its own.
local function line_of(state, path)
  while path and path ~= "" do
    if state.lines[path] then return state.lines[path] end
    path = path:match("^(.*)%[[^%[]*%]$") or path:match("^(.*)%.[^.]*$")
  end
  return 1
end

local function complain(state, path, text)
  local line = line_of(state, path)
  state.errors[#state.errors + 1] = { path = path, line = line, message = text }
end

local function member(path, key)
  return path == "" and tostring(key) or path .. "." .. tostring(key)
end

local function fields_of(field, value)
  local fields = {}
  for name, f in pairs(field.fields) do fields[name] = f end
  local variants = field.variants
  local chosen = variants and variants[value[variants.key]]
  for name, f in pairs(chosen or {}) do fields[name] = f end
  return fields
end

local function walk_table(state, field, value, path)
  if field.short and type(value) ~= "table" then value = { [field.short] = value } end
  if type(value) ~= "table" then
    complain(state, path, path .. ": a table { … } is wanted")
    return {}
  end
  local fields, out = fields_of(field, value), {}
  for _, key in ipairs(sorted_keys(value)) do
    if not fields[key] then
      local where = path == "" and "" or " in " .. path
      local near = type(key) == "string" and nearest(key, sorted_keys(fields))
      local hint = near and ('; did you mean "%s"?'):format(near) or ""
      local text = ('unknown key "%s"%s%s'):format(tostring(key), where, hint)
      complain(state, member(path, key), text)
    end
  end
  for _, key in ipairs(sorted_keys(fields)) do
    out[key] = walk(state, fields[key], value[key], member(path, key), path)
  end
  return out
end

local function walk_list(state, field, value, path)
  if type(value) ~= "table" then
    complain(state, path, path .. ": a list { … } is wanted")
    return {}
  end
  local out, count = {}, #value
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      local text = ('%s is a list; it has no key "%s"'):format(path, tostring(key))
      complain(state, member(path, key), text)
    end
  end
  if field.max and count > field.max then
    complain(state, path, ("%s: at most %d entries"):format(path, field.max))
  end
  for i = 1, math.min(count, field.max or count) do
    out[i] = walk(state, field.of, value[i], ("%s[%d]"):format(path, i), path)
  end
  return out
end

function walk(state, field, value, path, parent)
  if value == nil then value = field.default end
  local kind = field[1]
  if value == nil and kind == "table" and not field.required then value = {} end
  if value == nil then
    if field.required then
      complain(state, parent, path .. " is missing: " .. (field.doc or ""))
    end
    return kind == "list" and {} or nil
  end
  if kind == "table" then return walk_table(state, field, value, path) end
  if kind == "list" then return walk_list(state, field, value, path) end
  if kind == "any" then return value end

  local checked, wrong = values[kind](field, value)
  if checked and field.on_disk and value ~= "" then wrong = state.probe(value, field.on_disk) end
  if checked ~= nil and kind ~= "string" then wrong = values.bounds(field, checked) end
  if wrong then
    complain(state, path, path .. ": " .. wrong)
    return nil
  end
  return checked
end

--- Names must be told apart: brokers, links and scripts are called by theirs.
local function check_unique(state, list, path)
  local seen = {}
  for i, item in ipairs(list) do
    if item.name and seen[item.name] then
      local at = ("%s[%d].name"):format(path, i)
      local text = '%s: "%s" is the name of %s[%d] already'
      complain(state, at, text:format(at, item.name, path, seen[item.name]))
    end
    seen[item.name or 0] = i
  end
end

local function name_links(links)
  for i, link in ipairs(links) do
    link.name = link.name or ("%s%d"):format(link.kind or "link", i - 1)
  end
end

--- Scripts are called by the name of their file, or of its folder for an init.lua.
local function name_scripts(state, scripts)
  for i, script in ipairs(scripts) do
    local stem = script.file:gsub("/init%.lua$", ""):match("([^/]*)$"):gsub("%.lua$", "")
    script.name = script.name or stem
    if script.name:find("[^%w._-]") or script.name == "" then
      local path = ("scripts[%d]"):format(i)
      local text = '%s: its name "%s" may only hold A-Z a-z 0-9 . _ -'
      complain(state, path, text:format(path, script.name))
    end
  end
end

local function check_waits(state, brokers)
  for i, broker in ipairs(brokers) do
    if broker.reconnect_min > broker.reconnect_max then
      local path = ("mqtt[%d]"):format(i)
      local text = path .. ": reconnect_min is longer than reconnect_max"
      complain(state, path .. ".reconnect_min", text)
    end
  end
end

--- Devices are told where to fetch from, and moved away from a link that there is.
local function check_firmware(state, firmware, links)
  local http = firmware.http
  if http.url == "" and (http.listen:find("^0%.0%.0%.0:") or http.listen:find("^%[::%]:")) then
    local text = "firmware.http: what listens on all addresses needs a url that devices reach"
    complain(state, "firmware.http.listen", text)
  end
  local from = firmware.move.from
  if from == "" then return end
  local names = {}
  for i, link in ipairs(links) do
    if link.name == from then return end
    names[i] = link.name
  end
  local near = nearest(from, names)
  local hint = near and ('; did you mean "%s"?'):format(near) or ""
  local path = "firmware.move.from"
  complain(state, path, ('%s: there is no link called "%s"%s'):format(path, from, hint))
end

-- Data as text ----------------------------------------------------------------------------------

local function text_of(value, depth)
  if type(value) ~= "table" then
    assert(type(value) ~= "function", "a function is no data")
    return ("%q"):format(value)
  end
  assert(depth < 32, "nested too deeply")
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    parts[#parts + 1] = ("[%s]=%s"):format(text_of(key, depth + 1), text_of(value[key], depth + 1))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- Plain data as a Lua expression: how options travel to a script's own Lua state.
function check.text(value)
  return text_of(value == nil and {} or value, 0)
end

-- The whole -------------------------------------------------------------------------------------

local function check_options(state, scripts)
  for i, script in ipairs(scripts) do
    local path = ("scripts[%d].options"):format(i)
    local fine, wrong = pcall(check.text, script.options)
    if not fine then complain(state, path, path .. ": " .. wrong:gsub("^.-:%d+: ", "")) end
  end
end

-- A store that was put elsewhere is not begun anew where its disk is missing.
local function check_store(state, out)
  local folder = out.store.path:match("^(.*)/[^/]*$")
  if not folder or folder == "" or folder == out.data_dir then return end
  if folder:sub(1, #out.data_dir + 1) == out.data_dir .. "/" then return end
  local wrong = state.probe(folder, "folder")
  if wrong then complain(state, "store.path", "store.path: " .. wrong) end
end

-- By line, so that they can be mended from top to bottom.
local function in_order(errors)
  table.sort(errors, function(a, b)
    if a.line ~= b.line then return a.line < b.line end
    return a.message < b.message
  end)
  return errors
end

--- Checks a list of profiles, such as that of objects/quirks.lua, against what `schema` has of one.
-- @return the list, or nil; and the list of errors, as check.run()
function check.quirks(schema, value, source)
  local state = { errors = {}, lines = lines_of(source or "") }
  local out = walk(state, { "list", of = schema.quirk }, value, "")
  return #state.errors == 0 and out or nil, in_order(state.errors)
end

--- Checks `value` (what the file returned) against `schema`.
-- @param probe  says what is wrong with a path ("file" or "folder") that must be there, or nil
-- @return the configuration with defaults and units resolved, or nil; and the list of errors
-- { path, line, message }
function check.run(schema, value, source, probe)
  local lines, twice = lines_of(source or "")
  local state = { errors = twice, lines = lines }
  state.probe = probe or function() end
  if type(value) ~= "table" then
    complain(state, "", "the file must return a table: return { … }")
    return nil, state.errors
  end
  local out = walk(state, schema, value, "")
  if #state.errors == 0 then
    name_links(out.links)
    check_unique(state, out.links, "links")
    check_unique(state, out.mqtt, "mqtt")
    name_scripts(state, out.scripts)
    check_unique(state, out.scripts, "scripts")
    check_waits(state, out.mqtt)
    check_firmware(state, out.firmware, out.links)
    check_options(state, out.scripts)
    check_store(state, out)
  end
  in_order(state.errors)
  if #state.errors > 0 then return nil, state.errors end
  return out, state.errors
end

return check
