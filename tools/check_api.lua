#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- The Lua API against its LuaCATS definition files, both ways: what `tidegate api --dump` prints (one `tg.area.name` per line) and what
-- bindings/meta/*.lua defines (`function tg.area.name(`) must be the same list, and each definition has a doc comment.
package.path = (arg[0]:match("^(.*)/[^/]+$") or ".") .. "/lib/?.lua;" .. package.path
local tree = require "tree"
tree.start("usage: tools/check_api.lua [--build DIR] [--root DIR]")

local binary = tree.build .. "/tidegate"

local function registered()
  local set, count = {}, 0
  local lines = tree.lines_of(tree.quote(binary) .. " api --dump")
  if not lines then
    tree.find("bindings/host", 1, binary .. " api --dump does not run", "build first: cmake --build --preset dev")
    tree.finish()
  end
  for _, line in ipairs(lines) do
    if line:match("^tg%.") then
      set[line] = true
      count = count + 1
    end
  end
  return set, count
end

local function described()
  local where = {}
  for _, path in ipairs(tree.files({ "bindings/meta" }, { "%.lua$" })) do
    local lines = tree.lines(path)
    for number, line in ipairs(lines) do
      local name = line:match("^function (tg%.[%w_.]+)%s*%(")
      if name and where[name] then
        tree.find(path, number, name .. " is defined twice", "keep one definition (see " .. where[name].path .. ")")
      elseif name then
        where[name] = { path = path, line = number }
        if not (lines[number - 1] or ""):match("^%-%-%-") then
          tree.find(path, number, name .. " has no doc comment", "write --- lines with @param and @return above it")
        end
      end
    end
  end
  return where
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local set, count = registered()
local where = described()
for _, name in ipairs(sorted(set)) do
  if not where[name] then
    local area = name:match("^tg%.([%w_]+)%.") or "tg"
    tree.find("bindings/meta/" .. area .. ".lua", 1, name .. " is registered but not described", "add `function " .. name .. "(…) end`")
  end
end
for _, name in ipairs(sorted(where)) do
  if not set[name] then
    tree.find(where[name].path, where[name].line, name .. " is described but not registered", "remove it, or register it in bindings/api")
  end
end
if count == 0 then tree.find("bindings/host", 1, "the dump names no function", "print one tg.area.name per line") end
tree.finish(("%d functions registered and described"):format(count))
