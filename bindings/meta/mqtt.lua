---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.mqtt: brokers. Rules and command rules need none of it; it is for what is neither.

---@class tg.mqtt
tg.mqtt = {}

---How sure a message is. `durable`: on disk before the device that caused it is acknowledged. `queued`: in memory, written soon.
---@alias tg.mqtt.delivery "durable"|"queued"

---@class tg.mqtt.publish_options
---@field qos? 0|1|2 default 1
---@field retain? boolean default false
---@field delivery? tg.mqtt.delivery default `"durable"`
---@field broker? string name of the broker; default the first

---@class tg.mqtt.subscribe_options
---@field qos? 0|1|2 default 1
---@field broker? string name of the broker; default the first

---@class tg.mqtt.info
---@field qos 0|1|2
---@field retained boolean it was on the broker before we subscribed
---@field broker string

---Puts a message into the outbox; it leaves in order, when the broker is there. Without a broker connection this works all the same.
---@param topic string without `+` and `#`
---@param payload string at most 2 MiB; a broker may take less
---@param options? tg.mqtt.publish_options
---@return integer? seq the message's number in the outbox
---@return tg.error? err code `full`, `too_long`, `argument`, `not_found` (no such broker) or `state` (no brokers)
function tg.mqtt.publish(topic, payload, options) end

---Calls a function with each message that matches. The same filter again adds a function. Ends with the script.
---@param filter string may hold `+` and `#`
---@param fn fun(topic: string, payload: string, info: tg.mqtt.info) runs in a task
---@param options? tg.mqtt.subscribe_options
---@return true? ok
---@return tg.error? err code `full`, `argument`, `not_found` or `state`
function tg.mqtt.subscribe(filter, fn, options) end

---Ends the script's subscriptions with this filter; one that is not there is fine.
---@param filter string
---@param options? tg.mqtt.subscribe_options only `broker`
---@return true? ok
---@return tg.error? err code `not_found` or `state`
function tg.mqtt.unsubscribe(filter, options) end

---Whether a broker is connected now.
---@param broker? string default the first
---@return boolean connected
function tg.mqtt.connected(broker) end

---Which messages go first when the outbox is full. Values of devices are `telemetry`, which may fill seven eighths of it; `event`, what scripts publish otherwise, fifteen sixteenths; `state` and `result` of commands more still.
---@alias tg.mqtt.class "telemetry"|"event"|"state"|"result"

---Whether the outbox has room for a message. Of use to those who want to publish later what can't go now.
---@param class? tg.mqtt.class default `"event"`
---@param bytes? integer of topic and payload together, default 0
---@return boolean has_room
function tg.mqtt.has_room(class, bytes) end

---A name as one level of a topic. Every byte but letters, digits and `-._~:@` becomes `%` and two hexadecimal digits in upper case; the empty
---name becomes `%`. A name has one level and a level one name.
---@param name string at most 255 bytes
---@return string level
function tg.mqtt.escape(name) end

---The name that a level stands for.
---@param level string
---@return string? name
---@return tg.error? err code `syntax`
function tg.mqtt.unescape(level) end

---Whether a filter matches a topic.
---@param filter string
---@param topic string
---@return boolean matches
function tg.mqtt.matches(filter, topic) end
