---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.driver: things that don't speak LwM2M become devices.

---@class tg.driver
tg.driver = {}

---An option of a driver: the name of its type, or a table with the type first.
---@class tg.driver.option
---@field [1] "string"|"integer"|"number"|"boolean"|"table"
---@field default? any used when the option is not given
---@field optional? boolean may be missing; without this and without a default it must be given
---@field choice? any[] the values it may have

---@class tg.driver.definition
---@field name string name of the driver, for messages
---@field version? string
---@field options? table<string, string|tg.driver.option> what configuration may say; `ep` is always there
---@field objects? table|fun(options: table): table the objects of the device called as the bundle (or as option `ep`): `{ [3303] = {} }`, `{ [3303] = {0, 1} }` or `{ "/3303/0" }`; without, there is no such device until self:device()
---@field run fun(self: tg.driver.device) runs in a task; when it fails it is started again after 1 to 60 s, when it returns it has set up what it needs
---@field stop? fun(self: tg.driver.device) the bundle goes: close ports, stop timers; can't wait
---@field read? fun(self: tg.driver.device, path: string): any, any the value of a path, or a list of records; nil and why. Without it a Read is answered from the last values
---@field write? fun(self: tg.driver.device, path: string, value: any): any, any one value; nil and why when the device refused
---@field execute? fun(self: tg.driver.device, path: string, arguments: string): any, any nil and why when the device refused

---A device of a driver. `self` of run is the driver itself; for commands `self` is the device they are for.
---@class tg.driver.device
---@field options table checked options
---@field ep string endpoint name
---@field counts table<string, integer> what count() counted
---@field devices table<string, tg.driver.device> further devices by endpoint
local device = {}

---Hands a value to the gateway, which keeps and publishes it.
---@param path string path of a resource, such as `/3303/0/5700`
---@param value boolean|integer|number|string|table converted to the type of the resource; opaque is `{ bytes = … }`, an object link `{ oid, iid }`
---@param time? number Unix seconds when it was measured; now when left out
---@return true? ok
---@return tg.error? err code `type`, `range`, `full` or `gone`
function device:put(path, value, time) end

---Opens a further device of this driver.
---@param ep string endpoint name, 1 to 255 bytes
---@param objects table as in the definition
---@return tg.driver.device? device
---@return tg.error? err
function device:device(ep, objects) end

---Takes a device offline.
---@param why? string
function device:close(why) end

---Counts something that is normal but should be seen.
---@param name string
function device:count(name) end

---Suspends the task until `done` is called.
---@param start fun(done: fun(...)) called at once; keeps `done` for a callback
---@return any ... what done() was given
function device:wait(start) end

---Makes a script of a driver's definition; return it from the script's file. Misuse raises.
---@param definition tg.driver.definition
---@return table script
function tg.driver.define(definition) end
