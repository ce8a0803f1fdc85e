-- SPDX-License-Identifier: Apache-2.0
-- The default dialect in a gateway made of tables, for its specs: what is sent is checked for its
-- form.
local dkjson = require "dkjson"
local fake = require "fake_tg"
local assert = require "luassert"

local bench = { FILE = "scripts/dialects/tidegate.lua", FILTER = "tidegate/dev/+/cmd" }

--- A gateway that speaks the dialect.
function bench.start(options)
  local gateway = fake.gateway("house 1")
  gateway:start(bench.FILE, options)
  return gateway
end

--- The same, and a device m1.
function bench.with_device(options)
  local gateway = bench.start(options)
  return gateway, gateway:device "m1"
end

--- The messages since the last look, payloads decoded; all are checked for their form.
function bench.sent(gateway, prefix)
  local list = {}
  for at, message in ipairs(gateway:sent()) do
    local levels = message.topic:sub(#(prefix or "tidegate") + 1)
    assert.equal(prefix or "tidegate", message.topic:sub(1, #(prefix or "tidegate")))
    assert.equal("", (levels:gsub("/[A-Za-z0-9._~:@%%-]+", "")), message.topic)
    local value, next_at, why = dkjson.decode(message.payload, 1, nil)
    assert.is_nil(why, message.payload)
    assert.equal(#message.payload + 1, next_at)
    assert.equal(message.seq, value.seq)
    assert.equal("00112233aabbccdd", value.gw)
    message.value = setmetatable(value, nil)
    list[at] = message
  end
  assert.same({}, gateway.failures)
  return list
end

--- A command is asked for; what is answered at once.
function bench.ask(gateway, ep, wanted, info)
  local payload = type(wanted) == "table" and dkjson.encode(wanted) or wanted
  local topic = "tidegate/dev/" .. gateway.core.mqtt.escape(ep) .. "/cmd"
  gateway:message(bench.FILTER, topic, payload, info)
  return bench.sent(gateway)
end

--- This happened to a command: `info` with `changes`; what is told of it.
function bench.told(gateway, dev, info, changes)
  local event = {}
  for _, fields in ipairs { info, changes or {} } do
    for key, value in pairs(fields) do event[key] = value end
  end
  gateway:event("command", dev, event)
  return bench.sent(gateway)
end

return bench
