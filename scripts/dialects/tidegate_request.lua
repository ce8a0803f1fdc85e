-- SPDX-License-Identifier: Apache-2.0
-- Commands as they come on PREFIX/dev/EP/cmd, for example:
--   {"id":"a1","op":"read","path":"/3/0/9"}
--   {"id":"a2","op":"write","path":"/3/0/14","value":"+02:00","timeout":3600}
--   {"id":"a3","op":"write","path":"/3311/0","values":{"/3311/0/5850":true,"/3311/0/5851":40}}
--   {"id":"a4","op":"execute","path":"/3/0/4","args":"0='x'"}
--   {"id":"a5","op":"attributes","path":"/3303/0/5700","attributes":{"pmin":10,"gt":30}}
--   {"id":"a6","op":"read_composite","paths":["/3/0/9","/3303/0/5700"]}
--   {"id":"a7","op":"write_composite","values":{"/1/0/1":300,"/3/0/14":"+02:00"}}
--   {"id":"a8","op":"create","path":"/3311","values":{"5850":true}}  the device picks the number
--   {"id":"a9","op":"trigger","transport":"U"}  and disable, bootstrap, prefer, mute
-- Opaque values are {"base64":"…"}, object links [object, instance]. Checked here, so that whoever
-- asked reads what to mend. Pure.

local deadline = require "dialects.tidegate_deadline"
local failure = require "tidegate.failure"
local keys = require "tidegate.keys"

local request = {}

local ID_MAX = 64
local PATHS_MAX = 1024 -- also of values
local PATH_MAX = 64 -- bytes; the longest path has 24
local KEY_MAX = 16 -- bytes of 65535/65535, and some
local TIMEOUT_MAX = 30 * 86400

-- Least and most ids in the path, and the member the operation needs.
local OPS = {
  read = { 1, 4 },
  write = { 2, 4, "value" },
  update = { 2, 3, "value" },
  execute = { 3, 3 },
  create = { 1, 2, "value" },
  delete = { 2, 4 },
  discover = { 0, 3 },
  observe = { 1, 4 },
  cancel = { 0, 4 }, -- without a path: of observe_composite
  attributes = { 1, 4, "attributes" },
  read_composite = { 0, 0, "paths" },
  write_composite = { 0, 0, "values" },
  observe_composite = { 0, 0, "paths" },
  trigger = { 0, 0, named = { "transport", "instance" } },
  disable = { 0, 0, named = { "seconds", "instance" } },
  bootstrap = { 0, 0, named = { "instance" } },
  prefer = { 0, 0, named = { "transport", "instance" }, needs = "transport" },
  mute = { 0, 0, named = { "value", "instance" }, needs = "value" },
}
local LEVELS = { "an object", "an instance", "a resource", "a resource instance" }
local KNOWN = {
  "id", "op", "path", "value", "values", "args", "attributes", "timeout", "priority",
  "durable", "replace_key", "paths", "depth", "transport", "instance", "seconds",
  "retry", "deadline",
}
local ATTRIBUTES = { "pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax" }
local OF_NAMED = { "transport", "instance", "seconds" }
local SECONDS_MAX = 0x7fffffff

local function fail(text, ...) error(failure("argument", text:format(...)), 0) end

local function check_id(id)
  if type(id) ~= "string" or id == "" or #id > ID_MAX then
    fail('id is text of 1 to %d bytes that you choose, such as "a1"', ID_MAX)
  end
end

-- Only a bootstrap server may read or write these: keys of DTLS, OSCORE and COSE.
local SECRET = { ["0"] = true, ["21"] = true, ["23"] = true }

