---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.rule: records become MQTT messages. A rule is data plus a pure function, so it can be tested without a gateway.

---@class tg.rule
tg.rule = {}

---Which records a rule is for: those that fit all that is given.
---@class tg.rule.match
---@field object? integer|integer[] object id, or several
---@field instance? integer|integer[]
---@field resource? integer|integer[]
---@field path? string this path and what is below it
---@field ep? string glob of endpoint names: `*` for any characters, `?` for one
---@field link? string name of a link, or of a driver
---@field source? tg.source|tg.source[]
---@field sensitive? boolean also records that are secrets; default false

---@class tg.rule.rule
---@field name? string for messages
---@field match tg.rule.match
---@field topic string|fun(rec: tg.record, dev: tg.device.device): string? text with the placeholders `{ep}` (as one level), `{path}`, `{object}`, `{instance}`, `{resource}`, `{link}`, `{gateway}`; or a function
---@field map? fun(rec: tg.record, dev: tg.device.device): string|number|boolean|table|nil the payload: a string as it is, all else as JSON; nil skips the record. Without it the payload is `{"v":…,"t":…}`
---@field qos? 0|1|2 default 1
---@field retain? boolean default false
---@field delivery? tg.mqtt.delivery default `"durable"`
---@field broker? string name of the broker; default the first
---@field stamp? boolean adds `seq` and `gw` to payloads that are tables; default true

---Checks a rule as loading does, and returns it. Misuse raises, with the nearest known key.
---@param rule tg.rule.rule
---@return tg.rule.rule rule
function tg.rule.define(rule) end

---What a rule makes of a record; for specs, no gateway needed. `dev` may be a table with the fields that the rule looks at.
---@param rule tg.rule.rule
---@param record tg.record
---@param dev? tg.device.device|table
---@return string? topic nil when the rule does not match or skips the record
---@return string? payload
---@return table? options qos, retain, delivery and broker
function tg.rule.test(rule, record, dev) end
