#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Writes docs/configuration.md (to standard output) from config/schema.lua; with --man the man page instead: docs/man/tidegate.1 as it
-- is, with what stands between its markers renewed. Keys come in the schema's order. tools/check_generated keeps the committed copies up
-- to date.
package.path = (arg[0]:match("^(.*)/[^/]+$") or ".") .. "/lib/?.lua;" .. package.path
local tree = require "tree"
tree.start("usage: tools/gen_config_doc.lua [--man] [--root DIR] >docs/configuration.md", { "man" })

local function read(path)
  local file = assert(io.open(tree.root .. "/" .. path, "r"))
  local text = file:read("a")
  file:close()
  return text
end

local schema = dofile(tree.root .. "/config/schema.lua")
local lines = dofile(tree.root .. "/config/lines.lua")(read("config/schema.lua"))

-- Order -------------------------------------------------------------------------------------------

--- Names of `fields` in the order of the file; those a function of the schema adds have no line and come last, by name.
local function in_order(fields, path)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    local la, lb = lines[path .. "." .. a] or math.huge, lines[path .. "." .. b] or math.huge
    if la ~= lb then return la < lb end
    return a < b
  end)
  return names
end

-- Words for a field -------------------------------------------------------------------------------

local function as_seconds(n)
  for _, unit in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } } do
    if n >= unit[1] and n % unit[1] == 0 then return ("%d%s"):format(n // unit[1], unit[2]) end
  end
  return n < 1 and ("%dms"):format(math.floor(n * 1000 + 0.5)) or ("%ss"):format(n)
end

local function as_size(n)
  for _, unit in ipairs { { 1024 ^ 2, "MB" }, { 1024, "kB" } } do
    if n >= unit[1] and n % unit[1] == 0 then return ("%d%s"):format(n // unit[1], unit[2]) end
  end
  return ("%dB"):format(n)
end

local SHOWN = { duration = as_seconds, size = as_size }

local function type_of(field)
  if field[1] == "any" then return "any data" end
  if field[1] ~= "list" then return field[1] end
  local of = field.of
  if of[1] ~= "table" then return "list of " .. of[1] end
  return of.short and "list of " .. of.fields[of.short][1] .. " or table" or "list of table"
end

local range_of

local function range_of_string(field)
  local parts = {}
  if field.like then parts[1] = field.like end
  if field.on_disk then parts[#parts + 1] = "a " .. field.on_disk .. " that is there" end
  if field.max then parts[#parts + 1] = "at most " .. field.max .. " bytes" end
  return table.concat(parts, ", ")
end

local function range_of_list(field)
  local each = field.of.fields and "" or range_of(field.of)
  local parts = {}
  if field.max then parts[1] = "at most " .. field.max .. " entries" end
  if each ~= "" then parts[#parts + 1] = "each " .. each end
  return table.concat(parts, ", ")
end

function range_of(field)
  local show = SHOWN[field[1]] or tostring
  if field.values then return '"' .. table.concat(field.values, '", "') .. '"' end
  if field[1] == "string" then return range_of_string(field) end
  if field[1] == "list" then return range_of_list(field) end
  if field.min and field.max then return show(field.min) .. " to " .. show(field.max) end
  if field.min then return "at least " .. show(field.min) end
  return field.max and "at most " .. show(field.max) or ""
end

local function literal(value)
  if type(value) == "string" then return '"' .. value .. '"' end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, item in ipairs(value) do
    parts[i] = literal(item)
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

local function default_of(field)
  if field.required then return "required" end
  return field.default ~= nil and literal(field.default) or ""
end

-- Rows: one per key, tables and lists of tables followed by what they hold --------------------------

local add_fields

local function add_row(rows, field, name, path)
  local doc = field.doc or ""
  local short = field[1] == "list" and field.of.short
  if short then doc = ("%s A plain value stands for `{ %s = ... }`."):format(doc, short) end
  if field.secret then doc = doc .. " Never shown in any output." end
  rows[#rows + 1] = { key = name, type = type_of(field), range = range_of(field), default = default_of(field), doc = doc }
  if field[1] == "table" then add_fields(rows, field.fields, name .. ".", path .. ".fields") end
  if field[1] == "list" and field.of.fields then add_fields(rows, field.of.fields, name .. "[].", path .. ".of.fields") end
end

function add_fields(rows, fields, prefix, path)
  for _, name in ipairs(in_order(fields, path)) do
    add_row(rows, fields[name], prefix .. name, path .. "." .. name)
  end
  return rows
end

local function about_section(field, holder)
  if field[1] ~= "list" then return field.doc end
  local short = holder.short and (" Text alone stands for `{ %s = ... }`."):format(holder.short) or ""
  local most = field.max and " of at most " .. field.max or ""
  return ("%s A list%s.%s Each entry holds:"):format(field.doc, most, short)
end

--- Adds one section for each value of the key that decides what further keys there are.
local function add_variants(list, name, holder, path)
  local variants = holder.variants
  if not variants then return end
  for _, kind in ipairs(holder.fields[variants.key].values) do
    local title = ('%s with %s = "%s"'):format(name, variants.key, kind)
    local rows = add_fields({}, variants[kind], "", path .. ".variants." .. kind)
    list[#list + 1] = { title = title, doc = "Keys of this kind only.", rows = rows }
  end
end

--- Sections: { title, doc, rows }. Plain keys of the top level are the first, each table and each list of tables is one, and each variant
-- of such a list is one more.
local function sections()
  local top = { title = "Top level", doc = "Keys of the table that the file returns.", rows = {} }
  local list = { top }
  for _, name in ipairs(in_order(schema.fields, "fields")) do
    local field, path = schema.fields[name], "fields." .. name
    local holder = field[1] == "list" and field.of or field
    if not holder.fields then
      add_row(top.rows, field, name, path)
    else
      local inner = path .. (field[1] == "list" and ".of" or "")
      local rows = add_fields({}, holder.fields, "", inner .. ".fields")
      list[#list + 1] = { title = name, doc = about_section(field, holder), rows = rows }
      add_variants(list, name, holder, inner)
    end
  end
  return list
end

-- Markdown ----------------------------------------------------------------------------------------

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local function code(text)
  return text == "" and "" or "`" .. text .. "`"
end

local INTRO = [[
# Configuration

<!-- Written by tools/gen_config_doc.lua from config/schema.lua; change that. -->

The file is Lua that returns a table of data; `tidegate check -c FILE` says what is wrong with it and where. A commented one is
[config/tidegate.lua](../config/tidegate.lua), others are in [config/examples](../config/examples).

It may call `env(NAME [, DEFAULT])` for a variable of the environment, `file(PATH)` for the content of a file, and `include(PATH)` for what
another such file returns; relative paths start at the folder of the file that says them.

A *duration* is seconds as a number, or text: `"500ms"`, `"30s"`, `"5m"`, `"12h"`, `"30d"`. A *size* is bytes as a number, or text:
`"64kB"`, `"64MB"` (powers of 1,024). A *path* is an LwM2M path such as `"/3303/0/5700"`. `a.b` is key `b` of the table `a`, `a[].b` key
`b` of each entry of the list `a`.]]

local function write_markdown()
  print(INTRO)
  for _, section in ipairs(sections()) do
    print(("\n## %s\n\n%s\n"):format(section.title, section.doc))
    print("| key | type | range | default | meaning |\n|---|---|---|---|---|")
    for _, row in ipairs(section.rows) do
      local default = row.default == "required" and "required" or code(row.default)
      print(("| `%s` | %s | %s | %s | %s |"):format(row.key, row.type, cell(row.range), default, cell(row.doc)))
    end
  end
end

-- Man page ----------------------------------------------------------------------------------------

local BEGIN, END = '.\\" configuration: begin (written by tools/gen_config_doc.lua)', '.\\" configuration: end'

local function roff(text)
  text = text:gsub("`", ""):gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("'", "\\(aq")
  return (text:gsub("^[.']", "\\&%0"))
end

local function man_row(row)
  local facts = { row.type }
  if row.range ~= "" then facts[#facts + 1] = row.range end
  if row.default ~= "" then facts[#facts + 1] = row.default == "required" and row.default or "default " .. row.default end
  local text = { ".TP", "\\fB" .. roff(row.key) .. "\\fR (" .. roff(table.concat(facts, "; ")) .. ")" }
  text[#text + 1] = row.doc == "" and "A table." or roff(row.doc)
  return table.concat(text, "\n")
end

local function write_man()
  local page = read("docs/man/tidegate.1")
  local _, head = page:find(BEGIN .. "\n", 1, true)
  local tail = page:find(END, 1, true)
  assert(head and tail and head < tail, "docs/man/tidegate.1 lacks the markers: " .. BEGIN .. " and " .. END)
  io.write(page:sub(1, head))
  for _, section in ipairs(sections()) do
    print(".SS " .. roff(section.title):gsub('"', "\\(dq"):gsub(" ", "\\ "))
    print(roff(section.doc))
    for _, row in ipairs(section.rows) do
      print(man_row(row))
    end
  end
  io.write(page:sub(tail))
end

if tree.options.man then
  write_man()
else
  write_markdown()
end
