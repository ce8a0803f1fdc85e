-- SPDX-License-Identifier: Apache-2.0
-- The Modbus application protocol and its two framings (Modbus Application Protocol 1.1b3, Modbus
-- over Serial Line 1.02): pure functions, bytes in and bytes out. Ports and sockets are the
-- business of scripts/drivers/modbus.lua.

local modbus = {}

local TABLES = {
  coil = { read = 1, write = 5, writes = 15, bits = true },
  discrete = { read = 2, bits = true },
  holding = { read = 3, write = 6, writes = 16 },
  input = { read = 4 },
}

local EXCEPTIONS = {
  [1] = "illegal function",
  [2] = "illegal data address",
  [3] = "illegal data value",
  [4] = "server device failure",
  [5] = "acknowledge",
  [6] = "server device busy",
  [8] = "memory parity error",
  [10] = "gateway path unavailable",
  [11] = "gateway target device failed to respond",
}

-- How many registers a type takes and how string.pack spells it, most significant byte first.
local TYPES = {
  int16 = { 1, ">i2" },
  uint16 = { 1, ">I2" },
  int32 = { 2, ">i4" },
  uint32 = { 2, ">I4" },
  int64 = { 4, ">i8" },
  uint64 = { 4, ">I8" },
  float32 = { 2, ">f" },
  float64 = { 4, ">d" },
}

--- CRC-16/MODBUS of a byte string.
function modbus.crc(bytes)
  local crc = 0xFFFF
  for i = 1, #bytes do
    crc = crc ~ bytes:byte(i)
    for _ = 1, 8 do
      crc = (crc & 1) == 1 and (crc >> 1) ~ 0xA001 or crc >> 1
    end
  end
  return crc
end

--- A frame for a serial line: unit, PDU, CRC with the low byte first.
function modbus.rtu_frame(unit, pdu)
  local body = string.char(unit) .. pdu
  return body .. string.pack("<I2", modbus.crc(body))
end

--- How long the answer that begins with `bytes` will be on a serial line; nil while that can't be
-- told yet.
function modbus.rtu_length(bytes)
  if #bytes < 2 then return nil end
  local code = bytes:byte(2)
  if code >= 0x80 then return 5 end
  if code >= 1 and code <= 4 then
    return #bytes >= 3 and 5 + bytes:byte(3) or nil
  end
  if code == 5 or code == 6 or code == 15 or code == 16 then return 8 end
  return -1 -- a function we never asked for: nothing of the line can be trusted
end

