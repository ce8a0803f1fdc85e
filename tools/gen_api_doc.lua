#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Writes docs/lua-api.md (to standard output) from the LuaCATS files in bindings/meta: a section for each file, with its functions and
-- classes; the codes of errors come from core/base/rc.def. tools/check_generated keeps the committed copy up to date. Comments that this
-- does not understand are findings: a reference with holes is worse than none.
package.path = (arg[0]:match("^(.*)/[^/]+$") or ".") .. "/lib/?.lua;" .. package.path
local tree = require "tree"
tree.start("usage: tools/gen_api_doc.lua [--root DIR] >docs/lua-api.md")
local luacats = require "luacats"

local ORDER = { "tg", "script", "rule", "device", "object", "mqtt", "codec", "timer", "store", "log", "driver", "serial" }

local INTRO = [[
# Lua API

<!-- Written by tools/gen_api_doc.lua from bindings/meta; change that, then run tools/check_generated --write. -->

What scripts may use besides Lua 5.4 and `require "uv"` (timers, sockets, processes: luv on a loop of the
script's own, [without what could hurt](howto/scripts-cant-hurt.md)). Begin a script with

```lua
local tg = require "tidegate"
```

How to write one: [howto/write-a-rule.md](howto/write-a-rule.md), [howto/write-a-driver.md](howto/write-a-driver.md). For completion in an
editor see [howto/write-a-rule.md](howto/write-a-rule.md#completion-in-your-editor).

- Durations are seconds, times Unix seconds, sizes bytes.
- Wrong use (a misspelt key, a value of the wrong type) raises at the line of the caller. When the world fails, functions return `nil` and
  an [error](#class-tgerror).
- Functions that wait suspend the task they are called in, and nothing else. Rules' functions, events, timers, command rules, `init` and
  drivers run in tasks; the file itself, `deinit` and `save` do not.
- In signatures, `[x]` may be left out.
]]

-- Words -------------------------------------------------------------------------------------------

local function sentence(text)
  return (text:gsub("^%l", string.upper))
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local function anchor(heading)
  return "#" .. heading:lower():gsub("[^%w%- _]", ""):gsub(" ", "-")
end

local classes = {} -- by name
local aliases = {}

--- A type as Markdown, a link where it is a class of ours.
local function type_text(kind)
  local name = kind:match("^([%w_.]+)[%[%]?]*$")
  local shown = "`" .. kind .. "`"
  local class = classes[name]
  if class and not class.is_area then return ("[%s](%s)"):format(shown, anchor("class " .. name)) end
  if name and aliases[name] then return ("[%s](%s)"):format(shown, anchor("Words")) end
  return cell(shown)
end

local function signature(item)
  local words = {}
  for i, parameter in ipairs(item.params) do
    words[i] = parameter.optional and "[" .. parameter.name .. "]" or parameter.name
  end
  return ("%s(%s)"):format(item.name, table.concat(words, ", "))
end

-- Sections ----------------------------------------------------------------------------------------

local function write_params(item)
  if #item.params == 0 then return end
  print("\n| parameter | type | |\n|---|---|---|")
  for _, param in ipairs(item.params) do
    print(("| `%s`%s | %s | %s |"):format(param.name, param.optional and " (optional)" or "", type_text(param.type), cell(param.doc)))
  end
end

local function write_returns(item)
  if #item.returns == 0 then return end
  print("\nReturns:\n")
  for _, result in ipairs(item.returns) do
    local name = result.name ~= "" and (" `%s`"):format(result.name) or ""
    local doc = result.doc ~= "" and ": " .. result.doc or ""
    print(("- %s%s%s"):format(type_text(result.type), name, doc))
  end
end

local function write_function(item)
  print(("\n### %s\n\n%s"):format(signature(item), item.doc))
  write_params(item)
  write_returns(item)
end

local function write_codes()
  print("\n| `code` | meaning |\n|---|---|")
  for _, line in ipairs(tree.lines("core/base/rc.def")) do
    local name, text = line:match('^TG_RC%(E_[%w_]+, "([^"]+)", "([^"]+)"')
    if name then print(("| `%s` | %s |"):format(name, text)) end
  end
end

local function write_class(class)
  if class.is_area then return end
  local parent = class.parent and (" It has the fields of %s too."):format(type_text(class.parent)) or ""
  local doc = class.doc .. parent
  print(("\n### class %s%s"):format(class.name, doc ~= "" and "\n\n" .. doc or ""))
  if #class.fields > 0 then
    print("\n| field | type | |\n|---|---|---|")
    for _, field in ipairs(class.fields) do
      print(("| `%s`%s | %s | %s |"):format(field.name, field.optional and " (optional)" or "", type_text(field.type), cell(field.doc)))
    end
  end
  if class.name == "tg.error" then write_codes() end
  for _, method in ipairs(class.methods) do
    print(("\n#### %s\n\n%s"):format(signature(method), method.doc))
    write_params(method)
    write_returns(method)
  end
end

local function write_section(file)
  print(("\n## %s\n\n%s"):format(file.title, sentence(file.doc)))
  for _, item in ipairs(file.functions) do
    write_function(item)
  end
  for _, class in ipairs(file.classes) do
    write_class(class)
  end
end

local function write_words(files)
  print("\n## Words\n\nTypes with a name of their own.\n\n| name | is | |\n|---|---|---|")
  for _, file in ipairs(files) do
    for _, alias in ipairs(file.aliases) do
      print(("| `%s` | %s | %s |"):format(alias.name, cell("`" .. alias.type .. "`"), cell(alias.doc)))
    end
  end
end

-- Files -------------------------------------------------------------------------------------------

local function stem(path)
  return path:match("([^/]+)%.lua$")
end

local function rank(path)
  for i, name in ipairs(ORDER) do
    if name == stem(path) then return i end
  end
  return #ORDER + 1
end

local function read_all()
  local paths, files = tree.files({ "bindings/meta" }, { "%.lua$" }), {}
  table.sort(paths, function(a, b)
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return a < b
  end)
  for _, path in ipairs(paths) do
    local file = luacats.read(tree.lines(path), function(line, wrong, cure)
      io.stderr:write(("%s:%d: %s; %s\n"):format(path, line, wrong, cure))
      tree.findings = tree.findings + 1
    end)
    files[#files + 1] = file
    for _, class in ipairs(file.classes) do
      classes[class.name] = class
    end
    for _, alias in ipairs(file.aliases) do
      aliases[alias.name] = alias
    end
  end
  return files
end

local files = read_all()
if #files == 0 then
  io.stderr:write("bindings/meta: no files; run this in the root of the tree, or say --root\n")
  os.exit(1)
end
print(INTRO)
for _, file in ipairs(files) do
  print(("- [%s](%s): %s"):format(file.title, anchor(file.title), (file.doc:match("^(.-[.:;])%s") or file.doc):gsub("[.:;]$", "")))
end
for _, file in ipairs(files) do
  write_section(file)
end
write_words(files)
os.exit(tree.findings == 0)
