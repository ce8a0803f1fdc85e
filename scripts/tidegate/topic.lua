-- SPDX-License-Identifier: Apache-2.0
-- Topics: foreign names as one level, and templates such as "t/{ep}{path}" made into functions
-- once, when a rule is loaded. Pure; rule.lua calls it.

local keys = require "tidegate.keys"

local topic = {}

-- What each placeholder is in the function that is made.
local PLACEHOLDERS = {
  ep = "level[dev]",
  link = "name[dev.link]",
  gateway = "gateway",
  path = "rec.path",
  object = "rec.object",
  instance = "rec.instance",
  resource = "rec.resource",
}

local function escape_byte(char) return ("%%%02X"):format(char:byte()) end

--- A name as one topic level, the way tg.mqtt.escape() does it: every byte but A-Z a-z 0-9 and
-- - . _ ~ : @ becomes %XX, the empty name becomes "%".
function topic.escape(name)
  if name == "" then return "%" end
  return (name:gsub("[^A-Za-z0-9%-._~:@]", escape_byte))
end

--- A table that makes what it lacks: t[key] is make(key), remembered while somebody holds the key.
function topic.memo(make)
  return setmetatable({}, {
    __mode = "k",
    __index = function(t, key)
      local value = make(key)
      t[key] = value
      return value
    end,
  })
end

local function check_constant(text)
  local bad = text:match("[+#\0]")
  if bad then error(('topic: "%s" can\'t be in a topic that is published to'):format(bad), 0) end
end

local function split(template)
  local parts, at = {}, 1
  while at <= #template do
    local text, word, next_at = template:match("^([^{}]*){([^{}]*)}()", at)
    if not text then
      text, next_at = template:sub(at), #template + 1
      if text:find("[{}]") then error('topic: "{" and "}" come in pairs, as in "{ep}"', 0) end
    end
    check_constant(text)
    if text ~= "" then parts[#parts + 1] = ("%q"):format(text) end
    if word then
      local known = PLACEHOLDERS[word]
      if not known then
        local hint = keys.nearest(word, keys.sorted(PLACEHOLDERS))
        error(('topic: placeholder "{%s}" is not known%s'):format(word, hint), 0)
      end
      if word == "path" and text:sub(-1) == "/" then
        error('topic: {path} begins with a slash of its own, write "t/{ep}{path}"', 0)
      end
      parts[#parts + 1] = known
    end
    at = next_at
  end
  return parts
end

--- Makes function(rec, dev) of a template; raises what is wrong with it.
-- @param env { level = memo by device, name = memo by text, gateway = level }, see rule.env()
function topic.compile(template, env)
  if template == "" then error("topic: is empty", 0) end
  if template:sub(1, 1) == "$" then error('topic: "$" at the start belongs to the broker', 0) end
  local parts = split(template)
  if #parts == 1 then table.insert(parts, 1, '""') end
  local source = "local level, name, gateway = ...\nreturn function(rec, dev) return %s end"
  local make = assert(load(source:format(table.concat(parts, " .. ")), "=topic"))
  return make(env.level, env.name, env.gateway)
end

return topic
