-- SPDX-License-Identifier: Apache-2.0
-- Rules: checks what a script says and compiles it once, so that bridge.lua has little left to do
-- per record. Needs no gateway: `require("tidegate.rule").test(rule, record)` works in busted.

local keys = require "tidegate.keys"
local json = require "tidegate.json"
local payload = require "tidegate.payload"
local topic = require "tidegate.topic"

local rule = {}

local KNOWN = {
  "name", "match", "topic", "map", "qos", "retain", "delivery", "broker", "stamp",
}
local KNOWN_MATCH = {
  "object", "instance", "resource", "path", "ep", "link", "source", "sensitive",
}
local SOURCES = { "notify", "send", "read", "driver" }
local ID_MAX = 65535

local function fail(text, ...) error(text:format(...), 0) end

local function check_type(what, value, wanted)
  if value ~= nil and type(value) ~= wanted then
    fail("%s is a %s, not %s", what, wanted, type(value))
  end
end

local function check_known(what, given, known)
  local unknown = keys.unknown(given, known)
  if unknown then error(what .. unknown, 0) end
end

--- How messages are sent, the same for rules and for tg.rule.publish(): checked, with defaults.
function rule.check_delivery(given)
  local qos = given.qos == nil and 1 or given.qos
  if qos ~= 0 and qos ~= 1 and qos ~= 2 then fail("qos is 0, 1 or 2") end
  check_type("retain", given.retain, "boolean")
  check_type("broker", given.broker, "string")
  check_type("stamp", given.stamp, "boolean")
  local delivery = given.delivery
  if delivery ~= nil and delivery ~= "durable" and delivery ~= "queued" then
    fail('delivery is "durable" or "queued"')
  end
  return qos, given.retain or false, delivery ~= "queued"
end

-- One value or a list of them as a list.
local function list_of(what, given, is_valid, wanted)
  local list = type(given) == "table" and given or { given }
  if #list == 0 then fail("match: %s is an empty list", what) end
  for _, item in ipairs(list) do
    if not is_valid(item) then fail("match: %s is %s, or a list of them", what, wanted) end
  end
  return list
end

local function is_id(value)
  return math.type(value) == "integer" and value >= 0 and value <= ID_MAX
end

local function is_text(value) return type(value) == "string" and value ~= "" end

-- What a match says, as the expression of a function of rec, dev and source; `values` are what the
-- expression can't name.
local Tests = {}
Tests.__index = Tests

