-- SPDX-License-Identifier: Apache-2.0
-- One Modbus line or connection: a queue of requests, one under way at a time, with time-outs,
-- repeats and reconnecting. Where bytes come from and how time passes is injected, so that specs
-- drive it by hand; scripts/drivers/modbus.lua puts it on ports and sockets.
--
-- A transport has open(on_open, on_data, on_close), write(bytes) and close(). After open() either
-- on_open() follows or on_close(why), then on_data(bytes) any number of times, then on_close(why)
-- once; nothing follows close().
-- A clock has now() in seconds and after(seconds, fn), which returns a function that cancels.

local failure = require "tidegate.failure"
local modbus = require "tidegate.modbus"

local bus = {}
local Bus = {}
Bus.__index = Bus

local BACKOFF_MIN, BACKOFF_MAX = 1, 60
local QUEUE_MAX = 256

--- A bus that connects when the first request comes.
-- @param config { transport, clock, framing = "rtu"|"tcp", timeout = seconds, retries = number,
--   gap = seconds of silence between two frames (serial lines), count = function(name) }
function bus.new(config)
  return setmetatable({
    transport = config.transport,
    clock = config.clock,
    tcp = config.framing == "tcp",
    timeout = config.timeout or 1,
    retries = config.retries or 2,
    gap = config.gap or 0,
    count = config.count or function() end,
    state = "down", -- down, opening, up, closed
    urgent = {},
    queue = {},
    input = "",
    transaction = 0,
    backoff = 0,
    not_before = -math.huge,
  }, Bus)
end

local function stop_timer(self)
  local cancel = self.cancel_timer
  self.cancel_timer = nil
  if cancel then cancel() end
end

local function start_timer(self, seconds, fn)
  stop_timer(self)
  self.cancel_timer = self.clock.after(seconds, function()
    self.cancel_timer = nil
    fn(self)
  end)
end

local next_request

local function end_request(self, result, err)
  local request = self.current
  stop_timer(self)
  self.current = nil
  if self.gap > 0 and self.state == "up" then
    self.quiet = true
    start_timer(self, self.gap, function()
      self.quiet = false
      next_request(self)
    end)
  end
  request.done(result, err)
  next_request(self)
end

