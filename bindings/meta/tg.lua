---@meta tidegate
-- SPDX-License-Identifier: Apache-2.0
-- tg: the gateway itself, and the words that all areas share. Get it with `local tg = require "tidegate"`.

---What `require "tidegate"` returns.
---@class tg
tg = {}

---Why something did not work. `tostring(err)` is one line, `code: message`. Wrong use of a function raises instead.
---@class tg.error
---@field code string stable name, one of the table below
---@field message string a sentence for people
---@field coap? string of a call to a device: the code of its answer, such as `"4.05"`; nil when it gave none

---Opaque bytes. JSON text of it is `{"base64":"…"}`.
---@class tg.bytes
---@field bytes string any bytes

---An object link; `{ 65535, 65535 }` points nowhere.
---@class tg.objlnk
---@field [1] integer object id
---@field [2] integer instance id

---A value of a resource: Integer, Unsigned and Time are integers (Time in Unix seconds), Float is a number, String and Corelnk are strings.
---@alias tg.value boolean|integer|number|string|tg.bytes|tg.objlnk

---A path with its value: the common currency of scripts, drivers and devices.
---@class tg.record
---@field path string such as `"/3303/0/5700"`; a resource with instances has four numbers, `"/3/0/6/1"`
---@field value tg.value
---@field time? number Unix seconds when it was measured; nil when nobody knows
---@field object? integer first number of the path (in records that the gateway hands out)
---@field instance? integer the second
---@field resource? integer the third
---@field sensitive? true the definition calls it a secret: keep it out of topics and logs

---Where records come from: a notification, a Send of the device, an answer to a Read, a driver.
---@alias tg.source "notify"|"send"|"read"|"driver"

---The gateway's name, from `name` in the configuration.
---@return string name
function tg.name() end

---The identity of the gateway's store: 16 hexadecimal digits, made once. Together with a message's `seq` it names a message for good.
---@return string gw
function tg.gw() end

---The program's version.
---@return string version such as `"0.1.0"`
function tg.version() end

return tg
