-- SPDX-License-Identifier: Apache-2.0
-- Reads the `Path: before -> this -> after` lines of spine files (C and Lua). `before` and `after` name files (`coap_ingress.c` or a whole
-- path), several separated by commas or |, or the world outside in plain words ("the socket"); `this` may be the file's own name. A longer
-- chain may go on at both ends: only the neighbours count. A file on two journeys writes one line for each and may label them:
-- `Path (down): …`.
local tree = require "tree"
local path = {}

local HEAD_LINES = 40

local function split(text)
  local names = {}
  for part in text:gsub(" or ", ","):gsub(" and ", ","):gsub("|", ","):gmatch("[^,]+") do
    local name = tree.trim(part):gsub("^`(.*)`$", "%1")
    if name ~= "" then names[#names + 1] = name end
  end
  return names
end

local function strip_comment(line)
  return tree.trim((line:gsub("%*/%s*$", ""):gsub("^%s*/?%*+%s?", ""):gsub("^%s*%-%-+%s?", "")))
end

--- The first paragraph of the file's opening comment, without SPDX and Path lines.
local function charter(lines)
  local words = {}
  for i = 1, math.min(#lines, HEAD_LINES) do
    local raw = lines[i]
    local text = strip_comment(raw)
    local is_comment = raw:match("^%s*/?%*") or raw:match("^%s*%-%-") or (#words > 0 and raw:match("^%s+%S"))
    local is_prose = is_comment and text ~= "" and not text:match("^SPDX") and not text:match("^#!") and not text:match("^Path[%s(:]")
    if is_prose then
      words[#words + 1] = text
    elseif #words > 0 then
      break
    end
    if raw:match("%*/%s*$") and #words > 0 then break end
  end
  return table.concat(words, " ")
end

local function parse_line(file, number, label, rest)
  local parts = {}
  for part in (rest .. "->"):gmatch("%s*(.-)%s*%->") do
    parts[#parts + 1] = part
  end
  local own, stem = file:match("([^/]+)$"), file:match("([^/]+)%.%w+$")
  for i = 2, #parts - 1 do
    local part = parts[i]
    if part == "this" or part == own or part == stem or part == file then
      return { file = file, number = number, label = label, before = split(parts[i - 1]), after = split(parts[i + 1]) }
    end
  end
  tree.find(file, number, "cannot read this Path line", "write `Path: before -> this -> after`")
  return nil
end

local function read_file(file, found)
  local lines = tree.lines(file)
  for i = 1, math.min(#lines, HEAD_LINES) do
    local text = strip_comment(lines[i])
    local label, rest = text:match("^Path%s*%(?(%a*)%)?:%s*(.*)$")
    if rest then
      local at = i
      while (rest:match("%->$") or rest:match(",$")) and lines[at + 1] do
        at = at + 1
        rest = rest .. " " .. strip_comment(lines[at])
      end
      local line = parse_line(file, i, label ~= "" and label or nil, rest:gsub("%.$", ""))
      if line then
        line.charter = charter(lines)
        found[#found + 1] = line
      end
    end
  end
end

--- Resolves a name to a file of the tree; nil for the world outside.
local function resolver(files)
  local by_name = {}
  for _, file in ipairs(files) do
    local base = file:match("([^/]+)$")
    by_name[file], by_name[base] = file, file
    if base:match("%.c$") then by_name[base:match("^(.*)%.c$")] = file end
  end
  return function(name)
    return by_name[name]
  end
end

local function resolve(line, side, lookup)
  local files, outside = {}, {}
  for _, name in ipairs(line[side]) do
    local file = lookup(name)
    if file then
      files[#files + 1] = file
    elseif name:match("^%S+%.c$") or name:match("^%S+%.lua$") then
      tree.find(line.file, line.number, "Path names " .. name .. ", which is not in the tree", "name the file as it is called")
    else
      outside[#outside + 1] = name
    end
  end
  line[side .. "_files"], line[side .. "_outside"] = files, outside
end

local function names(list, file)
  for _, each in ipairs(list) do
    if each == file then return true end
  end
  return false
end

local function answers(lines, from, to, side)
  for _, line in ipairs(lines) do
    if line.file == to and names(line[side], from) then return true end
  end
  return false
end

--- Both ends of a step must say the same.
local function check_pairs(lines)
  for _, line in ipairs(lines) do
    for _, pair in ipairs({ { "after_files", "before_files", "before" }, { "before_files", "after_files", "after" } }) do
      for _, other in ipairs(line[pair[1]]) do
        if not answers(lines, line.file, other, pair[2]) then
          local wrong = ("Path names %s, whose Path line does not name this file as `%s`"):format(other, pair[3])
          tree.find(line.file, line.number, wrong, "make the two lines agree")
        end
      end
    end
  end
end

--- All Path lines of core, bindings and scripts, checked; what is wrong is reported through tree.find().
function path.lines()
  local files = tree.files({ "core", "bindings", "scripts" }, { "%.c$", "%.lua$" })
  local found, lookup = {}, resolver(files)
  for _, file in ipairs(files) do
    read_file(file, found)
  end
  for _, line in ipairs(found) do
    resolve(line, "before", lookup)
    resolve(line, "after", lookup)
  end
  check_pairs(found)
  return found
end

return path
