-- SPDX-License-Identifier: Apache-2.0
-- What `gcov -b -c -t` says of the product's files, on standard input: for tools/coverage.
--
-- lua5.4 tools/lib/reached.lua ROOT COUNTS MISSING
--
-- COUNTS gets a line `file lines reached branches taken` for each file of core/ and bindings/, MISSING a line `file:line: N of M branches
-- not taken: text` for each line of them that has some. Branches of an assertion about our own code (core/base/require.h) count for
-- nothing: no input takes their other side, or it would be a defect. A file is in one object, whoever links it: the first that gcov shows.
local root, counts_path, missing_path = arg[1], arg[2], arg[3]

local function is_assertion(text)
  return text:find("TG_REQUIRE(", 1, true) or text:find("TG_DEBUG_ASSERT(", 1, true)
end

local files, order = {}, {}
local file, line -- being read; nil: not of interest

local function begin_file(path)
  local name = path:sub(1, #root + 1) == root .. "/" and path:sub(#root + 2) or path
  file, line = nil, nil
  if files[name] or not (name:match("^core/.*%.c$") or name:match("^bindings/.*%.c$")) then return end
  file = { name = name, lines = 0, reached = 0, branches = 0, taken = 0, at = {} }
  files[name] = file
  order[#order + 1] = name
end

local function begin_line(count, number, text)
  line = nil
  if number == "0" then
    local path = text:match("^Source:(.*)$")
    if path then begin_file(path) end
    return
  end
  if not file or count == "-" then return end
  file.lines = file.lines + 1
  if not count:match("^[#=]") then file.reached = file.reached + 1 end
  if is_assertion(text) then return end
  line = { number = number, text = text:match("^%s*(.-)%s*$"), branches = 0, taken = 0 }
  file.at[#file.at + 1] = line
end

local function add_branch(rest)
  if not line then return end
  local taken = rest:match("taken (%d+)") or "0" -- else: never executed
  local step = taken == "0" and 0 or 1
  line.branches, line.taken = line.branches + 1, line.taken + step
  file.branches, file.taken = file.branches + 1, file.taken + step
end

for text in io.lines() do
  local count, number, source = text:match("^%s*([-#=%d%*]+):%s*(%d+):(.*)$")
  if count then
    begin_line(count, number, source)
  else
    local rest = text:match("^branch%s+%d+ (.*)$")
    if rest then add_branch(rest) end
  end
end

table.sort(order)
local counts, missing = assert(io.open(counts_path, "w")), assert(io.open(missing_path, "w"))
for _, name in ipairs(order) do
  local of = files[name]
  counts:write(("%s %d %d %d %d\n"):format(name, of.lines, of.reached, of.branches, of.taken))
  for _, at in ipairs(of.at) do
    local left = at.branches - at.taken
    if left > 0 then missing:write(("%s:%s: %d of %d branches not taken: %s\n"):format(name, at.number, left, at.branches, at.text)) end
  end
end
counts:close()
missing:close()