-- The line is gone: what waits is told so, nobody waits for a line that may never come back.
local function fail_all(self, err)
  local waiting = {}
  if self.current then waiting[1] = self.current end
  for _, list in ipairs { self.urgent, self.queue } do
    table.move(list, 1, #list, #waiting + 1, waiting)
  end
  self.current, self.urgent, self.queue = nil, {}, {}
  for _, request in ipairs(waiting) do request.done(nil, err) end
end

local function lost(self, why)
  if self.state == "closed" then return end
  stop_timer(self)
  self.state, self.quiet, self.input = "down", false, ""
  self.transport:close()
  self.backoff = math.min(math.max(self.backoff * 2, BACKOFF_MIN), BACKOFF_MAX)
  self.not_before = self.clock.now() + self.backoff
  self.last_error = tostring(why)
  self.count("connection_lost")
  fail_all(self, failure("link", self.last_error))
end

local send

-- Only a frame that can still be an answer keeps the line; after noise or silence the bytes that
-- are there belong to nothing.
local function try_again(self, reason, err)
  self.count(reason)
  self.input = ""
  local request = self.current
  if request.tries <= request.retries then
    send(self)
  else
    end_request(self, nil, err)
  end
end

local function on_timeout(self)
  local unit = self.current.unit
  if self.current.broken then
    try_again(self, "timeout", failure("checksum", "broken frames from unit " .. unit))
  else
    try_again(self, "timeout", failure("timeout", "unit " .. unit .. " does not answer"))
  end
end

function send(self)
  local request = self.current
  request.tries = request.tries + 1
  local frame
  if self.tcp then
    self.transaction = self.transaction + 1 & 0xFFFF
    frame = modbus.tcp_frame(self.transaction, request.unit, request.pdu)
  else
    self.input = ""
    frame = modbus.rtu_frame(request.unit, request.pdu)
  end
  start_timer(self, self.timeout, on_timeout)
  self.transport:write(frame)
end

local function answered(self, pdu)
  local request = self.current
  self.backoff = 0
  local result, why = modbus.answer(request.pdu, pdu)
  if not result then
    self.count(why:find("^exception") and "exception" or "bad_answer")
    end_request(self, nil, failure("peer_error", why))
    return
  end
  self.count("answer")
  end_request(self, result)
end

local function take_rtu(self)
  local request = self.current
  if not request then -- a late answer to a request that was given up
    self.input = ""
    return
  end
  local length = modbus.rtu_length(self.input)
  if not length or (length > 0 and #self.input < length) then return end
  local unit, pdu
  if length > 0 then unit, pdu = modbus.rtu_open(self.input:sub(1, length)) end
  if unit and unit ~= request.unit then
    self.count("other_unit") -- a late answer of another slave; ours may follow
    self.input = self.input:sub(length + 1)
    return take_rtu(self)
  end
  self.input = ""
  if not unit then
    -- The rest of a broken frame may still be on its way: the time-out is when the line is quiet.
    self.count("bad_frame")
    request.broken = true
    return
  end
  answered(self, pdu)
end

local function take_tcp(self)
  while self.state == "up" do
    local transaction, unit, pdu, rest = modbus.tcp_open(self.input)
    if not transaction then
      if unit then lost(self, unit) end
      return
    end
    self.input = rest
    local request = self.current
    if request and transaction == self.transaction and unit == request.unit then
      answered(self, pdu)
    else
      self.count("late_answer")
    end
  end
end

local function on_data(self, bytes)
  if self.state ~= "up" then return end
  self.input = self.input .. bytes
  if #self.input > 4096 then self.input = self.input:sub(-512) end
  if self.tcp then take_tcp(self) else take_rtu(self) end
end

local function open(self)
  self.state = "opening"
  start_timer(self, math.max(self.timeout, 3), function() lost(self, "no connection in time") end)
  self.transport:open(function()
    if self.state ~= "opening" then return end
    stop_timer(self)
    self.state = "up"
    self.count("connected")
    next_request(self)
  end, function(bytes) on_data(self, bytes) end, function(why) lost(self, why) end)
end

function next_request(self)
  if self.current or self.quiet or not (self.urgent[1] or self.queue[1]) then return end
  if self.state == "down" then
    if self.clock.now() < self.not_before then
      fail_all(self, failure("link", self.last_error))
    else
      open(self)
    end
    return
  end
  if self.state ~= "up" then return end
  self.current = table.remove(self.urgent[1] and self.urgent or self.queue, 1)
  send(self)
end

--- Sends a request when its turn comes.
-- @param options { urgent = true: before those that aren't, retries = other than the bus's }
-- @param done called once, inside request() when it fails at once: data bytes of a read or true;
--   nil and an error with code "timeout", "checksum", "peer_error", "link", "full" or "closed"
function Bus:request(unit, pdu, options, done)
  local list = options.urgent and self.urgent or self.queue
  if self.state == "closed" then return done(nil, failure("closed", "the driver stops")) end
  if #list >= QUEUE_MAX then return done(nil, failure("full", "too many requests wait")) end
  list[#list + 1] = {
    unit = unit,
    pdu = pdu,
    retries = options.retries or self.retries,
    tries = 0,
    done = done,
  }
  next_request(self)
end

--- When a request may open the line again after it was lost.
function Bus:retry_at()
  return self.not_before
end

--- Ends it: what waits fails, nothing is called afterwards.
function Bus:close()
  if self.state == "closed" then return end
  stop_timer(self)
  self.state = "closed"
  self.transport:close()
  fail_all(self, failure("closed", "the driver stops"))
end

return bus
