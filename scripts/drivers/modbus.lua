-- SPDX-License-Identifier: Apache-2.0
-- A Modbus device, on a serial line (RTU) or over TCP, becomes a device with LwM2M objects.
--   { file = "drivers/modbus.lua", name = "plc1", options = {
--       port = "/dev/ttyUSB0", baud = 19200, parity = "even",        -- or host = "10.0.0.5"
--       map = { { path = "/3303/0/5700", address = 10, type = "int16", scale = 0.1 } },
--   } }
-- docs/howto/write-a-driver.md describes the options and the register map.

local tg = require "tidegate"
local uv = require "uv"
local bus = require "tidegate.modbus_bus"
local poll = require "tidegate.modbus_poll"

local clock = {}

function clock.now() return uv.hrtime() / 1e9 end

function clock.after(seconds, fn)
  local timer = uv.new_timer()
  local function stop()
    if timer:is_closing() then return end
    timer:stop()
    timer:close()
  end
  timer:start(math.ceil(seconds * 1000), 0, function()
    stop()
    fn()
  end)
  return stop
end

local Tcp = {}
Tcp.__index = Tcp

local function connect(self, socket, address, callbacks)
  socket:connect(address, self.port, function(err)
    if self.socket ~= socket then return end
    if err then return callbacks.on_close(self.host .. ": " .. err) end
    socket:nodelay(true)
    socket:keepalive(true, 60)
    socket:read_start(function(read_err, bytes)
      if self.socket ~= socket then return end
      if bytes then return callbacks.on_data(bytes) end
      callbacks.on_close(self.host .. ": " .. (read_err or "the connection was closed"))
    end)
    callbacks.on_open()
  end)
end

function Tcp:open(on_open, on_data, on_close)
  local socket = uv.new_tcp()
  self.socket = socket
  local callbacks = { on_open = on_open, on_data = on_data, on_close = on_close }
  local hints = { socktype = "stream" }
  local request, err = uv.getaddrinfo(self.host, nil, hints, function(why, found)
    if self.socket ~= socket then return end
    if why or not found[1] then return on_close(self.host .. ": " .. (why or "no address")) end
    connect(self, socket, found[1].addr, callbacks)
  end)
  if not request then on_close(self.host .. ": " .. tostring(err)) end
end

function Tcp:write(bytes) self.socket:write(bytes) end

function Tcp:close()
  local socket = self.socket
  self.socket = nil
  if socket and not socket:is_closing() then socket:close() end
end

local Line = {}
Line.__index = Line

function Line:open(on_open, on_data, on_close)
  local port, err = tg.serial.open(self.name, self.settings)
  if not port then return on_close(tostring(err)) end
  self.port = port
  port:listen(on_data, function(why)
    if self.port == port then on_close(tostring(why)) end
  end)
  on_open()
end

function Line:write(bytes) self.port:write(bytes, function() end) end

function Line:close()
  if self.port then self.port:close() end
  self.port = nil
end

-- 3.5 characters of silence between frames; above 19200 baud 1.75 ms (Serial Line 1.02, 2.5.1.1).
local function silence(baud) return math.max(3.5 * 11 / baud, 0.00175) end

local function transport(options)
  if options.host then
    return setmetatable({ host = options.host, port = options.tcp_port }, Tcp), "tcp", 0
  end
  local settings = { baud = options.baud, parity = options.parity, stop = options.stop }
  local line = setmetatable({ name = options.port, settings = settings }, Line)
  return line, "rtu", silence(options.baud)
end

return tg.driver.define {
  name = "modbus",
  version = "1.0",
  options = {
    port = { "string", optional = true },
    baud = { "integer", default = 9600 },
    parity = { "string", default = "none", choice = { "none", "even", "odd" } },
    stop = { "integer", default = 1, choice = { 1, 2 } },
    host = { "string", optional = true },
    tcp_port = { "integer", default = 502 },
    unit = { "integer", default = 1 },
    period = { "number", default = 10 },
    timeout = { "number", default = 1 },
    retries = { "integer", default = 2 },
    map = "table",
  },

  objects = function(options)
    if (options.host == nil) == (options.port == nil) then
      error("modbus: either port (a serial line) or host (TCP) is wanted", 0)
    end
    if options.timeout <= 0 or options.retries < 0 or options.baud <= 0 then
      error("modbus: timeout and baud are above 0, retries not below", 0)
    end
    return poll.objects(poll.entries(options.map, options.unit, options.period))
  end,

  run = function(self)
    local options = self.options
    local function count(name) self:count(name) end
    local line, framing, gap = transport(options)
    self.bus = bus.new {
      transport = line,
      clock = clock,
      framing = framing,
      gap = gap,
      timeout = options.timeout,
      retries = options.retries,
      count = count,
    }
    self.poll = poll.new {
      bus = self.bus,
      clock = clock,
      entries = poll.entries(options.map, options.unit, options.period),
      put = function(entry, value)
        local ok = self:put(entry.path, value)
        if not ok then self:count("refused_value") end
      end,
      count = count,
    }
    self.poll:start()
  end,

  stop = function(self)
    if self.poll then self.poll:stop() end
    if self.bus then self.bus:close() end
  end,

  read = function(self, path)
    return self:wait(function(done) self.poll:read(path, done) end)
  end,

  write = function(self, path, value)
    return self:wait(function(done) self.poll:write(path, value, done) end)
  end,
}
