---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.device: devices, whatever they speak: their last values, and commands to them.

---@class tg.device
tg.device = {}

---What can be done with a device. `write` replaces, `update` changes only what is given.
---@alias tg.op "read"|"write"|"update"|"execute"|"create"|"delete"|"discover"|"observe"|"cancel"|"attributes"|"read_composite"|"write_composite"|"observe_composite"

---Where a command is. Exactly one of the last five ends it. `unknown`: an execute, create or delete that was sent when the gateway
---stopped; it is not repeated, and nobody knows whether it was carried out.
---@alias tg.command_state "waiting"|"sent"|"done"|"failed"|"expired"|"cancelled"|"unknown"

---Attributes of a path (Write-Attributes): when the device shall notify.
---@class tg.device.attributes
---@field pmin? integer least seconds between notifications
---@field pmax? integer most seconds between notifications
---@field gt? number notify when the value passes this, either way
---@field lt? number likewise
---@field st? number notify when the value moved by this much

---Options of a call to a device.
---@class tg.device.options
---@field timeout? number seconds until it has failed, 1 to 2592000; default 30, for a device in queue mode 7200
---@field priority? 0|1|2|3 0 for bulk work to 3 for somebody who waits; default 1. The higher goes first, then the older
---@field format? string content format to ask for or to write in, such as `"tlv"`; the gateway chooses well by itself
---@field tag? string your own id, at most 64 bytes; it comes back in `command` events

---A command as data.
---@class tg.command_request
---@field op tg.op
---@field path? string left out only for discover of everything, for composites and for cancel of a composite observation
---@field paths? string[] for read_composite and observe_composite: 1 to 1024 paths
---@field value? any for write and update of one resource
---@field records? tg.record[] for write, update and create of more, paths at or below `path`; for write_composite wherever they are
---@field args? string for execute
---@field attributes? tg.device.attributes for attributes
---@field timeout? number as in tg.device.options
---@field priority? 0|1|2|3 as in tg.device.options
---@field format? string as in tg.device.options
---@field tag? string as in tg.device.options
---@field durable? boolean it goes on after a restart of the gateway; commands over MQTT are. Where it has got to is told in `command` events
---@field replace_key? string for write and update: a waiting one with the same key ends as `cancelled`; at most 64 bytes

---A command in a device's queue.
---@class tg.queued_command
---@field id integer for tg.device.cancel(); another one after a restart of the gateway
---@field op tg.op
---@field path string
---@field state "waiting"|"sent"
---@field tag? string
---@field replace_key? string
---@field durable boolean
---@field priority 0|1|2|3
---@field deadline number Unix seconds

---A device. The same device is the same value as long as a script holds it, so it may be the key of a table. Fields tell what is so now.
---One that the gateway has forgotten has only its id left, and its methods say `gone`.
---
---Methods that ask the device suspend the task they are called in and return the result, or nil and an error. With a function as last
---argument they return at once and call it with the same. A device in queue mode gets the command when it wakes.
---@class tg.device.device
---@field ep string endpoint name
---@field id integer changes when a device is forgotten and comes back
---@field kind "lwm2m"|"driver"|"" empty for one that has not been back since the gateway started and has commands waiting
---@field link string name of the link it came over, or of its driver
---@field online boolean registered, or its driver runs
---@field asleep boolean in queue mode and not listening now
---@field queue_mode boolean
---@field lifetime integer seconds of its registration; 0 for ever
---@field version? string LwM2M version, `"1.0"` or `"1.1"`; nil for drivers
---@field since number Unix seconds since it is online
---@field last_seen number Unix seconds when it was heard last
---@field waiting integer commands in its queue
---@field objects string[] objects and instances it announced, such as `{ "/1/0", "/3/0", "/3303/0" }`
---@field wire_ep? string what it calls itself, where a policy gave it another name
---@field tags string[] words that a policy gave it; may be empty
---@field quirks string[] what is tolerated of it, such as `"bare_answer"`; under each name also how often since the gateway started: `dev.quirks.bare_answer`. See docs/howto/odd-devices.md
local dev = {}

