-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;" .. package.path
local modbus = require "tidegate.modbus"

local function hex(text)
  local function byte(digits) return string.char(tonumber(digits, 16)) end
  return (text:gsub("%s", ""):gsub("%x%x", byte))
end

describe("tidegate.modbus", function()
  describe("framing on a serial line", function()
    it("computes the CRC of the specification's examples", function()
      assert.equal(0x4B37, modbus.crc("123456789"))
      assert.equal(hex "01 04 02 FF FF B8 80", modbus.rtu_frame(1, hex "04 02 FF FF"))
      assert.equal(hex "11 03 00 6B 00 03 76 87", modbus.rtu_frame(0x11, hex "03 00 6B 00 03"))
    end)

    it("opens what it made", function()
      local unit, pdu = modbus.rtu_open(modbus.rtu_frame(17, "\3\0\1"))
      assert.equal(17, unit)
      assert.equal("\3\0\1", pdu)
    end)

    it("refuses a frame with one bit flipped, wherever it is", function()
      local frame = modbus.rtu_frame(1, hex "03 02 12 34")
      for at = 1, #frame do
        for bit = 0, 7 do
          local byte = string.char(frame:byte(at) ~ (1 << bit))
          local broken = frame:sub(1, at - 1) .. byte .. frame:sub(at + 1)
          local unit, why = modbus.rtu_open(broken)
          assert.is_nil(unit)
          assert.equal("checksum", why)
        end
      end
      assert.is_nil((modbus.rtu_open("\1\2\3")))
    end)

    it("tells the length of an answer as soon as it can be known", function()
      local rows = {
        { "", nil }, { "\1", nil }, { "\1\3", nil }, { "\1\3\4", 9 }, { "\1\1\1", 6 },
        { "\1\x83", 5 }, { "\1\6", 8 }, { "\1\16", 8 }, { "\1\5", 8 }, { "\1\43", -1 },
      }
      for _, row in ipairs(rows) do
        assert.equal(row[2], modbus.rtu_length(row[1]))
      end
    end)
  end)

  describe("framing on TCP", function()
    it("takes frames off a stream one by one, however it is cut", function()
      local stream = modbus.tcp_frame(7, 1, "\3\2\0\9") .. modbus.tcp_frame(8, 2, "\x83\2")
      local got, buffer = {}, ""
      for at = 1, #stream do
        buffer = buffer .. stream:sub(at, at)
        local transaction, unit, pdu, rest = modbus.tcp_open(buffer)
        if transaction then
          got[#got + 1] = { transaction, unit, pdu }
          buffer = rest
        end
      end
      assert.same({ { 7, 1, "\3\2\0\9" }, { 8, 2, "\x83\2" } }, got)
      assert.equal("", buffer)
    end)

    it("gives up a stream that is no Modbus", function()
      local transaction, why = modbus.tcp_open(hex "0001 0001 0003 01 83 02")
      assert.is_nil(transaction)
      assert.equal("broken stream", why)
      assert.is_nil((modbus.tcp_open(hex "0001 0000 FFFF 01 83")))
    end)
  end)

  describe("answers", function()
    it("hands out the data of a read", function()
      assert.equal("\0\5", modbus.answer(modbus.read_pdu("holding", 1, 1), "\3\2\0\5"))
      assert.equal("\1", modbus.answer(modbus.read_pdu("coil", 0, 3), "\1\1\1"))
    end)

    it("names what is wrong", function()
      local read = modbus.read_pdu("holding", 1, 1)
      local rows = {
        { read, "\x83\2", "exception 2: illegal data address" },
        { read, "\x83\99", "exception 99: unknown" },
        { read, "\4\2\0\5", "an answer to another function" },
        { read, "\3\4\0\5", "wrong byte count" },
        { read, "\3\4\0\5\0\6", "wrong byte count" },
        { modbus.write_pdu("holding", 5, "\0\1"), "\6\0\6\0\1", "an answer to another write" },
      }
      for _, row in ipairs(rows) do
        local value, why = modbus.answer(row[1], row[2])
        assert.is_nil(value)
        assert.equal(row[3], why)
      end
    end)

    it("accepts the echo of a write", function()
      assert.is_true(modbus.answer(modbus.write_pdu("coil", 3, true), hex "05 0003 FF00"))
      local two = modbus.write_pdu("holding", 3, "\1\2\3\4")
      assert.equal(hex "10 0003 0002 04 01020304", two)
      assert.is_true(modbus.answer(two, hex "10 0003 0002"))
    end)
  end)

  describe("a register map", function()
    local function entry(fields)
      fields.path = fields.path or "/3303/0/5700"
      fields.address = fields.address or 0
      return modbus.entry(fields)
    end

    it("reads back every type as it was written", function()
      local rows = {
        { "int16", { -32768, -1, 0, 32767 } }, { "uint16", { 0, 65535 } },
        { "int32", { -2147483648, 2147483647 } }, { "uint32", { 0, 4294967295 } },
        { "int64", { math.mininteger, math.maxinteger } }, { "uint64", { 0, 1 << 62 } },
        { "float32", { 0.0, 21.5, -1e10 } }, { "float64", { 0.1, 1e300 } },
      }
      for _, row in ipairs(rows) do
        for _, order in ipairs { "big", "little" } do
          for _, value in ipairs(row[2]) do
            local e = entry { type = row[1], word_order = order }
            local bytes = modbus.encode(e, value)
            assert.equal(e.count * 2, #bytes)
            local back = modbus.decode(e, bytes)
            local near = back == value or math.abs(back - value) <= math.abs(value) * 1e-6
            assert.is_true(near, row[1] .. " " .. value)
          end
        end
      end
    end)

    it("gives tenths as people write them", function()
      local rows =
        { { 0.1, 212, 21.2 }, { 0.01, 2999, 29.99 }, { 0.001, 3, 0.003 }, { 0.5, 3, 1.5 } }
      for _, row in ipairs(rows) do
        local e = entry { type = "int16", scale = row[1] }
        assert.equal(row[3], modbus.decode(e, string.pack(">i2", row[2])))
        assert.equal(-row[3], modbus.decode(e, string.pack(">i2", -row[2])))
      end
      assert.equal(14, modbus.decode(entry { type = "int16", scale = 2 }, string.pack(">i2", 7)))
      assert.equal(2.1, modbus.decode(entry { type = "int16", scale = 0.3 }, string.pack(">i2", 7)))
      local e = entry { type = "int16", scale = -0.1 }
      assert.equal(-21.2, modbus.decode(e, string.pack(">i2", 212)))
    end)

    it("applies scale and offset both ways", function()
      local e = entry { type = "int16", scale = 0.1, offset = -40 }
      assert.equal(21.5, modbus.decode(e, string.pack(">i2", 615)))
      assert.equal(string.pack(">i2", 615), modbus.encode(e, 21.5))
    end)

    it("swaps words, not bytes", function()
      local e = entry { type = "uint32", word_order = "little" }
      assert.equal(0x00010002, modbus.decode(e, hex "0002 0001"))
    end)

    it("reads text and bits", function()
      assert.equal("abc", modbus.decode(entry { type = "string6" }, "abc\0\0\0"))
      assert.is_true(modbus.decode(entry { table = "coil" }, "\1"))
      assert.is_true(modbus.encode(entry { table = "coil", write = true }, true))
    end)

    it("refuses values that do not fit", function()
      local rows = {
        { { type = "int16" }, 40000 }, { { type = "uint16" }, -1 }, { { type = "int16" }, "x" },
        { { type = "string2" }, "abc" }, { { table = "coil" }, 1 }, { { type = "int32" }, 1e300 },
      }
      for _, row in ipairs(rows) do
        local bytes, why = modbus.encode(entry(row[1]), row[2])
        assert.is_nil(bytes)
        assert.is_string(why)
      end
    end)

    it("names the row in which something is wrong", function()
      local rows = {
        { { path = "3303" }, "path" }, { { table = "holdin" }, "holdin" },
        { { type = "int17" }, "int17" }, { { address = 70000 }, "address" },
        { { table = "input", write = true }, "can't be written" },
        { { table = "coil", type = "int16" }, "bits" }, { { word_order = "middle" }, "word_order" },
      }
      for _, row in ipairs(rows) do
        local ok, message = pcall(entry, row[1])
        assert.is_false(ok)
        assert.truthy(message:find("register map", 1, true))
        assert.truthy(message:find(row[2], 1, true), message)
      end
    end)

    it("asks for neighbours in one request and gives each its bytes", function()
      local a = entry { address = 10, type = "int32" }
      local b = entry { address = 12 }
      local c = entry { address = 20 }
      local coil = entry { address = 3, table = "coil" }
      local coil2 = entry { address = 12, table = "coil" }
      local plan = modbus.plan { c, b, coil2, a, coil }
      assert.equal(4, #plan)
      local joined = plan[3]
      assert.same({ 10, 3 }, { joined.address, joined.count })
      local data = hex "00000007 0009"
      assert.equal(7, modbus.decode(a, modbus.slice(joined, a, data)))
      assert.equal(9, modbus.decode(b, modbus.slice(joined, b, data)))
      local bits = { address = 3, table = "coil" }
      assert.equal("\1", modbus.slice(bits, coil2, hex "00 02"))
      assert.equal("\0", modbus.slice(bits, coil, hex "00 02"))
    end)
  end)
end)
