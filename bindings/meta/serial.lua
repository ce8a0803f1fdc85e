---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.serial: serial ports.

---@class tg.serial
tg.serial = {}

---@class tg.serial.options
---@field baud? integer 300 to 921600 as serial ports have them, default 9600
---@field parity? "none"|"even"|"odd" default none
---@field stop? 1|2 default 1
---@field bits? 7|8 default 8

---@class tg.serial.port
local port = {}

---The next bytes, as many as there are. Suspends the task; with a function it calls back with the same.
---@param fn? fun(bytes: string?, err: tg.error?)
---@return string? bytes
---@return tg.error? err code `io` or `closed`
function port:read(fn) end

---Writes all bytes. Suspends the task; with a function it calls back with the same.
---@param bytes string
---@param fn? fun(ok: true?, err: tg.error?)
---@return true? ok
---@return tg.error? err
function port:write(bytes, fn) end

---From now on bytes are handed on as they come, instead of through read().
---@param on_data fun(bytes: string)
---@param on_close? fun(err: tg.error) the port is lost
function port:listen(on_data, on_close) end

---Closes the port; a read that waits ends with an error. Again is allowed.
function port:close() end

---Opens a serial port raw, without flow control, for this process only. Wrong options raise.
---@param name string such as `/dev/ttyUSB0`
---@param options? tg.serial.options
---@return tg.serial.port? port
---@return tg.error? err code `not_found`, `denied` or `io`
function tg.serial.open(name, options) end

---Iterates over the lines of a port (ended by `\n` or `\r\n`, at most 4096 bytes), in a task. A port that is not there or is lost is opened again after 1 to 60 s.
---@param name string
---@param options? tg.serial.options
---@param opened? fun(port: tg.serial.port) called with each port that was opened, for writing to it
---@return fun(): string iterator
function tg.serial.lines(name, options, opened) end
