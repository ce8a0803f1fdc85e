-- SPDX-License-Identifier: Apache-2.0
-- tg.timer: time, pauses and things to do later, over uv. Callbacks run as tasks of the vm, under
-- its budgets, and may wait.

local uv = require "uv"

local SECONDS_MAX = 4e9 -- a century and more

local Handle = {}
Handle.__index = Handle

--- Stops the timer. true if it had not ended yet; again is allowed.
function Handle:cancel()
  local timer = self.timer
  self.timer = nil
  if not timer then return false end
  timer:close()
  return true
end

local function check(name, seconds, fn)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= SECONDS_MAX) then
    error(name .. ": seconds is a number of 0 or more", 3)
  end
  if type(fn) ~= "function" then error(name .. ": a function is wanted", 3) end
end

-- The loop's idea of now may be old: it only runs when something is due.
local function begin(seconds, again, callback)
  local timer = uv.new_timer()
  local milliseconds = math.ceil(seconds * 1000)
  uv.update_time()
  timer:start(milliseconds, again and math.max(milliseconds, 1) or 0, callback)
  return timer
end

return function(core)
  local timer = { now = core.now, steady = core.steady, clock = core.clock, task = core.task }

  --- Calls fn once, in a task.
  function timer.after(seconds, fn)
    check("tg.timer.after", seconds, fn)
    local handle = setmetatable({}, Handle)
    handle.timer = begin(seconds, false, function()
      handle:cancel()
      core.task(fn)
    end)
    return handle
  end

  --- Calls fn again and again, each time in a task. A beat is left out while the last one waits.
  function timer.every(seconds, fn)
    check("tg.timer.every", seconds, fn)
    local running
    local function beat()
      running = coroutine.running()
      fn()
      running = nil
    end
    local handle = setmetatable({}, Handle)
    handle.timer = begin(seconds, true, function()
      -- A beat that failed leaves a dead coroutine behind.
      if running and coroutine.status(running) ~= "dead" then return end
      core.task(beat, fn) -- whose failures they are
    end)
    return handle
  end

  --- Suspends the task.
  function timer.sleep(seconds)
    check("tg.timer.sleep", seconds, core.wait)
    core.wait(function(done)
      local pause
      pause = begin(seconds, false, function()
        pause:close()
        done()
      end)
    end)
  end

  return timer
end