local function count_ids(path)
  if type(path) ~= "string" then fail('path is text such as "/3/0/9"') end
  -- Patterns over foreign text are for what is short: their work is bounded.
  if #path > PATH_MAX then fail("path %s is too long", keys.shown(path)) end
  if SECRET[path:match("^/(%d+)")] then
    error(failure("denied", path .. " is of an object that holds keys; no server may use it"), 0)
  end
  local count = 0
  local rest = path:gsub("/(%d+)", function(id)
    count = count + 1
    local is_canonical = id == "0" or id:sub(1, 1) ~= "0"
    if is_canonical and #id <= 5 and tonumber(id) <= 65535 then return "" end
  end)
  if rest ~= "" or count == 0 or count > 4 then
    fail("path is 1 to 4 numbers of 0 to 65535, each after a slash, such as /3/0/9")
  end
  return count
end

local function check_path(wanted, rule)
  local count = 0
  if wanted.path ~= nil then count = count_ids(wanted.path) end
  if wanted.path == nil and rule[1] > 0 then fail('path is missing, such as "/3/0/9"') end
  if rule[2] == 0 then
    if count > 0 and rule.named then fail("%s takes no path; it goes to object 1", wanted.op) end
    if count > 0 then fail("%s takes no path; it is in its %s", wanted.op, rule[3]) end
    return
  end
  if count < rule[1] or count > rule[2] then
    local least, most = LEVELS[math.max(rule[1], 1)], LEVELS[rule[2]]
    local range = least == most and least or least .. " to " .. most
    fail("%s goes to %s: %d to %d numbers", wanted.op, range, rule[1], rule[2])
  end
end

-- A value of JSON as scripts have it; tg.codec.from_json() has made opaque values already.
local function value_of(given)
  if type(given) ~= "table" then return given end
  if type(given.bytes) == "string" then return { bytes = given.bytes } end
  if given.base64 ~= nil then fail("base64 is not valid") end
  if #given == 2 and math.type(given[1]) == "integer" and math.type(given[2]) == "integer" then
    return given
  end
  fail('a value is text, a number, true, false, {"base64":"…"} or [object, instance]')
end

local function check_paths(wanted, is_needed)
  local paths = wanted.paths
  if not is_needed then
    if paths ~= nil then fail("%s takes no paths", wanted.op) end
    return
  end
  if type(paths) ~= "table" or #paths == 0 or #paths > PATHS_MAX then
    fail('paths is a list of 1 to %d paths, such as ["/3/0/9"]', PATHS_MAX)
  end
  for _, path in ipairs(paths) do count_ids(path) end
end

-- {"5850":true,"6/1":5}: resources of the instance at path, or of one that the device will make.
local function keyed_of(wanted)
  local keyed = {}
  for _, key in ipairs(keys.sorted(wanted.values)) do
    local is_short = #key <= KEY_MAX
    if not is_short or not (key:match("^%d+$") or key:match("^%d+/%d+$")) then
      fail("values: %s is no resource such as 5850 or 6/1; all keys are, or all are paths",
        keys.shown(key))
    end
    keyed[key] = value_of(wanted.values[key])
  end
  return keyed
end

