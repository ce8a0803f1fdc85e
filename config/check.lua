-- SPDX-License-Identifier: Apache-2.0
-- Checks a configuration against config/schema.lua: pure functions, data in, data or errors out.
-- The program runs it in a Lua state of its own (bindings/host/config_load.c); tests run it as is.

local check = {}

-- Where keys stand ------------------------------------------------------------------------------

local function skip_long(source, at)
  local level = source:match("^%[(=*)%[", at)
  if not level then return nil end
  local _, stop = source:find("]" .. level .. "]", at, true)
  return (stop or #source) + 1
end

-- No pattern: of those, the program counts the steps.
local function count_lines(text)
  local lines, at = 0, 0
  while true do
    at = text:find("\n", at + 1, true)
    if not at then return lines end
    lines = lines + 1
  end
end

--- Cuts Lua source into tokens with their lines: names, strings, punctuation. Comments and blanks
-- are skipped.
local function tokens(source)
  local list, at, line = {}, 1, 1
  local function add(kind, text, stop)
    list[#list + 1] = { kind = kind, text = text, line = line }
    if kind == "string" then line = line + count_lines(source:sub(at, stop - 1)) end
    at = stop
  end
  while at <= #source do
    local char = source:sub(at, at)
    if char == "\n" then
      line, at = line + 1, at + 1
    elseif char:find("%s") then
      at = at + 1
    elseif source:find("^%-%-", at) then
      local stop = skip_long(source, at + 2) or (source:find("\n", at, true) or #source + 1)
      line, at = line + count_lines(source:sub(at, stop - 1)), stop
    elseif char == "[" and skip_long(source, at) then
      local stop = skip_long(source, at)
      add("string", "", stop)
    elseif char == '"' or char == "'" then
      local stop = at + 1
      while stop <= #source and source:sub(stop, stop) ~= char do
        stop = stop + (source:sub(stop, stop) == "\\" and 2 or 1)
      end
      add("string", source:sub(at + 1, stop - 1), stop + 1)
    elseif char:find("[%a_]") then
      local _, stop = source:find("^[%w_]+", at)
      add("name", source:sub(at, stop), stop + 1)
    else
      add(char, char, at + 1)
    end
  end
  return list
end

--- Maps key paths such as `links[1].port` to lines. Understands table constructors; what it cannot
-- follow has no line. Second, keys that come again in one constructor, where Lua would take the
-- last without a word: a list of { path, line, message }.
function check.lines(source)
  local lines, twice, list, at = {}, {}, tokens(source), 1
  local stack = {} -- open constructors: { path, index }
  local function join(path, key)
    if type(key) == "number" then return path .. "[" .. key .. "]" end
    return path == "" and key or path .. "." .. key
  end
  local function add_key(top, name, line)
    local path, first = join(top.path, name), top.keys[name]
    top.key, lines[path], top.keys[name] = name, line, first or line
    if not first then return end
    local message = ('%s is given twice, on line %d already'):format(path, first)
    twice[#twice + 1] = { path = path, line = line, message = message }
  end
  while at <= #list do
    local token, after = list[at], list[at + 1]
    local top = stack[#stack]
    if token.kind == "{" then
      local path = ""
      if top then
        path = join(top.path, top.key or top.index)
        lines[path] = lines[path] or token.line
      end
      stack[#stack + 1] = { path = path, index = 1, keys = {} }
    elseif token.kind == "}" then
      stack[#stack] = nil
    elseif top and (token.kind == "," or token.kind == ";") then
      if not top.key then top.index = top.index + 1 end
      top.key = nil
    elseif top and not top.key and after and after.kind == "=" and token.kind == "name" then
      add_key(top, token.text, token.line)
      at = at + 1
    elseif top and not top.key and token.kind == "[" and after and after.kind == "string" then
      add_key(top, after.text, token.line)
      at = at + 3
    elseif top and not top.key then
      local path = join(top.path, top.index)
      lines[path] = lines[path] or token.line
    end
    at = at + 1
  end
  return lines, twice
end

-- Names -----------------------------------------------------------------------------------------

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

--- The known name nearest to `name`, if one is near.
function check.nearest(name, known)
  local best, best_distance
  for _, candidate in ipairs(known) do
    local d = distance(name:lower(), candidate:lower())
    if not best or d < best_distance then
      best, best_distance = candidate, d
    end
  end
  local near = #name > 8 and 3 or 2
  return best and best_distance <= near and best or nil
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- Values ----------------------------------------------------------------------------------------

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

--- Levels of a topic that others can stand behind.
function is.prefix(text)
  return text:find("^[^/$+#{}][^+#{}]*$") ~= nil and text:sub(-1) ~= "/"
end

local scalar = {}

function scalar.string(field, value)
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
  local near = check.nearest(value, field.values)
  local hint = near and ('; did you mean "%s"?'):format(near) or ""
  return nil, ('"%s" is not one of %s%s'):format(value, table.concat(field.values, ", "), hint)
end

function scalar.integer(_, value)
  if math.type(value) == "float" then value = math.tointeger(value) end
  if math.type(value) ~= "integer" then return nil, "a whole number is wanted" end
  return value
end

function scalar.number(_, value)
  if type(value) ~= "number" or value ~= value then return nil, "a number is wanted" end
  return value
end

function scalar.boolean(_, value)
  if type(value) ~= "boolean" then return nil, "true or false is wanted" end
  return value
end

function scalar.duration(_, value)
  local hint = 'seconds or text such as "30s", "5m", "1d" are wanted'
  local seconds, example = with_unit(value, SECONDS, hint)
  if not seconds then return nil, example end
  return seconds
end

function scalar.size(_, value)
  local hint = 'bytes or text such as "64kB", "64MB" are wanted'
  local bytes, example = with_unit(value, BYTES, hint)
  if not bytes then return nil, example end
  return math.tointeger(math.floor(bytes))
end

function scalar.path(_, value)
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

local function check_bounds(field, value)
  if type(value) ~= "number" then return nil end
  if field.min and value < field.min then return ("at least %s is wanted"):format(field.min) end
  if field.max and value > field.max then return ("at most %s is wanted"):format(field.max) end
  return nil
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
      local near = type(key) == "string" and check.nearest(key, sorted_keys(fields))
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

  local checked, wrong = scalar[kind](field, value)
  if checked and field.on_disk and value ~= "" then wrong = state.probe(value, field.on_disk) end
  if checked ~= nil and kind ~= "string" then wrong = check_bounds(field, checked) end
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
  local near = check.nearest(from, names)
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
  local state = { errors = {}, lines = check.lines(source or "") }
  local out = walk(state, { "list", of = schema.quirk }, value, "")
  return #state.errors == 0 and out or nil, in_order(state.errors)
end

--- Checks `value` (what the file returned) against `schema`.
-- @param probe  says what is wrong with a path ("file" or "folder") that must be there, or nil
-- @return the configuration with defaults and units resolved, or nil; and the list of errors
-- { path, line, message }
function check.run(schema, value, source, probe)
  local lines, twice = check.lines(source or "")
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