function Tests:add(expression, value)
  if value ~= nil then
    self.values[#self.values + 1] = value
    expression = expression:gsub("%$", "v" .. #self.values)
  end
  self[#self + 1] = expression
end

function Tests:add_choice(subject, list)
  if #list == 1 then
    self:add(subject .. " == $", list[1])
    return
  end
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  self:add(("$[%s]"):format(subject), set)
end

function Tests:compile()
  if #self == 0 then return nil end
  local names = {}
  for at = 1, #self.values do names[at] = "v" .. at end
  local head = #names > 0 and ("local %s = ...\n"):format(table.concat(names, ", ")) or ""
  local body = "return function(rec, dev, source) return %s end"
  local make = assert(load(head .. body:format(table.concat(self, " and ")), "=match"))
  return make(table.unpack(self.values))
end

-- Ids of a path prefix; a fourth id means that very path.
local function split_path(path, match)
  if match.object ~= nil or match.instance ~= nil or match.resource ~= nil then
    fail("match: either path, or object, instance and resource")
  end
  local ids = {}
  for text in (type(path) == "string" and path or ""):gmatch("[^/]+") do
    local id = text:find("^%d+$") and math.tointeger(tonumber(text)) or -1
    ids[#ids + 1] = id
    ids.bad = ids.bad or not is_id(id)
  end
  if ids.bad or #ids == 0 or #ids > 4 or path:sub(1, 1) ~= "/" then
    fail('match: path is text such as "/3303/0"')
  end
  return { object = ids[1], instance = ids[2], resource = ids[3], whole = #ids == 4 and path }
end

-- Lua pattern of a glob: * any text, ? any byte.
local function glob(text)
  local pattern = text:gsub("[^%w*?]", "%%%0"):gsub("*", ".*"):gsub("?", ".")
  pattern = "^" .. pattern .. "$"
  return topic.memo(function(dev) return dev.ep:find(pattern) ~= nil end)
end

local function check_sources(given)
  for _, name in ipairs(type(given) == "table" and given or { given }) do
    local is_known = false
    for _, known in ipairs(SOURCES) do is_known = is_known or name == known end
    if not is_known then
      local hint = keys.nearest(tostring(name), SOURCES)
      fail('match: source "%s" is not known%s', tostring(name), hint)
    end
  end
end

-- Which objects a match is for (nil: all), and a function for the rest (nil: nothing to test).
local function compile_match(match)
  check_type("match", match, "table")
  check_known("match: ", match, KNOWN_MATCH)
  check_type("match: sensitive", match.sensitive, "boolean")
  local tests = setmetatable({ values = {} }, Tests)
  local ids = match.path ~= nil and split_path(match.path, match) or match
  for _, level in ipairs { "instance", "resource" } do
    if ids[level] ~= nil then
      tests:add_choice("rec." .. level, list_of(level, ids[level], is_id, "an id"))
    end
  end
  if ids.whole then tests:add("rec.path == $", ids.whole) end
  if match.source ~= nil then
    check_sources(match.source)
    tests:add_choice("source", list_of("source", match.source, is_text, "text"))
  end
  if match.link ~= nil then
    tests:add_choice("dev.link", list_of("link", match.link, is_text, "text"))
  end
  if match.ep ~= nil then
    if not is_text(match.ep) then fail('match: ep is text such as "meter*"') end
    tests:add("$[dev]", glob(match.ep))
  end
  local objects = ids.object ~= nil and list_of("object", ids.object, is_id, "an id") or nil
  return objects, tests:compile()
end

local function compile_topic(given, env)
  if type(given) == "string" then return topic.compile(given, env) end
  if given == nil then fail('topic is missing; it is text such as "t/{ep}{path}"') end
  if type(given) ~= "function" then fail("topic is text or a function, not %s", type(given)) end
  return function(rec, dev, source)
    local made = given(rec, dev, source)
    if made ~= nil and type(made) ~= "string" then
      fail("topic: the function returned a %s, not text", type(made))
    end
    return made
  end
end

--- Checks a rule and makes of it what bridge.lua works with; raises (without a position) what is
-- wrong.
-- @param env of rule.env()
-- @param number of the rule in its script, its name when it has none
function rule.compile(definition, env, number)
  if type(definition) ~= "table" then fail("a table is wanted, not %s", type(definition)) end
  check_known("", definition, KNOWN)
  check_type("name", definition.name, "string")
  check_type("map", definition.map, "function")
  local match = definition.match == nil and {} or definition.match
  local objects, matches = compile_match(match)
  local qos, retain, durable = rule.check_delivery(definition)
  return {
    name = definition.name or tostring(number or 1),
    objects = objects,
    matches = matches,
    sensitive = match.sensitive or false,
    topic = compile_topic(definition.topic, env),
    map = definition.map,
    plain = definition.stamp and env.payload.plain_stamped or env.payload.plain,
    encode = env.payload.encode,
    stamp = definition.stamp,
    qos = qos,
    retain = retain,
    durable = durable,
    broker = definition.broker,
    can_fail = definition.map ~= nil or type(definition.topic) == "function",
  }
end

--- Topic, payload and sequence number (if there is one in it) for a record; nothing when the rule's
-- functions want to skip it. The number is taken last: until then they may wait or publish.
function rule.render(compiled, rec, dev, source)
  local map = compiled.map
  if not map then
    local name = compiled.topic(rec, dev, source)
    if not name then return end
    return name, compiled.plain(rec)
  end
  local value = map(rec, dev, source)
  if value == nil then return end
  local name = compiled.topic(rec, dev, source)
  if not name then return end
  return name, compiled.encode(value, compiled.stamp)
end

--- What rules need of a gateway. Without core: what is enough to try them.
function rule.env(core)
  local env
  if core then
    env = { json = core.json, next_seq = core.next_seq, gw = core.gw() }
    env.escape = core.mqtt.escape
    env.gateway = env.escape(core.name())
  else
    env = { json = json.encode, next_seq = function() return 1 end, gw = ("0"):rep(16) }
    env.escape = topic.escape
    env.gateway = "gateway"
  end
  env.level = topic.memo(function(dev)
    return env.escape(dev.ep or error("the device is gone", 0))
  end)
  env.name = topic.memo(env.escape)
  env.payload = payload.new(env)
  return env
end

-- A record as C gives it: ids beside the path.
local function complete(record)
  local rec = {}
  for key, value in pairs(record) do rec[key] = value end
  local object, instance, resource = tostring(rec.path):match("^/(%d+)/(%d+)/(%d+)")
  rec.object = rec.object or math.tointeger(tonumber(object))
  rec.instance = rec.instance or math.tointeger(tonumber(instance))
  rec.resource = rec.resource or math.tointeger(tonumber(resource))
  return rec
end

local function is_for(compiled, rec, dev, source)
  if rec.sensitive and not compiled.sensitive then return false end
  if compiled.matches and not compiled.matches(rec, dev, source) then return false end
  if not compiled.objects then return true end
  for _, id in ipairs(compiled.objects) do
    if id == rec.object then return true end
  end
  return false
end

--- tg.rule.define and tg.rule.test for one environment.
function rule.new(env)
  local made = {}

  --- Checks a rule when it is written down, so that the message names its line. Gives it back.
  function made.define(definition)
    local ok, why = pcall(rule.compile, definition, env)
    if not ok then error("tg.rule.define: " .. tostring(why), 2) end
    return definition
  end

  --- What a rule makes of a record: topic, payload and { qos =, retain =, delivery =, broker = };
  -- nil when it does not match or skips it. Nothing is published.
  -- @param record { path =, value =, time = }
  -- @param dev { ep = "urn:x", link = "udp" } or a real device; without, it is called "device"
  -- @param source "notify" when left out
  function made.test(definition, record, dev, source)
    local ok, compiled = pcall(rule.compile, definition, env)
    if not ok then error("tg.rule.test: " .. tostring(compiled), 2) end
    local rec = complete(record)
    dev, source = dev or { ep = "device", link = "udp" }, source or "notify"
    if not is_for(compiled, rec, dev, source) then return nil end
    local name, text = rule.render(compiled, rec, dev, source)
    if not name then return nil end
    return name, text, {
      qos = compiled.qos,
      retain = compiled.retain,
      delivery = compiled.durable and "durable" or "queued",
      broker = compiled.broker,
    }
  end

  return made
end

local alone = rule.new(rule.env())
rule.define, rule.test = alone.define, alone.test

return rule
