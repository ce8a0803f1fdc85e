-- SPDX-License-Identifier: Apache-2.0
-- Serial ports for scripts: reading and writing a descriptor that bindings/api/mod_serial.c has
-- opened and set up, and lines of text. The stream is a luv stream or, in specs, anything with its
-- methods read_start, read_stop, write and close.

local failure = require "tidegate.failure"

local serial = {}
local Port = {}
Port.__index = Port

local BUFFER_MAX = 65536 -- bytes nobody has read yet; the rest stays in the system's buffer
local LINE_MAX = 4096
local REOPEN_MIN, REOPEN_MAX = 1, 60

local function deliver(self)
  local waiting = self.waiting
  if not waiting or (self.input == "" and not self.lost) then return end
  self.waiting = nil
  if self.input ~= "" then
    local bytes = self.input
    self.input = ""
    if self.paused and not self.lost then
      self.paused = false
      self.stream:read_start(self.on_read)
    end
    waiting(bytes)
  else
    waiting(nil, self.lost)
  end
end

local function on_read(self, err, bytes)
  if self.closed then return end
  if not bytes then -- an error, or the end: the port was unplugged
    self.lost = failure(err and "io" or "closed", self.name .. ": " .. (err or "the port is gone"))
    self.stream:read_stop()
    if self.on_close then return self.on_close(self.lost) end
    return deliver(self)
  end
  if self.on_data then return self.on_data(bytes) end
  self.input = self.input .. bytes
  if #self.input >= BUFFER_MAX and not self.waiting then
    self.paused = true
    self.stream:read_stop()
  end
  deliver(self)
end

--- A port of a stream that is open.
-- @param core { wait = suspends a task }
function serial.port(core, stream, name)
  local self = setmetatable({ core = core, stream = stream, name = name, input = "" }, Port)
  self.on_read = function(err, bytes) on_read(self, err, bytes) end
  stream:read_start(self.on_read)
  return self
end

local function closed(self) return failure("closed", self.name .. ": the port is closed") end

--- The next bytes, as many as there are; suspends the task, or calls fn with the same.
-- @return bytes; or nil and an error
function Port:read(fn)
  if self.closed then
    if fn then return fn(nil, closed(self)) end
    return nil, closed(self)
  end
  if self.waiting then error("another task reads this port", 2) end
  if fn then
    self.waiting = fn
    return deliver(self)
  end
  return self.core.wait(function(done)
    self.waiting = done
    deliver(self)
  end)
end

--- Writes all bytes; suspends the task, or calls fn.
-- @return true; or nil and an error
function Port:write(bytes, fn)
  if type(bytes) ~= "string" then error("a string is wanted", 2) end
  local function start(done)
    if self.closed then return done(nil, closed(self)) end
    self.stream:write(bytes, function(err)
      if err then return done(nil, failure("io", self.name .. ": " .. err)) end
      done(true)
    end)
  end
  if fn then return start(fn) end
  return self.core.wait(start)
end

--- From now on bytes go to on_data as they come, and on_close(err) is called when the port is lost.
function Port:listen(on_data, on_close)
  self.on_data, self.on_close = on_data, on_close
  local bytes = self.input
  self.input = ""
  if bytes ~= "" then on_data(bytes) end
  if self.lost and on_close then on_close(self.lost) end
end

--- Closes the port; a read that waits ends with an error.
function Port:close()
  if self.closed then return end
  self.closed = true
  self.stream:close()
  local waiting = self.waiting
  self.waiting = nil
  if waiting then waiting(nil, closed(self)) end
end

--- Cuts a stream of bytes into lines (ended by \n or \r\n). feed(bytes) returns a list of lines;
-- a line longer than `max` bytes is dropped whole and counted in `dropped`.
function serial.splitter(max)
  local splitter = { dropped = 0 }
  local rest, skips = "", false
  function splitter.feed(bytes)
    local lines, from = {}, 1
    rest = rest .. bytes
    while true do
      local at = rest:find("\n", from, true)
      if not at then break end
      local line = rest:sub(from, at - 1)
      from = at + 1
      if skips or #line > max then
        splitter.dropped = splitter.dropped + 1
      else
        lines[#lines + 1] = (line:gsub("\r$", ""))
      end
      skips = false
    end
    rest = rest:sub(from)
    if #rest > max then rest, skips = "", true end
    return lines
  end
  return splitter
end

--- An iterator over the lines of a port that opens it again, with growing pauses, when it is lost.
-- @param core { open = as tg.serial.open, wait, sleep, log }
-- @param opened called with each port that was opened, for writing to it; optional
function serial.lines(core, name, options, opened)
  if not core.sleep then require "tidegate.driver_core"(core) end
  local port, splitter
  local ready, at, pause = {}, 1, REOPEN_MIN
  local function reopen(err)
    if port then port:close() end
    port = nil
    core.log("warning", ("%s; again in %d s"):format(tostring(err), pause))
    core.sleep(pause)
    pause = math.min(pause * 2, REOPEN_MAX)
  end
  return function()
    while at > #ready do
      local err
      if not port then
        port, err = core.open(name, options)
        splitter = serial.splitter(LINE_MAX)
        if port and opened then opened(port) end
      end
      local bytes
      if port then bytes, err = port:read() end
      if bytes then
        ready, at, pause = splitter.feed(bytes), 1, REOPEN_MIN
      else
        reopen(err)
      end
    end
    at = at + 1
    return ready[at - 1]
  end
end

return serial
