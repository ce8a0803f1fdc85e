---@meta
-- SPDX-License-Identifier: Apache-2.0
-- script: the table that a script's file returns. Every key is optional; an unknown one keeps the script from loading, with the nearest known one.

---@class tg.script
---@field name? string for messages; without it the name in the configuration
---@field version? string shown by `tidegate scripts`
---@field init? fun(options: table): any, any called once the script is checked, in a task; raising, or nil and a reason, keeps it from loading
---@field deinit? fun() called when it goes; can't wait. Timers, subscriptions and devices go by themselves
---@field rules? tg.rule.rule[] records that become MQTT messages
---@field commands? tg.command_rule[] MQTT messages that become commands
---@field events? table<tg.event_kind, fun(dev: tg.device.device?, info: tg.event)> what else happens; each runs in a task. Of `firmware` info is a tg.firmware.update, of `campaign` a tg.firmware.campaign
---@field objects? table[] object definitions, in the format of objects/README.md
---@field drivers? table[] what tg.driver.define() returned; each gets the table under its name in the options
---@field driver? table put there by tg.driver.define()
---@field save? fun(): any plain data for the next version of the script, before deinit
---@field restore? fun(data: any) takes what the version before saved, after init

---What may happen. `refused` may come without a device; `connected` and `disconnected` are about a broker.
---@alias tg.event_kind "registered"|"updated"|"deregistered"|"expired"|"awake"|"asleep"|"command"|"observing"|"model_missing"|"moved"|"refused"|"firmware"|"campaign"|"connected"|"disconnected"

---What a function of `events` gets as second argument. From `id` on only for `command`.
---@class tg.event
---@field time? number Unix seconds; not with `connected` and `disconnected`
---@field ep? string endpoint name
---@field note? string short text for people
---@field broker? string with `connected` and `disconnected`: its name
---@field id? integer what dev:submit() returned
---@field state? tg.command_state
---@field op? tg.op
---@field path? string
---@field tag? string the asker's own id
---@field mine? boolean true where this script submitted it with dev:submit(), durable ones also before a restart of the gateway
---@field code? string the device's answer, such as `"2.05"`
---@field error? string why it did not work: a code of tg.error
---@field message? string the same as a sentence
---@field records? tg.record[] what was read; may be empty
---@field text? string link-format of a Discover, path of what a Create made

---A subscription whose messages become commands. It ends with the script.
---@class tg.command_rule
---@field name? string for messages
---@field topic string MQTT filter, may hold `+` and `#`
---@field qos? 0|1|2 default 1
---@field broker? string name of the broker; default the first
---@field map fun(msg: tg.message): tg.command|tg.command[]|nil what to do; nil to do nothing. Runs in a task

---A message from a broker.
---@class tg.message
---@field topic string
---@field levels string[] the levels of the topic, unescaped (see tg.mqtt.unescape)
---@field payload string
---@field json fun(): any, tg.error? the payload as a Lua value; nil and why when it is no JSON
---@field retained boolean it was on the broker before we subscribed
---@field broker string

---What a command rule asks for.
---@class tg.command: tg.command_request
---@field ep string endpoint name of the device
---@field done? fun(result: any, err: tg.error?) called when it has ended, as a method of the device would
