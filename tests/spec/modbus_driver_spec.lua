-- SPDX-License-Identifier: Apache-2.0
-- scripts/drivers/modbus.lua on real sockets and pseudo-terminals, with a slave in this process.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local has_uv, uv = pcall(require, "luv")
local modbus = require "tidegate.modbus"
local driver = require "tidegate.driver"
local serial = require "tidegate.serial"
local fake = require "fake_core"

-- Turns the loop until the condition holds; a deadline instead of a sleep.
local function wait_for(what, condition)
  local late = false
  local timer = uv.new_timer()
  timer:start(5000, 0, function() late = true end)
  while not late and not condition() do uv.run "once" end
  timer:close()
  assert.is_false(late, "waited too long for " .. what)
end

-- Answers a PDU out of registers; nil for a unit that isn't there.
local function answer(registers, pdu)
  local code, address, count = string.unpack(">BI2I2", pdu)
  if code == 6 then
    registers[address] = count
    return pdu
  end
  local data = {}
  for at = address, address + count - 1 do
    if not registers[at] then return string.char(code | 0x80, 2) end
    data[#data + 1] = string.pack(">I2", registers[at])
  end
  local bytes = table.concat(data)
  return string.char(code, #bytes) .. bytes
end

local function tcp_slave(units)
  local server, slave = uv.new_tcp(), { clients = {} }
  server:bind("127.0.0.1", 0)
  slave.port = server:getsockname().port
  server:listen(8, function()
    local client, input = uv.new_tcp(), ""
    server:accept(client)
    slave.clients[#slave.clients + 1] = client
    client:read_start(function(_, bytes)
      input = input .. (bytes or "")
      while true do
        local transaction, unit, pdu, rest = modbus.tcp_open(input)
        if not transaction then return end
        input = rest
        if units[unit] then
          client:write(modbus.tcp_frame(transaction, unit, answer(units[unit], pdu)))
        end
      end
    end)
  end)
  function slave.hang_up()
    for _, client in ipairs(slave.clients) do
      if not client:is_closing() then client:close() end
    end
  end
  function slave.close()
    slave.hang_up()
    server:close()
  end
  return slave
end

local function open_pipe(path)
  local fd, err = uv.fs_open(path, "r+", 0)
  if not fd then return nil, err end
  local pipe = uv.new_pipe(false)
  pipe:open(fd)
  return pipe
end

local function start(options)
  local core = fake.core "plc1"
  function core.now() return uv.hrtime() / 1e9 end
  package.loaded["uv"] = uv
  package.loaded["tidegate"] = {
    driver = { define = function(definition) return driver.define(core, definition) end },
    serial = {
      open = function(path)
        local pipe, err = open_pipe(path)
        if not pipe then return nil, err end
        return serial.port(core, pipe, path)
      end,
    },
  }
  local script = dofile "scripts/drivers/modbus.lua"
  package.loaded["tidegate"] = nil
  local self = script.init(options)
  return core.devices.plc1, core, script, self
end

local function map()
  return {
    { path = "/3303/0/5700", fn = "holding", address = 10, type = "int16", scale = 0.1 },
    { path = "/3306/0/5851", fn = "holding", address = 20, write = true },
    { path = "/3303/1/5700", fn = "input", address = 0, unit = 2 },
  }
end

describe("scripts/drivers/modbus.lua", function()
  if not has_uv then
    pending "needs luv"
    return
  end

  it("refuses options that make no sense before anything runs", function()
    local rows = {
      { { map = map() }, "either port" },
      { { host = "h", port = "p", map = map() }, "either port" },
      { { host = "h", map = {} }, "no rows" },
      { { host = "h", map = map(), timeout = 0 }, "timeout and baud" },
      { { host = "h", map = { { path = "/1/2/3", address = 70000 } } }, "address 0 to 65535" },
    }
    for _, row in ipairs(rows) do
      local ok, why = pcall(start, row[1])
      assert.is_false(ok)
      assert.is_truthy(tostring(why):find(row[2], 1, true), why)
    end
  end)

  describe("over TCP", function()
    it("reads the map, obeys commands, and comes back after the connection broke", function()
      local units = { [1] = { [10] = 215, [20] = 5 }, [2] = { [0] = 99 } }
      local slave = tcp_slave(units)
      local plc, core, script, self = start {
        host = "127.0.0.1", tcp_port = slave.port, map = map(), period = 0.05,
      }
      assert.same({ "/3303/0", "/3303/1", "/3306/0" }, plc.objects)
      wait_for("first values", function() return #plc.puts >= 3 end)
      assert.equal(21.5, plc.values["/3303/0/5700"])
      assert.equal(99, plc.values["/3303/1/5700"])

      local values = { { path = "/3306/0/5851", value = 42 } }
      local id = core.command("plc1", "write", "/3306/0/5851", values)
      wait_for("the write", function() return plc.results[id] end)
      assert.is_true(plc.results[id].result)
      assert.equal(42, units[1][20])

      units[1][10] = -5 & 0xFFFF
      id = core.command("plc1", "read", "/3303/0/5700")
      wait_for("the read", function() return plc.results[id] end)
      assert.equal(-0.5, plc.results[id].result[1].value)

      slave.hang_up()
      wait_for("the loss", function() return self.counts.connection_lost end)
      local before = #plc.puts
      wait_for("values again", function() return #plc.puts > before end)
      assert.equal(2, self.counts.connected)
      script.deinit()
      slave.close()
    end)

    it("keeps the period of live units while one is silent", function()
      local slave = tcp_slave { [1] = { [10] = 1, [20] = 2 } }
      local plc, _, script, self = start {
        host = "127.0.0.1", tcp_port = slave.port, map = map(), period = 0.02, timeout = 0.05,
        retries = 1,
      }
      wait_for("20 values and a time-out", function()
        return #plc.puts >= 20 and self.counts.unit_silent
      end)
      assert.is_nil(plc.values["/3303/1/5700"])
      script.deinit()
      slave.close()
    end)

    it("answers a command with an error where nobody listens", function()
      local server = uv.new_tcp()
      server:bind("127.0.0.1", 0)
      local port = server:getsockname().port
      local plc, core, script = start { host = "127.0.0.1", tcp_port = port, map = map() }
      local id = core.command("plc1", "read", "/3303/0/5700")
      wait_for("the error", function() return plc.results[id] end)
      assert.equal("link", plc.results[id].err.code)
      script.deinit()
      server:close()
    end)
  end)

  describe("on a serial line", function()
    local master, process, ends, ended

    before_each(function()
      ends, ended = os.tmpname(), false
      os.remove(ends)
      uv.fs_mkdir(ends, 448)
      local pty = "pty,rawer,link=" .. ends
      process = uv.spawn("socat", { args = { pty .. "/slave", pty .. "/master" } }, function()
        ended = true
      end)
      if not process then return end
      wait_for("the pseudo-terminals", function()
        local idle = uv.new_timer()
        idle:start(5, 0, function() idle:close() end)
        return uv.fs_stat(ends .. "/slave") and uv.fs_stat(ends .. "/master")
      end)
      master = open_pipe(ends .. "/master")
    end)

    after_each(function()
      if master then master:close() end
      if process then
        process:kill "sigterm"
        wait_for("socat's end", function() return ended end)
        process:close()
      end
      uv.run "nowait"
      os.remove(ends .. "/slave")
      os.remove(ends .. "/master")
      uv.fs_rmdir(ends)
    end)

    it("speaks RTU to two units and survives noise", function()
      if not process then return pending "needs socat" end
      local units = { [1] = { [10] = 300, [20] = 1 }, [2] = { [0] = 7 } }
      local asked = 0
      master:read_start(function(_, bytes)
        local unit, pdu = modbus.rtu_open(bytes or "")
        asked = asked + 1
        if asked == 2 then
          master:write "\1\3\2\99\99\99\99"
        elseif unit and units[unit] then
          local frame = modbus.rtu_frame(unit, answer(units[unit], pdu))
          master:write(frame:sub(1, 3))
          master:write(frame:sub(4))
        end
      end)
      local plc, core, script, self = start {
        port = ends .. "/slave", baud = 19200, map = map(), period = 0.05, timeout = 0.2,
      }
      wait_for("all values", function()
        return plc.values["/3303/0/5700"] and plc.values["/3303/1/5700"]
      end)
      assert.equal(30.0, plc.values["/3303/0/5700"])
      assert.equal(7, plc.values["/3303/1/5700"])
      assert.equal(1, self.counts.bad_frame or self.counts.other_unit)
      local values = { { path = "/3306/0/5851", value = 9 } }
      local id = core.command("plc1", "write", "/3306/0/5851", values)
      wait_for("the write", function() return plc.results[id] end)
      assert.equal(9, units[1][20])
      script.deinit()
    end)
  end)
end)
