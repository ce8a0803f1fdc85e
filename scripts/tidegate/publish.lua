-- SPDX-License-Identifier: Apache-2.0
-- tg.rule.publish(): sends one message the way a rule does, for event handlers and timers: a table
-- becomes JSON with the stamp, QoS and delivery have the defaults of rules.

local keys = require "tidegate.keys"
local rule = require "tidegate.rule"

local KNOWN = { "qos", "retain", "delivery", "broker", "stamp", "class" }
local CLASSES = { telemetry = 0, event = 1, state = 2, result = 3 }
local NONE = {}

local function check(topic, options)
  if type(topic) ~= "string" then error("topic is text, not " .. type(topic), 0) end
  if type(options) ~= "table" then error("options are a table", 0) end
  local unknown = keys.unknown(options, KNOWN)
  if unknown then error(unknown, 0) end
  local class = CLASSES[options.class or "event"]
  if not class then error("class is event, result, state or telemetry", 0) end
  return class, rule.check_delivery(options)
end

--- Makes publish(topic, value, options) -> true | nil, err of a core and the environment of rules.
return function(core, env)
  return function(topic, value, options)
    options = options or NONE
    local ok, class, qos, retain, durable = pcall(check, topic, options)
    if not ok then error("tg.rule.publish: " .. tostring(class), 2) end
    if value == nil then error("tg.rule.publish: a value is wanted", 2) end
    local text, seq = env.payload.encode(value, options.stamp)
    return core.publish(topic, text, qos, retain, durable, options.broker, seq, class)
  end
end