local function records_of(wanted)
  if type(wanted.values) ~= "table" or next(wanted.values) == nil then
    fail('values is an object such as {"/3311/0/5850":true}')
  end
  local list = keys.sorted(wanted.values)
  if #list > PATHS_MAX then fail("values has at most %d members", PATHS_MAX) end
  local first = list[1]
  local may_be_keyed = wanted.path and (wanted.op == "create" or count_ids(wanted.path) == 2)
  local is_number = type(first) == "string" and first:sub(1, 1) ~= "/"
  if may_be_keyed and is_number then return keyed_of(wanted) end
  local records = {}
  for _, path in ipairs(list) do
    local above = wanted.path or ""
    if count_ids(path) < 3 or path:sub(1, #above + 1) ~= above .. "/" then
      fail("values: %s is no path of a resource below %s", path, wanted.path or "/")
    end
    local value = value_of(wanted.values[path])
    records[#records + 1] = { path = path, value = value }
  end
  return records
end

local function check_values(wanted, is_needed)
  local has_value, has_values = wanted.value ~= nil, wanted.values ~= nil
  if OPS[wanted.op].named then
    if has_values or (has_value and OPS[wanted.op].needs ~= "value") then
      fail("%s takes no value", wanted.op)
    end
    return
  end
  if not is_needed then
    if has_value or has_values then fail("%s takes no value", wanted.op) end
    return
  end
  if not wanted.path and has_value then fail("%s takes values", wanted.op) end
  if has_value == has_values then fail("%s takes either value or values", wanted.op) end
  if has_values then
    local found = records_of(wanted)
    local is_list = found[1] ~= nil and type(found[1]) == "table" and found[1].path ~= nil
    wanted.records, wanted.keyed = is_list and found or nil, not is_list and found or nil
  elseif wanted.op == "create" or count_ids(wanted.path) < 3 then
    fail('value is for a resource; %s to %s takes values, such as {"%s/0/1":5}', wanted.op,
      wanted.path, wanted.path)
  else
    wanted.value = value_of(wanted.value)
  end
end

-- What is asked by name: a transport letter, an instance of object 1, seconds, true or false.
local function check_named(wanted, rule)
  for _, name in ipairs(OF_NAMED) do
    local is_known = false
    for _, known in ipairs(rule.named or {}) do is_known = is_known or known == name end
    if wanted[name] ~= nil and not is_known then fail("%s takes no %s", wanted.op, name) end
  end
  if rule.needs and wanted[rule.needs] == nil then fail("%s takes a %s", wanted.op, rule.needs) end
  local transport, instance, seconds = wanted.transport, wanted.instance, wanted.seconds
  if transport ~= nil
    and not (type(transport) == "string" and transport:match("^[UTSNMHutsnmh]$"))
  then
    fail("transport is one of U T S N M H")
  end
  if instance ~= nil
    and (math.type(instance) ~= "integer" or instance < 0 or instance > 65534)
  then
    fail("instance is a whole number from 0 to 65534")
  end
  if seconds ~= nil
    and (math.type(seconds) ~= "integer" or seconds < 1 or seconds > SECONDS_MAX)
  then
    fail("seconds is a whole number from 1 to %d", SECONDS_MAX)
  end
  if rule.needs == "value" and type(wanted.value) ~= "boolean" then
    fail("value is true or false")
  end
end

local function check_depth(wanted)
  local depth = wanted.depth
  if depth == nil then return end
  if wanted.op ~= "discover" then fail("depth is for discover") end
  if math.type(depth) ~= "integer" or depth < 0 or depth > 3 then
    fail("depth is a whole number from 0 to 3")
  end
end

local function check_durable(wanted)
  local durable, key, retry = wanted.durable, wanted.replace_key, wanted.retry
  if retry ~= nil and type(retry) ~= "boolean" then fail("retry is true or false") end
  if durable ~= nil and type(durable) ~= "boolean" then fail("durable is true or false") end
  if key == nil then return end
  if type(key) ~= "string" or key == "" or #key > ID_MAX then
    fail("replace_key is text of 1 to %d bytes", ID_MAX)
  end
  if wanted.op ~= "write" and wanted.op ~= "update" then
    fail("replace_key is for write and update")
  end
end

local function check_rest(wanted)
  local timeout, priority = wanted.timeout, wanted.priority
  if timeout ~= nil
    and (type(timeout) ~= "number" or not (timeout >= 1 and timeout <= TIMEOUT_MAX))
  then
    fail("timeout is 1 to %d seconds", TIMEOUT_MAX)
  end
  if priority ~= nil
    and (math.type(priority) ~= "integer" or priority < 0 or priority > 3)
  then
    fail("priority is 0 (bulk) to 3 (interactive)")
  end
  check_durable(wanted)
  if wanted.args ~= nil and (type(wanted.args) ~= "string" or wanted.op ~= "execute") then
    fail("args is text, for execute")
  end
  local needs_attributes = OPS[wanted.op][3] == "attributes"
  local attributes = wanted.attributes
  if needs_attributes ~= (attributes ~= nil) then
    fail('attributes is for that operation, an object such as {"pmin":10}')
  end
  if not attributes then return end
  if type(attributes) ~= "table" then fail('attributes is an object such as {"pmin":10}') end
  local unknown = keys.unknown(attributes, ATTRIBUTES)
  if unknown then fail("attributes: %s", unknown) end
  for _, name in ipairs(keys.sorted(attributes)) do
    local value = attributes[name]
    if type(value) ~= "number" and value ~= false and value ~= "" then
      fail("attributes: %s is a number, or false to unset it", name)
    end
  end
end

-- A deadline becomes a timeout; one that has passed is not even begun.
local function check_deadline(wanted, now)
  if wanted.deadline == nil then return end
  if wanted.timeout ~= nil then fail("a command takes either timeout or deadline") end
  local seconds = deadline.seconds(wanted.deadline)
  if not seconds then
    fail('deadline is Unix seconds or a date such as "2026-11-27T12:00:00Z"')
  end
  local left = seconds - now
  if left <= 0 then error(failure("expired", "the deadline has passed"), 0) end
  if left > TIMEOUT_MAX then fail("deadline is at most %d seconds away", TIMEOUT_MAX) end
  wanted.timeout = math.max(left, 1)
end

local function check(wanted, now)
  check_id(wanted.id)
  local unknown = keys.unknown(wanted, KNOWN)
  if unknown then fail("%s", unknown) end
  local rule = type(wanted.op) == "string" and OPS[wanted.op]
  if not rule then
    if wanted.op == nil then fail("op is missing: %s", table.concat(keys.sorted(OPS), " ")) end
    local hint = keys.nearest(tostring(wanted.op), keys.sorted(OPS))
    fail('op "%s" is not known%s', keys.shown(tostring(wanted.op)), hint)
  end
  check_path(wanted, rule)
  check_paths(wanted, rule[3] == "paths")
  check_values(wanted, rule[3] == "value" or rule[3] == "values")
  check_named(wanted, rule)
  check_depth(wanted)
  check_rest(wanted)
  check_deadline(wanted, now)
end

-- What may be repeated in an answer about a command that is wrong.
local function echo(wanted)
  local function text(value, most)
    return type(value) == "string" and #value <= most and value or nil
  end
  return { id = text(wanted.id, ID_MAX), op = text(wanted.op, 32), path = text(wanted.path, 64) }
end

--- Reads and checks a command.
-- @param read gives the decoded JSON, or nil and an error
-- @param now Unix seconds, for deadlines
-- @return the command; or what can be said of it (a table), and an error
function request.check(read, now)
  local wanted, err = read()
  if err then return {}, failure("syntax", "no JSON: " .. tostring(err.message or err)) end
  if type(wanted) ~= "table" or #wanted > 0 then
    return {}, failure("syntax", 'a JSON object is wanted, such as {"id":"a1","op":"read"…}')
  end
  local ok, why = pcall(check, wanted, now)
  if ok then return wanted end
  return echo(wanted), type(why) == "table" and why or failure("internal", why)
end

--- What dev:submit() takes, of a checked command. The asker's id goes along as the tag.
function request.command(wanted)
  local value = wanted.keyed or wanted.value
  if wanted.records then value = nil end
  return {
    op = wanted.op,
    path = wanted.path,
    paths = wanted.paths,
    value = value,
    records = wanted.records,
    args = wanted.args,
    attributes = wanted.attributes,
    timeout = wanted.timeout,
    priority = wanted.priority,
    tag = wanted.id,
    durable = wanted.durable ~= false,
    replace_key = wanted.replace_key,
    depth = wanted.depth,
    transport = wanted.transport,
    instance = wanted.instance,
    seconds = wanted.seconds,
    retry = wanted.retry,
  }
end

return request
