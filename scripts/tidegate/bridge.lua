-- SPDX-License-Identifier: Apache-2.0
-- The hot path in Lua: chooses the rules for each record, has topic and payload made, publishes.
-- What can be done once is done when the script is loaded (rule.lua, topic.lua, payload.lua).
--
-- Path: bindings/vm/vm_call.c -> scripts/tidegate/bridge.lua -> bindings/api/mod_mqtt.c

local failure = require "tidegate.failure"
local render = require("tidegate.rule").render

local pcall, tostring = pcall, tostring

local bridge = {}

local TELEMETRY = 0 -- class of messages, see core.publish

-- No failures of the script: counted where they happen, and whoever reported the value is told.
local NOT_THE_SCRIPTS = { full = true, store = true, no_memory = true }

--- Tells the gateway that a rule could not publish.
local function on_refused(core, rule, topic, err)
  if NOT_THE_SCRIPTS[err.code] then return end
  local text = ("%s (rule %s, topic %s)"):format(tostring(err.message or err), rule.name, topic)
  core.fail(failure(err.code or "argument", text))
end

-- Rules by object id in the order of the script, and those that take any object.
local function index_of(rules)
  local index, any = {}, {}
  for _, rule in ipairs(rules) do
    for _, id in ipairs(rule.objects or {}) do index[id] = {} end
  end
  for _, rule in ipairs(rules) do
    if rule.objects then
      local seen = {}
      for _, id in ipairs(rule.objects) do
        if not seen[id] then index[id][#index[id] + 1] = rule end
        seen[id] = true
      end
    else
      any[#any + 1] = rule
      for _, list in pairs(index) do list[#list + 1] = rule end
    end
  end
  return index, any
end

-- What core.want() is told: the objects that some rule is for.
local function wanted(index, any)
  if #any > 0 then return true end
  local list = {}
  for id in pairs(index) do list[#list + 1] = id end
  table.sort(list)
  return list
end

--- Makes on_records(dev, records, source) of compiled rules, and says which records to ask for; nil
-- when there are no rules.
function bridge.records(core, rules)
  if #rules == 0 then return nil, nil end
  local publish, trying = core.publish, core.trying
  local index, any = index_of(rules)

  local function apply(rule, rec, dev, source)
    local topic, text, seq = render(rule, rec, dev, source)
    if not topic then return end
    local ok, err = publish(
      topic, text, rule.qos, rule.retain, rule.durable, rule.broker, seq, TELEMETRY
    )
    if not ok then on_refused(core, rule, topic, err) end
  end

  -- What raises is caught here, what is over its budget is not: then `begun` stays, and the gateway
  -- is told of it when the rule's turn comes again. Rules that do well cost two stores.
  local function apply_guarded(rule, rec, dev, source)
    local begun, failures = rule.begun, rule.failures
    local is_doubtful = begun or failures
    if is_doubtful then trying(failures or 0, begun or 0) end
    rule.begun = (begun or 0) + 1
    local ok, why = pcall(apply, rule, rec, dev, source)
    if is_doubtful then trying(0, 0) end
    if ok then
      rule.failures, rule.begun = nil, nil
    else
      rule.failures, rule.begun = (failures or 0) + 1, begun
      local text = ("%s (rule %s)"):format(tostring(why), rule.name)
      core.fail(text, rule.failures, begun or 0)
    end
  end

  local function on_records(dev, records, source)
    for at = 1, #records do
      local rec = records[at]
      local sensitive = rec.sensitive
      local chosen = index[rec.object] or any
      for nth = 1, #chosen do
        local rule = chosen[nth]
        local matches = rule.matches
        if not (sensitive and not rule.sensitive)
          and (not matches or matches(rec, dev, source))
        then
          if rule.can_fail then
            apply_guarded(rule, rec, dev, source)
          else
            apply(rule, rec, dev, source)
          end
        end
      end
    end
  end

  return on_records, wanted(index, any)
end

return bridge