--- Takes a serial frame apart.
-- @return unit, PDU; or nil and why
function modbus.rtu_open(frame)
  if #frame < 4 then return nil, "short frame" end
  local body = frame:sub(1, -3)
  if string.unpack("<I2", frame, #frame - 1) ~= modbus.crc(body) then return nil, "checksum" end
  return body:byte(1), body:sub(2)
end

--- A frame for TCP: MBAP header and PDU.
function modbus.tcp_frame(transaction, unit, pdu)
  return string.pack(">I2I2I2B", transaction & 0xFFFF, 0, #pdu + 1, unit) .. pdu
end

--- Takes the first frame off a TCP stream.
-- @return transaction, unit, PDU, rest; nil while it is incomplete; nil and why when the stream is
-- broken
function modbus.tcp_open(bytes)
  if #bytes < 7 then return nil end
  local transaction, protocol, length, unit = string.unpack(">I2I2I2B", bytes)
  if protocol ~= 0 or length < 2 or length > 254 then return nil, "broken stream" end
  if #bytes < 6 + length then return nil end
  return transaction, unit, bytes:sub(8, 6 + length), bytes:sub(7 + length)
end

--- The PDU that reads `count` bits or registers.
function modbus.read_pdu(kind, address, count)
  return string.pack(">BI2I2", TABLES[kind].read, address, count)
end

--- The PDU that writes: a boolean to a coil, else the bytes of one or more registers.
function modbus.write_pdu(kind, address, value)
  local t = TABLES[kind]
  if t.bits then return string.pack(">BI2I2", t.write, address, value and 0xFF00 or 0) end
  if #value == 2 then return string.pack(">BI2", t.write, address) .. value end
  return string.pack(">BI2I2B", t.writes, address, #value // 2, #value) .. value
end

--- Reads an answer to `pdu`.
-- @return the data bytes of a read, or true for a write; nil and why
function modbus.answer(request, pdu)
  local asked, code = request:byte(1), pdu:byte(1)
  if code == asked | 0x80 then
    local exception = pdu:byte(2)
    return nil, "exception " .. tostring(exception) .. ": " .. (EXCEPTIONS[exception] or "unknown")
  end
  if code ~= asked then return nil, "an answer to another function" end
  if asked <= 4 then
    local data = pdu:sub(3)
    if #data ~= pdu:byte(2) then return nil, "wrong byte count" end
    local count = string.unpack(">I2", request, 4)
    local want = asked <= 2 and (count + 7) // 8 or count * 2
    if #data ~= want then return nil, "wrong byte count" end
    return data
  end
  if pdu:sub(2, 5) ~= request:sub(2, 5) then return nil, "an answer to another write" end
  return true
end

local function swap_words(bytes)
  local words = {}
  for i = #bytes - 1, 1, -2 do words[#words + 1] = bytes:sub(i, i + 1) end
  return table.concat(words)
end

--- Whether `kind` can be written.
function modbus.writable(kind)
  return TABLES[kind].write ~= nil
end

--- Checks one row of a register map and fills in defaults; raises with the row's path when
-- something is wrong.
function modbus.entry(row)
  local function bad(text, ...)
    error(("register map, %s: " .. text):format(tostring(row.path), ...), 0)
  end
  if type(row.path) ~= "string" or not row.path:find("^/%d+/%d+/%d+$") then
    bad("path such as \"/3303/0/5700\" is wanted")
  end
  local kind = row.table or "holding"
  local t = TABLES[kind] or bad("table \"%s\" is not coil, discrete, holding or input", kind)
  local kind_type = row.type or (t.bits and "bit" or "uint16")
  if t.bits and kind_type ~= "bit" then bad("a %s holds bits, not %s", kind, kind_type) end
  if not t.bits and not TYPES[kind_type] and not kind_type:find("^string%d+$") then
    bad("type \"%s\" is not known", kind_type)
  end
  if math.type(row.address) ~= "integer" or row.address < 0 or row.address > 65535 then
    bad("address 0 to 65535 is wanted")
  end
  if row.write and not t.write then bad("a %s can't be written", kind) end
  if row.word_order and row.word_order ~= "big" and row.word_order ~= "little" then
    bad("word_order is \"big\" or \"little\"")
  end
  local length = t.bits and 1
    or (TYPES[kind_type] and TYPES[kind_type][1])
    or (tonumber(kind_type:match("%d+")) + 1) // 2
  return {
    path = row.path,
    table = kind,
    type = kind_type,
    address = row.address,
    count = length,
    scale = row.scale or 1,
    offset = row.offset or 0,
    word_order = row.word_order or "big",
    write = row.write or false,
    unit = row.unit or 1,
    period = row.period,
  }
end

--- 212 * 0.1 is 21.200000000000003, and 212 / 10 is 21.2: what is near a whole part divides.
local function scaled(value, scale)
  local divisor = math.floor(1 / scale + 0.5)
  if math.abs(divisor) > 1 and math.abs(divisor * scale - 1) < 1e-12 then return value / divisor end
  return value * scale
end

--- The value that data bytes mean.
function modbus.decode(entry, data)
  if entry.type == "bit" then return data:byte(1) & 1 == 1 end
  if entry.word_order == "little" then data = swap_words(data) end
  if entry.type:find("^string") then
    return (data:sub(1, tonumber(entry.type:match("%d+"))):gsub("[%z ]+$", ""))
  end
  local value = string.unpack(TYPES[entry.type][2], data)
  if entry.scale == 1 and entry.offset == 0 then return value end
  return scaled(value, entry.scale) + entry.offset
end

--- What to write for a value: a boolean for a coil, else bytes.
-- @return it; or nil and why
function modbus.encode(entry, value)
  if entry.type == "bit" then
    if type(value) ~= "boolean" then return nil, "true or false is wanted" end
    return value
  end
  local bytes
  if entry.type:find("^string") then
    local size = entry.count * 2
    if type(value) ~= "string" or #value > size then return nil, "at most " .. size .. " bytes" end
    bytes = value .. ("\0"):rep(size - #value)
  else
    if type(value) ~= "number" then return nil, "a number is wanted" end
    local raw = value
    if entry.scale ~= 1 or entry.offset ~= 0 then raw = (value - entry.offset) / entry.scale end
    local whole = math.type(raw) == "integer" or entry.type:find("^float")
    if not whole then raw = math.tointeger(math.floor(raw + 0.5)) end
    local fits, packed = pcall(string.pack, TYPES[entry.type][2], raw)
    if raw == nil or not fits then return nil, tostring(value) .. " does not fit " .. entry.type end
    bytes = packed
  end
  return entry.word_order == "little" and swap_words(bytes) or bytes
end

local function by_place(a, b)
  if a.unit ~= b.unit then return a.unit < b.unit end
  if a.table ~= b.table then return a.table < b.table end
  return a.address < b.address
end

--- Groups entries that lie side by side into one request each: fewer turns of a slow line.
-- @return a list of { unit, table, address, count, period, entries }
function modbus.plan(entries)
  local sorted, requests = { table.unpack(entries) }, {}
  table.sort(sorted, by_place)
  for _, entry in ipairs(sorted) do
    local last = requests[#requests]
    local limit = TABLES[entry.table].bits and 2000 or 125
    local joins = last
      and last.unit == entry.unit
      and last.table == entry.table
      and last.period == entry.period
      and entry.address <= last.address + last.count
      and entry.address + entry.count - last.address <= limit
    if joins then
      last.count = math.max(last.count, entry.address + entry.count - last.address)
      last.entries[#last.entries + 1] = entry
    else
      requests[#requests + 1] = {
        unit = entry.unit,
        table = entry.table,
        address = entry.address,
        count = entry.count,
        period = entry.period,
        entries = { entry },
      }
    end
  end
  return requests
end

--- The data bytes of one entry out of the answer to its request.
function modbus.slice(request, entry, data)
  local offset = entry.address - request.address
  if entry.type == "bit" then
    local byte = data:byte(offset // 8 + 1)
    return string.char((byte >> (offset % 8)) & 1)
  end
  return data:sub(offset * 2 + 1, (offset + entry.count) * 2)
end

return modbus