---Reads a path.
---@param path string
---@param options? tg.device.options
---@param fn? fun(result: any, err: tg.error?)
---@return tg.value|tg.record[]? result the value of a resource (three numbers); a list of records of anything else
---@return tg.error? err
function dev:read(path, options, fn) end

---Writes: what is there is replaced.
---@param path string a resource with a value, or an instance with a list of records
---@param value tg.value|tg.record[]
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:write(path, value, options, fn) end

---Writes only the resources (or resource instances) that are given; others stay as they are.
---@param path string
---@param value tg.value|tg.record[]
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:update(path, value, options, fn) end

---Reads several paths at once. A device that can't is read path by path; then a path that fails is missing in the list, and all have to
---fail for an error.
---@param paths string[] 1 to 1024 of them; what is not there is missing in the result
---@param options? tg.device.options
---@param fn? fun(records: tg.record[]?, err: tg.error?)
---@return tg.record[]? records
---@return tg.error? err
function dev:read_composite(paths, options, fn) end

---Writes resources of several instances and objects at once: all of them or none. A device that can't gets partial writes, one for
---each instance, in the order given; then it may be that only some are done, and the error names those that failed. A record with
---`delete = true` instead of a value deletes a resource instance.
---@param records tg.record[]
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:write_composite(records, options, fn) end

---Executes a resource, such as `/3/0/4` (reboot).
---@param path string
---@param args? string such as `"0='now'"`
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:execute(path, args, options, fn) end

---Makes an instance of an object.
---@param path string `/3311`, or `/3311/4` for a number of your choice
---@param records tg.record[] first values
---@param options? tg.device.options
---@param fn? fun(path: string?, err: tg.error?)
---@return string? path of the new instance
---@return tg.error? err
function dev:create(path, records, options, fn) end

---Deletes an instance.
---@param path string
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:delete(path, options, fn) end

---Asks what there is at a path, and with which attributes.
---@param path? string default `/`
---@param options? tg.device.options
---@param fn? fun(links: string?, err: tg.error?)
---@return string? links link-format, such as `</3303/0>;pmin=10,</3303/0/5700>`
---@return tg.error? err
function dev:discover(path, options, fn) end

---Observes a path; from now on values come as records. `server.observe` of the configuration does this for every device.
---@param path string
---@param options? tg.device.options
---@param fn? fun(result: any, err: tg.error?)
---@return tg.value|tg.record[]? result as of read
---@return tg.error? err
function dev:observe(path, options, fn) end

---Observes several paths as one; from now on values come as records. A device has one such observation, a new one takes its place. A
---device that has no composite operations gets an observation of each path; those are cancelled one by one.
---@param paths string[] 1 to 1024 of them
---@param options? tg.device.options
---@param fn? fun(records: tg.record[]?, err: tg.error?)
---@return tg.record[]? records
---@return tg.error? err
function dev:observe_composite(paths, options, fn) end

---Ends an observation.
---@param path string `"/"` is that of observe_composite
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:cancel(path, options, fn) end

---Sets when the device shall notify.
---@param path string
---@param attributes tg.device.attributes
---@param options? tg.device.options
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function dev:attributes(path, attributes, options, fn) end

---Puts a command into the queue and does not wait; `command` events tell what becomes of it.
---@param command tg.command_request
---@return integer? id
---@return tg.error? err code `gone`, `full`, `argument` or `type`
function dev:submit(command) end

---The commands that have not ended, in the order in which they go.
---@return tg.queued_command[] commands
function dev:queue() end

---The last value of a path, from memory.
---@param path string a resource or a resource instance
---@return tg.value? value nil when there is none
---@return number? time Unix seconds
function dev:value(path) end

---The last values at or below a path, from memory.
---@param path? string default all
---@return tg.record[] records in order of their paths
function dev:values(path) end

---The device with this endpoint name.
---@param ep string
---@return tg.device.device? dev nil when it is not known
function tg.device.find(ep) end

---All devices, or those whose endpoint name matches.
---@param glob? string `*` for any characters, `?` for one
---@return tg.device.device[] devices
function tg.device.list(glob) end

---Cancels a command that has not ended; its `command` event says `cancelled`.
---@param id integer what dev:submit() returned
---@return true? ok
---@return tg.error? err code `gone` when it has ended
function tg.device.cancel(id) end
