---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.timer: time and tasks. A task is what may suspend: rules' functions, events, timers and drivers run in one. Timers end with the script and
-- count whole milliseconds, so that one may end up to a millisecond early.

---@class tg.timer
tg.timer = {}

---@class tg.timer.handle
local handle = {}

---Stops the timer. Again is allowed.
---@return boolean stopped whether it had not ended yet
function handle:cancel() end

---Calls a function once, in a task.
---@param seconds number
---@param fn fun()
---@return tg.timer.handle handle
function tg.timer.after(seconds, fn) end

---Calls a function again and again, each time in a task. A beat is left out while the last one waits.
---@param seconds number
---@param fn fun()
---@return tg.timer.handle handle
function tg.timer.every(seconds, fn) end

---Suspends the task.
---@param seconds number
function tg.timer.sleep(seconds) end

---Runs a function as a task of its own.
---@param fn fun()
function tg.timer.task(fn) end

---The time of day.
---@return number seconds Unix seconds, in steps of a millisecond
function tg.timer.now() end

---The time of day as it would be if nobody had set the clock by more than a few minutes: for ages and deadlines of what a script keeps over restarts. The same as now() while the clock is believed.
---@return number seconds Unix seconds, in steps of a millisecond
function tg.timer.steady() end

---A clock that never jumps, for measuring how long something takes.
---@return number seconds
function tg.timer.clock() end
