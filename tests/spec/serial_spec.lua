-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local serial = require "tidegate.serial"
local fake = require "fake_core"

local function new_stream()
  local stream = { written = {}, starts = 0, stops = 0 }
  function stream:read_start(fn) self.starts, self.give = self.starts + 1, fn end
  function stream:read_stop() self.stops = self.stops + 1 end
  function stream:write(bytes, fn)
    self.written[#self.written + 1] = bytes
    if fn then fn(self.write_error) end
  end
  function stream:close() self.closed = true end
  return stream
end

local function new_port()
  local core, stream = fake.core "x", new_stream()
  return serial.port(core, stream, "/dev/x"), stream, core
end

describe("tidegate.serial", function()
  describe("a port", function()
    it("hands bytes to the task that waits, or keeps them for the next read", function()
      local port, stream, core = new_port()
      local got = {}
      core.task(function()
        got[1] = port:read()
        got[2] = port:read()
      end)
      stream.give(nil, "ab")
      assert.same({ "ab" }, got)
      stream.give(nil, "cd")
      stream.give(nil, "e")
      stream.give(nil, "f")
      port:read(function(bytes) got[3] = bytes end)
      assert.same({ "ab", "cd", "ef" }, got)
    end)

    it("gives what came before the loss, then the loss", function()
      local port, stream = new_port()
      stream.give(nil, "last")
      stream.give("EIO")
      port:read(function(bytes) assert.equal("last", bytes) end)
      local why
      port:read(function(_, err) why = err end)
      assert.equal("io: /dev/x: EIO", tostring(why))
    end)

    it("stops reading when nobody takes the bytes and goes on when somebody does", function()
      local port, stream = new_port()
      stream.give(nil, ("x"):rep(65536))
      assert.equal(1, stream.stops)
      port:read(function(bytes) assert.equal(65536, #bytes) end)
      assert.equal(2, stream.starts)
    end)

    it("tells how writing went", function()
      local port, stream = new_port()
      local results = {}
      port:write("a", function(...) results[1] = { ... } end)
      stream.write_error = "EIO"
      port:write("b", function(_, err) results[2] = tostring(err) end)
      port:close()
      port:write("c", function(_, err) results[3] = tostring(err) end)
      assert.same({ { true }, "io: /dev/x: EIO", "closed: /dev/x: the port is closed" }, results)
      assert.same({ "a", "b" }, stream.written)
    end)

    it("wakes its reader when it is closed", function()
      local port, stream, core = new_port()
      local why
      core.task(function()
        local _, err = port:read()
        why = err.code
      end)
      port:close()
      port:close()
      assert.equal("closed", why)
      assert.is_true(stream.closed)
      stream.give(nil, "late")
    end)

    it("gives everything to a listener", function()
      local port, stream = new_port()
      local got = {}
      stream.give(nil, "early")
      local function keep(bytes) got[#got + 1] = bytes end
      port:listen(keep, function(err) keep(err.code) end)
      stream.give(nil, "later")
      stream.give(nil, nil)
      assert.same({ "early", "later", "closed" }, got)
    end)
  end)

  it("cuts lines however the bytes are cut, and drops what is too long", function()
    local text = "one\r\ntwo\n\n" .. ("x"):rep(20) .. "\nthree\nrest"
    for size = 1, #text do
      local splitter, lines = serial.splitter(10), {}
      for at = 1, #text, size do
        for _, line in ipairs(splitter.feed(text:sub(at, at + size - 1))) do
          lines[#lines + 1] = line
        end
      end
      assert.same({ "one", "two", "", "three" }, lines)
      assert.equal(1, splitter.dropped)
    end
  end)

  it("iterates over lines across lost ports, with growing pauses", function()
    local core = fake.core "x"
    local streams, refuse = {}, 2
    function core.open()
      if refuse > 0 then
        refuse = refuse - 1
        return nil, "not there"
      end
      streams[#streams + 1] = new_stream()
      return serial.port(core, streams[#streams], "/dev/x")
    end
    local got, opened = {}, 0
    core.task(function()
      local function count() opened = opened + 1 end
      for line in serial.lines(core, "/dev/x", {}, count) do got[#got + 1] = line end
    end)
    core.pauses[1].wake()
    core.pauses[2].wake()
    streams[1].give(nil, "a\nb")
    streams[1].give(nil, "b\n")
    streams[1].give("EIO")
    core.pauses[3].wake()
    streams[2].give(nil, "c\n")
    assert.same({ "a", "bb", "c" }, got)
    assert.equal(2, opened)
    local seconds = {}
    for at, pause in ipairs(core.pauses) do seconds[at] = pause.seconds end
    assert.same({ 1, 2, 1 }, seconds)
  end)
end)
