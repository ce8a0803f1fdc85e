-- SPDX-License-Identifier: Apache-2.0
-- Where the keys of a configuration stand in its file, so that what is wrong is told with a line.
-- Used by config/check.lua.

local function skip_long(source, at)
  local level = source:match("^%[(=*)%[", at)
  if not level then return nil end
  local _, stop = source:find("]" .. level .. "]", at, true)
  return (stop or #source) + 1
end

-- No pattern: of those, the program counts the steps.
local function count_lines(text)
  local lines, at = 0, 0
  while true do
    at = text:find("\n", at + 1, true)
    if not at then return lines end
    lines = lines + 1
  end
end

--- Cuts Lua source into tokens with their lines: names, strings, punctuation. Comments and blanks
-- are skipped.
local function tokens(source)
  local list, at, line = {}, 1, 1
  local function add(kind, text, stop)
    list[#list + 1] = { kind = kind, text = text, line = line }
    if kind == "string" then line = line + count_lines(source:sub(at, stop - 1)) end
    at = stop
  end
  while at <= #source do
    local char = source:sub(at, at)
    if char == "\n" then
      line, at = line + 1, at + 1
    elseif char:find("%s") then
      at = at + 1
    elseif source:find("^%-%-", at) then
      local stop = skip_long(source, at + 2) or (source:find("\n", at, true) or #source + 1)
      line, at = line + count_lines(source:sub(at, stop - 1)), stop
    elseif char == "[" and skip_long(source, at) then
      local stop = skip_long(source, at)
      add("string", "", stop)
    elseif char == '"' or char == "'" then
      local stop = at + 1
      while stop <= #source and source:sub(stop, stop) ~= char do
        stop = stop + (source:sub(stop, stop) == "\\" and 2 or 1)
      end
      add("string", source:sub(at + 1, stop - 1), stop + 1)
    elseif char:find("[%a_]") then
      local _, stop = source:find("^[%w_]+", at)
      add("name", source:sub(at, stop), stop + 1)
    else
      add(char, char, at + 1)
    end
  end
  return list
end

--- Maps key paths such as `links[1].port` to lines. Understands table constructors; what it cannot
-- follow has no line. Second, keys that come again in one constructor, where Lua would take the
-- last without a word: a list of { path, line, message }.
return function(source)
  local lines, twice, list, at = {}, {}, tokens(source), 1
  local stack = {} -- open constructors: { path, index }
  local function join(path, key)
    if type(key) == "number" then return path .. "[" .. key .. "]" end
    return path == "" and key or path .. "." .. key
  end
  local function add_key(top, name, line)
    local path, first = join(top.path, name), top.keys[name]
    top.key, lines[path], top.keys[name] = name, line, first or line
    if not first then return end
    local message = ('%s is given twice, on line %d already'):format(path, first)
    twice[#twice + 1] = { path = path, line = line, message = message }
  end
  while at <= #list do
    local token, after = list[at], list[at + 1]
    local top = stack[#stack]
    if token.kind == "{" then
      local path = ""
      if top then
        path = join(top.path, top.key or top.index)
        lines[path] = lines[path] or token.line
      end
      stack[#stack + 1] = { path = path, index = 1, keys = {} }
    elseif token.kind == "}" then
      stack[#stack] = nil
    elseif top and (token.kind == "," or token.kind == ";") then
      if not top.key then top.index = top.index + 1 end
      top.key = nil
    elseif top and not top.key and after and after.kind == "=" and token.kind == "name" then
      add_key(top, token.text, token.line)
      at = at + 1
    elseif top and not top.key and token.kind == "[" and after and after.kind == "string" then
      add_key(top, after.text, token.line)
      at = at + 3
    elseif top and not top.key then
      local path = join(top.path, top.index)
      lines[path] = lines[path] or token.line
    end
    at = at + 1
  end
  return lines, twice
end
