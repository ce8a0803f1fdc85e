-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;" .. package.path
local modbus = require "tidegate.modbus"
local bus = require "tidegate.modbus_bus"
local poll = require "tidegate.modbus_poll"

-- A clock that is stepped by hand.
local function new_clock()
  local clock = { time = 100, timers = {}, serial = 0 }
  function clock.now() return clock.time end
  function clock.after(seconds, fn)
    clock.serial = clock.serial + 1
    local timer = { at = clock.time + seconds, fn = fn, serial = clock.serial }
    clock.timers[timer] = true
    return function() clock.timers[timer] = nil end
  end
  local function first(till)
    local best
    for timer in pairs(clock.timers) do
      local is_first = not best
        or timer.at < best.at
        or (timer.at == best.at and timer.serial < best.serial)
      if timer.at <= till and is_first then best = timer end
    end
    return best
  end
  function clock.step(seconds)
    local till = clock.time + seconds
    for timer in first, till do
      clock.timers[timer] = nil
      clock.time = math.max(clock.time, timer.at)
      timer.fn()
    end
    clock.time = till
  end
  return clock
end

-- A line whose other side is the spec.
local function new_line()
  local line = { sent = {}, opens = 0, closes = 0 }
  function line:open(on_open, on_data, on_close)
    self.opens = self.opens + 1
    self.up, self.data, self.lost = on_open, on_data, on_close
    if self.auto then on_open() end
  end
  function line:write(bytes)
    self.sent[#self.sent + 1] = bytes
    if self.slave then self.slave(bytes) end
  end
  function line:close() self.closes = self.closes + 1 end
  return line
end

local function counter()
  local counts = {}
  return counts, function(name) counts[name] = (counts[name] or 0) + 1 end
end

-- A bus on a line that is up, and where done() leaves what it was told.
local function setup(options)
  local clock, line = new_clock(), new_line()
  line.auto = true
  local counts, count = counter()
  local made = bus.new {
    transport = line,
    clock = clock,
    framing = options and options.framing or "rtu",
    timeout = 1,
    retries = 2,
    gap = options and options.gap,
    count = count,
  }
  local results = {}
  local function done(result, err) results[#results + 1] = { result = result, err = err } end
  return made, line, clock, results, done, counts
end

local READ = modbus.read_pdu("holding", 0, 1)

describe("tidegate.modbus_bus", function()
  describe("on a serial line", function()
    it("opens the line for the first request and hands the answer's data on", function()
      local b, line, _, results, done = setup()
      assert.equal(0, line.opens)
      b:request(1, READ, {}, done)
      assert.equal(1, line.opens)
      assert.equal(modbus.rtu_frame(1, READ), line.sent[1])
      local answer = modbus.rtu_frame(1, "\3\2\0\7")
      for at = 1, #answer do line.data(answer:sub(at, at)) end
      assert.same({ { result = "\0\7" } }, results)
    end)

    it("has one request on the line at a time, the urgent one first", function()
      local b, line, _, results, done = setup()
      b:request(1, READ, {}, done)
      b:request(2, READ, {}, done)
      b:request(3, READ, { urgent = true }, done)
      assert.equal(1, #line.sent)
      line.data(modbus.rtu_frame(1, "\3\2\0\1"))
      assert.equal(3, line.sent[2]:byte(1))
      line.data(modbus.rtu_frame(3, "\3\2\0\3"))
      assert.equal(2, line.sent[3]:byte(1))
      line.data(modbus.rtu_frame(2, "\3\2\0\2"))
      assert.equal(3, #results)
    end)

    it("keeps the line silent between two frames", function()
      local b, line, clock, _, done = setup { gap = 0.004 }
      b:request(1, READ, {}, done)
      b:request(1, READ, {}, done)
      line.data(modbus.rtu_frame(1, "\3\2\0\1"))
      assert.equal(1, #line.sent)
      clock.step(0.003)
      assert.equal(1, #line.sent)
      clock.step(0.002)
      assert.equal(2, #line.sent)
    end)

    it("asks as often as it may and then tells of the time-out", function()
      local b, line, clock, results, done, counts = setup()
      b:request(9, READ, {}, done)
      clock.step(2.9)
      assert.equal(3, #line.sent)
      assert.equal(0, #results)
      clock.step(0.2)
      assert.equal("timeout", results[1].err.code)
      assert.equal("timeout: unit 9 does not answer", tostring(results[1].err))
      assert.equal(3, counts.timeout)
    end)

    it("repeats after a broken frame and says what was wrong when all were broken", function()
      local b, line, clock, results, done, counts = setup()
      b:request(1, READ, {}, done)
      line.data("\1\3\2\0\7\0\0")
      clock.step(1)
      assert.equal(2, #line.sent)
      line.data(modbus.rtu_frame(1, "\3\2\0\7"))
      assert.equal("\0\7", results[1].result)
      b:request(1, READ, { retries = 0 }, done)
      line.data("\1\43\2\0\7\0\0")
      clock.step(1)
      assert.equal("checksum", results[2].err.code)
      assert.equal(2, counts.bad_frame)
    end)

    it("does not take another slave's late answer for the one it waits for", function()
      local b, line, _, results, done, counts = setup()
      b:request(1, READ, {}, done)
      line.data(modbus.rtu_frame(2, "\3\2\9\9") .. modbus.rtu_frame(1, "\3\2\0\1"))
      assert.same({ { result = "\0\1" } }, results)
      assert.equal(1, counts.other_unit)
    end)

    it("tells of an exception at once and does not repeat", function()
      local b, line, _, results, done = setup()
      b:request(1, READ, {}, done)
      line.data(modbus.rtu_frame(1, "\x83\2"))
      assert.equal("peer_error", results[1].err.code)
      assert.equal("exception 2: illegal data address", results[1].err.message)
      assert.equal(1, #line.sent)
    end)
  end)

  describe("on TCP", function()
    it("tells answers apart by their transaction", function()
      local b, line, clock, results, done, counts = setup { framing = "tcp" }
      b:request(1, READ, {}, done)
      clock.step(1)
      assert.equal(2, #line.sent)
      line.data(modbus.tcp_frame(1, 1, "\3\2\0\1"))
      assert.equal(0, #results)
      assert.equal(1, counts.late_answer)
      line.data(modbus.tcp_frame(2, 1, "\3\2\0\2"))
      assert.equal("\0\2", results[1].result)
    end)

    it("drops the connection when the stream can't be understood", function()
      local b, line, _, results, done = setup { framing = "tcp" }
      b:request(1, READ, {}, done)
      line.data("HTTP/1.1 400")
      assert.equal("link", results[1].err.code)
      assert.equal(1, line.closes)
    end)
  end)

  describe("when the line is lost", function()
    it("fails what waits, and opens again no sooner than the back-off allows", function()
      local b, line, clock, results, done = setup()
      b:request(1, READ, {}, done)
      b:request(2, READ, {}, done)
      line.lost("unplugged")
      assert.equal(2, #results)
      assert.equal("link: unplugged", tostring(results[2].err))
      b:request(1, READ, {}, done)
      assert.equal(1, line.opens)
      assert.equal("link", results[3].err.code)
      clock.step(1)
      b:request(1, READ, {}, done)
      assert.equal(2, line.opens)
    end)

    it("waits longer each time, a minute at most, and less after an answer", function()
      local b, line, clock, _, done = setup()
      line.auto = false
      local waits = {}
      for _ = 1, 8 do
        b:request(1, READ, {}, done)
        line.lost("no such file")
        waits[#waits + 1] = b:retry_at() - clock.now()
        clock.step(waits[#waits])
      end
      assert.same({ 1, 2, 4, 8, 16, 32, 60, 60 }, waits)
      line.auto = true
      b:request(1, READ, {}, done)
      line.data(modbus.rtu_frame(1, "\3\2\0\1"))
      line.lost("unplugged")
      assert.equal(1, b:retry_at() - clock.now())
    end)

    it("gives up on a connection that neither comes nor fails", function()
      local b, line, clock, results, done = setup()
      line.auto = false
      b:request(1, READ, {}, done)
      clock.step(3)
      assert.equal("link: no connection in time", tostring(results[1].err))
    end)
  end)

  it("calls nothing after it was closed but tells those who wait", function()
    local b, line, clock, results, done = setup()
    b:request(1, READ, {}, done)
    b:close()
    b:request(1, READ, {}, done)
    assert.equal("closed", results[1].err.code)
    assert.equal("closed", results[2].err.code)
    line.lost("late")
    line.data("late")
    clock.step(100)
    assert.equal(2, #results)
    assert.equal(1, line.closes)
  end)

  it("refuses more requests than it can hold", function()
    local b, _, _, results, done = setup()
    for _ = 1, 257 do b:request(1, READ, {}, done) end
    assert.equal(0, #results)
    b:request(1, READ, {}, done)
    assert.equal("full", results[1].err.code)
  end)
end)

-- A line with slaves: units[unit][address] = register; a unit that isn't there is silent.
local function slaves(units)
  local line = new_line()
  line.auto, line.units = true, units
  function line.slave(frame)
    local unit, pdu = modbus.rtu_open(frame)
    local registers = units[unit]
    if not registers then return end
    local code, address, count = string.unpack(">BI2I2", pdu)
    if code == 6 then
      registers[address] = count
      line.data(modbus.rtu_frame(unit, pdu))
      return
    end
    local data = {}
    for at = address, address + count - 1 do
      if not registers[at] then
        line.data(modbus.rtu_frame(unit, string.char(code | 0x80, 2)))
        return
      end
      data[#data + 1] = string.pack(">I2", registers[at])
    end
    local bytes = table.concat(data)
    line.data(modbus.rtu_frame(unit, string.char(code, #bytes) .. bytes))
  end
  return line
end

local function poller(line, map)
  local clock = new_clock()
  local counts, count = counter()
  local puts = {}
  local p = poll.new {
    bus = bus.new { transport = line, clock = clock, framing = "rtu", timeout = 1, retries = 1 },
    clock = clock,
    entries = poll.entries(map),
    put = function(entry, value) puts[#puts + 1] = { entry.path, value, clock.now() - 100 } end,
    count = count,
  }
  return p, clock, puts, counts
end

describe("tidegate.modbus_poll", function()
  it("puts every value at its period", function()
    local p, clock, puts = poller(slaves { [1] = { [0] = 215, [9] = 1 } }, {
      { path = "/3303/0/5700", address = 0, type = "int16", scale = 0.1, period = 2 },
      { path = "/3200/0/5500", address = 9, fn = "holding", period = 5 },
    })
    p:start()
    clock.step(5)
    assert.same({
      { "/3303/0/5700", 21.5, 0 },
      { "/3200/0/5500", 1, 0 },
      { "/3303/0/5700", 21.5, 2 },
      { "/3303/0/5700", 21.5, 4 },
      { "/3200/0/5500", 1, 5 },
    }, puts)
  end)

  it("asks neighbours together, and one by one where the slave refuses that", function()
    local line = slaves { [1] = { [0] = 7 } }
    local p, clock, puts, counts = poller(line, {
      { path = "/3303/0/5700", address = 0 },
      { path = "/3303/1/5700", address = 1 },
    })
    p:start()
    clock.step(1)
    assert.equal(1, counts.split)
    assert.same({ { "/3303/0/5700", 7, 0 } }, puts)
    assert.equal(3, #line.sent)
  end)

  it("asks a silent slave less and less, while the others keep their period", function()
    local line = slaves { [1] = { [0] = 1 } }
    local p, clock, puts, counts = poller(line, {
      { path = "/3303/0/5700", address = 0, unit = 1, period = 5 },
      { path = "/3303/1/5700", address = 0, unit = 2, period = 5 },
      { path = "/3303/2/5700", address = 9, unit = 2, period = 5 },
    })
    p:start()
    clock.step(600)
    local to_silent = 0
    for _, frame in ipairs(line.sent) do
      if frame:byte(1) == 2 then to_silent = to_silent + 1 end
    end
    assert.is_true(#puts >= 119, #puts .. " values in 600 s")
    assert.is_true(to_silent >= 10 and to_silent <= 16, to_silent .. " questions")
    assert.is_true(counts.unit_silent >= 10)
    line.units[2] = { [0] = 2, [9] = 3 }
    local before = #puts
    clock.step(70)
    local seen = {}
    for at = before + 1, #puts do seen[puts[at][1]] = true end
    assert.same({ ["/3303/0/5700"] = true, ["/3303/1/5700"] = true, ["/3303/2/5700"] = true }, seen)
  end)

  it("comes back after a lost line without waiting for a long period", function()
    local line = slaves { [1] = { [0] = 1 } }
    local p, clock, puts = poller(line, { { path = "/3303/0/5700", address = 0, period = 3600 } })
    line.auto = false
    p:start()
    clock.step(0)
    line.lost("no such file")
    line.auto = true
    clock.step(2)
    assert.equal(1, #puts)
  end)

  it("writes and reads a register at once and puts what it learned", function()
    local line = slaves { [1] = { [0] = 1 } }
    local p, clock, puts = poller(line, {
      { path = "/3306/0/5851", address = 0, write = true, scale = 10 },
    })
    local told
    p:write("/3306/0/5851", 50, function(ok) told = ok end)
    clock.step(0)
    assert.is_true(told)
    assert.equal(5, line.units[1][0])
    line.units[1][0] = 6
    p:read("/3306/0/5851", function(value) told = value end)
    assert.equal(60, told)
    assert.equal(2, #puts)
  end)

  it("refuses what the map does not allow with a code and a sentence", function()
    local p = poller(slaves {}, {
      { path = "/3303/0/5700", address = 0 },
      { path = "/3306/0/5851", address = 1, write = true },
    })
    local codes = {}
    local function done(_, err) codes[#codes + 1] = tostring(err) end
    p:read("/1/2/3", done)
    p:write("/1/2/3", 1, done)
    p:write("/3303/0/5700", 1, done)
    p:write("/3306/0/5851", "warm", done)
    p:write("/3306/0/5851", 70000, done)
    assert.same({
      "not_found: /1/2/3 is not in the register map",
      "not_found: /1/2/3 is not in the register map",
      "method: /3303/0/5700 is not writable",
      "type: /3306/0/5851: a number is wanted",
      "type: /3306/0/5851: 70000 does not fit uint16",
    }, codes)
  end)

  it("names the row of a register map that is wrong", function()
    local rows = {
      { {}, "register map: no rows" },
      { { { path = "x", address = 1 } }, "path such as" },
      { { { path = "/1/2/3", address = 1, unit = 300 } }, "/1/2/3: unit 0 to 255" },
      { { { path = "/1/2/3", address = 1, period = 0 } }, "/1/2/3: period is" },
      { { { path = "/1/2/3", address = 1 }, { path = "/1/2/3", address = 2 } }, "given twice" },
    }
    for _, row in ipairs(rows) do
      local ok, why = pcall(poll.entries, row[1])
      assert.is_false(ok)
      assert.is_truthy(why:find(row[2], 1, true), why)
    end
  end)

  it("tells which object instances its map has", function()
    local entries = poll.entries {
      { path = "/3303/1/5700", address = 0 },
      { path = "/3303/0/5700", address = 1 },
      { path = "/3303/0/5701", address = 2 },
    }
    assert.same({ "/3303/0", "/3303/1" }, poll.objects(entries))
  end)

  it("asks nothing after it was stopped", function()
    local line = slaves { [1] = { [0] = 1 } }
    local p, clock = poller(line, { { path = "/3303/0/5700", address = 0, period = 1 } })
    p:start()
    clock.step(3)
    p:stop()
    local before = #line.sent
    clock.step(10)
    assert.equal(before, #line.sent)
  end)
end)
