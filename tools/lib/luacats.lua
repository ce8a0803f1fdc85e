-- SPDX-License-Identifier: Apache-2.0
-- Reads a LuaCATS definition file as we write them, for tools/gen_api_doc.lua: the header line `-- name: words`, comments of three dashes,
-- @class, @field, @alias, @param, @return, functions and methods. Anything else is told as a finding.
local luacats = {}

local CLOSERS = { ["("] = "%b()", ["{"] = "%b{}", ["["] = "%b[]", ["<"] = "%b<>", ['"'] = '^"[^"]*"' }

--- Position after the type that begins at `at`. A type ends at a blank, except inside brackets and in the results of a `fun`.
local function type_end(text, at)
  local start = at
  while at <= #text do
    local char = text:sub(at, at)
    local closer = CLOSERS[char]
    if closer then
      local _, stop = text:find(closer, at)
      if not stop then return nil end
      if char == "(" and text:sub(start, at - 1):match("fun$") and text:sub(stop + 1, stop + 1) == ":" then
        return luacats.results_end(text, stop + 2)
      end
      at = stop + 1
    elseif char:match("[%s,]") then
      return at
    else
      at = at + 1
    end
  end
  return at
end

--- Position after the results of a `fun`: types with commas between them.
function luacats.results_end(text, at)
  repeat
    at = text:match("^%s*()", at)
    at = type_end(text, at)
    local after_comma = at and text:match("^,%s+()", at)
    at = after_comma or at
  until not after_comma
  return at
end

--- "type rest" -> type, rest.
local function split_type(text)
  local stop = type_end(text, 1)
  if not stop then return nil end
  return text:sub(1, stop - 1), text:sub(stop):match("^%s*(.-)%s*$")
end

luacats.split_type = split_type

local function joined(lines)
  return (table.concat(lines, "\n"):gsub("^%s+", ""):gsub("%s+$", ""))
end

-- One reader: what is being collected until the next class or function.
local Reader = {}
Reader.__index = Reader

function Reader:wrong(what, cure)
  self.report(self.line, what, cure)
end

function Reader:fresh()
  self.words, self.params, self.returns = {}, {}, {}
end

function Reader:typed(text, what)
  local kind, rest = split_type(text)
  if kind and kind ~= "" then return kind, rest end
  self:wrong("no type in this @" .. what, "write `@" .. what .. " name type words`")
  return "any", ""
end

local tags = {}

tags["meta"] = function() end

function tags.class(self, text)
  local name, parent = text:match("^([%w_.]+)%s*:%s*([%w_.]+)")
  self.class = { name = name or text:match("^[%w_.]+"), parent = parent, doc = joined(self.words), fields = {}, methods = {} }
  table.insert(self.file.classes, self.class)
  self:fresh()
end

function tags.field(self, text)
  local name, mark, rest = text:match("^(%[?[%w_]+%]?)(%??)%s+(.*)$")
  if not name or not self.class then return self:wrong("a @field that can't be read", "write `@field name type words` below a @class") end
  local kind, doc = self:typed(rest, "field")
  table.insert(self.class.fields, { name = name, optional = mark == "?", type = kind, doc = doc })
end

function tags.alias(self, text)
  local name, kind = text:match("^([%w_.]+)%s+(.*)$")
  if not name then return self:wrong("an @alias that can't be read", "write `@alias name type` on one line") end
  table.insert(self.file.aliases, { name = name, type = kind, doc = joined(self.words) })
  self:fresh()
end

function tags.param(self, text)
  local name, mark, rest = text:match("^([%w_.]+)(%??)%s+(.*)$")
  if not name then return self:wrong("a @param that can't be read", "write `@param name type words`") end
  local kind, doc = self:typed(rest, "param")
  table.insert(self.params, { name = name, optional = mark == "?", type = kind, doc = doc })
end

tags["return"] = function(self, text)
  local kind, rest = self:typed(text, "return")
  local name, doc = rest:match("^([%a_][%w_]*)%s*(.*)$")
  if rest:match("^%.%.%.") then
    name, doc = "...", rest:match("^%.%.%.%s*(.*)$")
  end
  table.insert(self.returns, { type = kind, name = name or "", doc = doc or rest })
end

--- A comment's parameters are those of the function, in its order.
function Reader:check_params(name, list)
  local wanted = {}
  for word in list:gmatch("[%w_.]+") do
    wanted[#wanted + 1] = word
  end
  for i = 1, math.max(#wanted, #self.params) do
    local have = self.params[i] and self.params[i].name
    if have ~= wanted[i] then
      return self:wrong(
        ("%s: parameter %d is %s and described as %s"):format(name, i, wanted[i] or "nothing", have or "nothing"),
        "write one @param for each, in order"
      )
    end
  end
end

function Reader:take_function(name, list)
  self:check_params(name, list)
  local item = { name = name, doc = joined(self.words), params = self.params, returns = self.returns }
  if item.doc == "" then self:wrong(name .. " has no words", "say what it does above its @param lines") end
  local holder = name:match("^([%w_]+):")
  if not holder then
    table.insert(self.file.functions, item)
  elseif self.holders[holder] then
    table.insert(self.holders[holder].methods, item)
  else
    self:wrong(name .. " belongs to no class", "write `local " .. holder .. " = {}` below its @class")
  end
  self:fresh()
end

function Reader:take(line)
  local tag, text = line:match("^%-%-%-%s?@(%a+)%s*(.*)$")
  if tag then
    if tags[tag] then return tags[tag](self, text) end
    return self:wrong("@" .. tag .. " is not known here", "use @class, @field, @alias, @param or @return")
  end
  if line:match("^%-%-%-") then
    table.insert(self.words, line:match("^%-%-%-%s?(.*)$"))
    return
  end
  local title, words = line:match("^%-%- ([%w_.]+): (.*)$")
  if title and not self.file.title and title ~= "SPDX-License-Identifier" then
    self.file.title, self.file.doc = title, words
    return
  end
  local name, list = line:match("^function ([%w_.:]+)(%b())%s+end$")
  if name then return self:take_function(name, list) end
  local holder = line:match("^local ([%w_]+) = {}$")
  if holder and self.class then self.holders[holder] = self.class end
  local area = line:match("^([%w_.]+) = {}$")
  if area and self.class and self.class.name == area then self.class.is_area = true end
end

--- Reads lines; `report(line, wrong, cure)` gets what is not understood.
-- @return { title, doc, functions, classes, aliases }
function luacats.read(lines, report)
  local file = { functions = {}, classes = {}, aliases = {} }
  local reader = setmetatable({ file = file, report = report, holders = {} }, Reader)
  reader:fresh()
  for number, line in ipairs(lines) do
    reader.line = number
    reader:take(line)
  end
  if not file.title then
    reader.line = 1
    reader:wrong("no line says what the file is for", "write `-- tg.area: words.` below the SPDX line")
    file.title, file.doc = "?", ""
  end
  return file
end

return luacats
