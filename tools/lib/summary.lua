-- SPDX-License-Identifier: Apache-2.0
-- The end of a test run: slowest programs, skips with their reasons, logs of what failed (last 60 lines each), what failed once more in
-- a line each (whoever is shown only the end of a long output sees all of it), and the total as the last line. What failed at first and
-- passed when it was run again (tools/lib/jobs.sh) is told above that; more than two of these are a failure. Exits 1 where something
-- failed or nothing ran at all.
--
-- lua5.4 tools/lib/summary.lua LOG_FOLDER
local folder = arg[1]
local LOG_LINES, SLOW, REASON, UNSTEADY_MAX = 60, 5, 300, 2

local rows, total = {}, { passed = 0, failed = 0, skipped = 0 }
for line in io.lines(folder .. "/results") do
  local name, passed, failed, skipped, seconds, reason = line:match("^(.-)\t(%d+)\t(%d+)\t(%d+)\t(.-)\t(.*)$")
  local row = { name = name, passed = tonumber(passed), failed = tonumber(failed), skipped = tonumber(skipped), reason = reason }
  row.seconds = tonumber(seconds) or 0
  rows[#rows + 1] = row
  for key in pairs(total) do
    total[key] = total[key] + row[key]
  end
end

-- What passed at the second try; what did not is among the failures.
local function unsteady()
  local list, failed = {}, {}
  for _, row in ipairs(rows) do
    failed[row.name] = row.failed > 0
  end
  local file = io.open(folder .. "/unsteady")
  if not file then return list end
  for line in file:lines() do
    local name, reason = line:match("^(.-)\t(.*)$")
    if not failed[name] then list[#list + 1] = { name = name, reason = reason } end
  end
  file:close()
  return list
end

local function show_log(row)
  print(("\n---- %s: %s"):format(row.name, row.reason))
  local file = io.open(folder .. "/" .. row.name .. ".log", "rb")
  if not file then return end
  local lines = {}
  for line in file:lines() do
    lines[#lines + 1] = line
  end
  file:close()
  if #lines > LOG_LINES then print(("     (%d lines above, see %s.log)"):format(#lines - LOG_LINES, row.name)) end
  for i = math.max(#lines - LOG_LINES + 1, 1), #lines do
    print("     " .. lines[i])
  end
end

table.sort(rows, function(a, b)
  return a.seconds > b.seconds
end)
print("\nslowest:")
for i = 1, math.min(SLOW, #rows) do
  print(("  %6.1f s  %s"):format(rows[i].seconds, rows[i].name))
end
table.sort(rows, function(a, b)
  return a.name < b.name
end)
if total.skipped > 0 then print("skipped:") end
for _, row in ipairs(rows) do
  if row.skipped > 0 then print(("  %s: %s"):format(row.name, row.reason)) end
end
for _, row in ipairs(rows) do
  if row.failed > 0 then show_log(row) end
end
local again = unsteady()
if #again > 0 then print("\nunsteady, passed when run again (logs: *.first); to be mended:") end
for _, row in ipairs(again) do
  print(("  %s: %s"):format(row.name, row.reason:sub(1, REASON)))
end
if #again > UNSTEADY_MAX then
  rows[#rows + 1] = { name = "unsteady", failed = 1, reason = ("more than %d tests were"):format(UNSTEADY_MAX) }
  total.failed = total.failed + 1
end
if total.failed > 0 then print("\nfailed:") end
for _, row in ipairs(rows) do
  if row.failed > 0 then print(("  %s: %s"):format(row.name, row.reason:sub(1, REASON))) end
end
local skips = total.skipped > 0 and (", %d skipped"):format(total.skipped) or ""
print(("\n%d passed, %d failed%s"):format(total.passed, total.failed, skips))
os.exit(total.failed == 0 and total.passed > 0)
