---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.rule: records become MQTT messages. A rule is data plus a pure function, so it can be tested without a gateway.

---@class tg.rule
tg.rule = {}

---Which records a rule is for: those that fit all that is given. An empty table fits all.
---@class tg.rule.match
---@field object? integer|integer[] object id, or several
---@field instance? integer|integer[]
---@field resource? integer|integer[]
---@field path? string this path and what is below it, instead of object, instance and resource
---@field ep? string glob of endpoint names: `*` for any characters, `?` for one
---@field link? string|string[] name of a link, or of a driver
---@field source? tg.source|tg.source[]
---@field sensitive? boolean also records that are secrets; default false

---@class tg.rule.rule
---@field name? string for messages
---@field match? tg.rule.match without it: all records
---@field topic string|fun(rec: tg.record, dev: tg.device.device, source: tg.source): string? text with the placeholders `{ep}` (as one level), `{path}` (begins with a slash), `{object}`, `{instance}`, `{resource}`, `{link}`, `{gateway}`; or a function, nil skips the record
---@field map? fun(rec: tg.record, dev: tg.device.device, source: tg.source): string|number|boolean|table|nil the payload: a string as it is, all else as JSON; nil skips the record. Without it the payload is `{"v":…,"t":…}`
---@field qos? 0|1|2 default 1
---@field retain? boolean default false
---@field delivery? tg.mqtt.delivery default `"durable"`
---@field broker? string name of the broker; default the first
---@field stamp? boolean true adds `seq` and `gw` (and `clock_unsynced` while the clock is doubted) to all payloads that are JSON objects, false to none; without it to what `map` returned as a table

---Checks a rule as loading does, and returns it. Misuse raises, with the nearest known key.
---@param rule tg.rule.rule
---@return tg.rule.rule rule
function tg.rule.define(rule) end

---What a rule makes of a record; for specs, no gateway needed. `dev` may be a table with the fields that the rule looks at.
---@param rule tg.rule.rule
---@param record tg.record `path` and `value` are enough
---@param dev? tg.device.device|table default `{ ep = "device", link = "udp" }`
---@param source? tg.source default `"notify"`
---@return string? topic nil when the rule does not match or skips the record
---@return string? payload its `seq` is 1 and its `gw` all zeros
---@return tg.mqtt.publish_options? options
function tg.rule.test(rule, record, dev, source) end

---@class tg.rule.publish_options: tg.mqtt.publish_options
---@field stamp? boolean as of a rule
---@field class? "telemetry"|"event"|"state"|"result" how much it matters; default `"event"`

---Sends one message the way a rule does; for events and timers. A table goes as JSON with `seq` and `gw`, a string as it is.
---@param topic string
---@param value string|number|boolean|table
---@param options? tg.rule.publish_options
---@return true? ok
---@return tg.error? err code `full`, `too_long`, `argument`, `not_found` (no such broker) or `state` (no brokers)
function tg.rule.publish(topic, value, options) end
