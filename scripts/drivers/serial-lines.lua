-- SPDX-License-Identifier: Apache-2.0
-- A device that writes lines of text to a serial port, as many sensors and meters do. Each row of
-- the map picks a value out of the lines that match:
--   { file = "drivers/serial-lines.lua", name = "scale1", options = {
--       port = "/dev/ttyUSB1", baud = 2400,
--       map = { { path = "/3322/0/5700", match = "^ST,GS,([%+%-]?[%d%.]+)kg", type = "number" } },
--       write = {
--         { path = "/3342/0/5500", text = { [true] = "T\r\n" } },
--         { path = "/3306/0/5851", text = "SET %s\r\n" },
--       },
--   } }
-- `match` is a Lua pattern with one capture; `scale` multiplies numbers.

local tg = require "tidegate"

local CONVERT = {
  number = tonumber,
  integer = function(text) return math.tointeger(tonumber(text)) end,
  string = function(text) return text end,
  boolean = function(text)
    local known = { ["1"] = true, on = true, ["true"] = true, ["0"] = false, off = false }
    if text:lower() == "false" then return false end
    return known[text:lower()]
  end,
}

local function check_row(row)
  local where = "map, " .. tostring(row.path)
  if type(row.path) ~= "string" or not row.path:find("^/%d+/%d+/%d+$") then
    error(where .. ": path such as \"/3303/0/5700\" is wanted", 0)
  end
  if type(row.match) ~= "string" or not pcall(string.find, "", row.match) then
    error(where .. ": match is a Lua pattern with one capture", 0)
  end
  if not CONVERT[row.type or "number"] then
    error(where .. ": type is number, integer, string or boolean", 0)
  end
  if row.scale ~= nil and type(row.scale) ~= "number" then
    error(where .. ": scale is a number", 0)
  end
end

local function value_of(row, text)
  local value = CONVERT[row.type or "number"](text)
  if value ~= nil and row.scale and type(value) == "number" then value = value * row.scale end
  return value
end

local function take_line(self, line)
  local is_known = false
  for _, row in ipairs(self.options.map) do
    local text = line:match(row.match)
    if text then
      is_known = true
      local value = value_of(row, text)
      if value == nil or not self:put(row.path, value) then self:count("refused_value") end
    end
  end
  self:count(is_known and "line" or "other_line")
end

local function settings(options)
  return {
    baud = options.baud,
    parity = options.parity,
    stop = options.stop,
    bits = options.bits,
  }
end

return tg.driver.define {
  name = "serial-lines",
  version = "1.0",
  options = {
    port = "string",
    baud = { "integer", default = 9600 },
    parity = { "string", default = "none", choice = { "none", "even", "odd" } },
    stop = { "integer", default = 1, choice = { 1, 2 } },
    bits = { "integer", default = 8, choice = { 7, 8 } },
    map = "table",
    write = { "table", default = {} },
  },

  objects = function(options)
    local seen, list = {}, {}
    if #options.map == 0 then error("map: no rows", 0) end
    for _, row in ipairs(options.map) do check_row(row) end
    for _, rows in ipairs { options.map, options.write } do
      for _, row in ipairs(rows) do
        local instance = tostring(row.path):match("^/%d+/%d+")
        if instance and not seen[instance] then list[#list + 1] = instance end
        if instance then seen[instance] = true end
      end
    end
    return list
  end,

  run = function(self)
    local function opened(port) self.port = port end
    for line in tg.serial.lines(self.options.port, settings(self.options), opened) do
      take_line(self, line)
    end
  end,

  stop = function(self)
    if self.port then self.port:close() end
  end,

  write = function(self, path, value)
    for _, row in ipairs(self.options.write) do
      if row.path == path then
        local text = row.text
        if type(text) == "table" then text = text[value] end
        if type(text) ~= "string" then return nil, path .. ": no text for " .. tostring(value) end
        if not self.port then return nil, "the port is not open" end
        return self.port:write((text:gsub("%%s", (tostring(value):gsub("%%", "%%%%")))))
      end
    end
    return nil, path .. " is not writable"
  end,
}
