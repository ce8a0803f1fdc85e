-- SPDX-License-Identifier: Apache-2.0
-- Which of OMA's test cases are proved by which tests: the tables below tests/conformance, the marks `[ETS 201 203]` in names of tests, and
-- what the logs of a test run say about them. For tools/gen_conformance and tools/check_conformance.
local tree = require "tree"

local conformance = { CASES = "tests/conformance/ets.tsv", RESULTS = "tests/conformance/results.tsv" }
local PEERS = "tests/conformance/peers.tsv"
local MARK = "%[ETS ([%d ]+)%]"
local CARRIERS = { udp = "UDP", nidd = "NIDD" }

-- Rows of a table as lists of cells, each with its line number; comments and empty lines are none.
local function rows_of(path)
  local rows = {}
  for number, line in ipairs(tree.lines(path)) do
    if line ~= "" and line:sub(1, 1) ~= "#" then
      local row = { line = number }
      for cell in (line .. "\t"):gmatch("(.-)\t") do
        row[#row + 1] = cell
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end

--- Cases in their order, and by number: `{ id, section, about, reason (nil where tests prove it), line }`.
function conformance.cases()
  local list, by_id = {}, {}
  for _, row in ipairs(rows_of(conformance.CASES)) do
    local reason = row[4] ~= "" and row[4] or nil
    local case = { id = row[1], section = row[2], about = row[3], reason = reason, line = row.line }
    list[#list + 1] = case
    by_id[case.id or ""] = by_id[case.id or ""] or case
  end
  return list, by_id
end

--- Peers by the name of a test: what it is, with its version.
function conformance.peers()
  local versions, peers = {}, {}
  for name, version in (tree.read("tests/interop/peers/common.sh") or ""):gmatch("\n([A-Z_]+_VERSION)=(%S+)") do
    versions[name] = version
  end
  for _, row in ipairs(rows_of(PEERS)) do
    peers[row[1]] = row[3] and versions[row[3]] and row[2] .. " " .. versions[row[3]] or row[2]
  end
  return peers
end

--- Calls `fn(id)` for each case that a text's marks name.
function conformance.each_mark(text, fn)
  for ids in text:gmatch(MARK) do
    for id in ids:gmatch("%d+") do
      fn(id)
    end
  end
end

--- Marks in the sources of the tests: `{ test = "interop/ets_test", path, line, id }`, and by test and id.
function conformance.marks()
  local list, by_test = {}, {}
  for _, path in ipairs(tree.files({ "tests" }, { "_test%.sh$", "_spec%.lua$" })) do
    local test = path:match("^tests/(.*)%.%a+$")
    for number, line in ipairs(tree.lines(path)) do
      conformance.each_mark(line, function(id)
        list[#list + 1] = { test = test, path = path, line = number, id = id }
        by_test[test] = by_test[test] or { path = path }
        by_test[test][id] = true
      end)
    end
  end
  return list, by_test
end

--- What was seen, as committed: `{ id, test, carriers, checks, line }`.
function conformance.results()
  local list = {}
  for _, row in ipairs(rows_of(conformance.RESULTS)) do
    list[#list + 1] = { id = row[1], test = row[2], carriers = row[3] or "", checks = tonumber(row[4]), line = row.line }
  end
  return list
end

local function read_log(log, test, seen)
  for line in io.lines(log) do
    local bad, title = line:match("^(n?o?t? ?)ok %d+%s*%-?%s*(.*)$")
    local skipped = title and title:match("#%s*[Ss][Kk][Ii][Pp]")
    if title and not skipped then
      conformance.each_mark(title, function(id)
        local key = id .. "\t" .. test
        seen[key] = seen[key] or { id = id, test = test, checks = 0, failed = 0, over = {} }
        seen[key].checks = seen[key].checks + 1
        if bad == "not " then seen[key].failed = seen[key].failed + 1 end
        local carrier = CARRIERS[title:match("^(%l+)[:, ]") or ""]
        if carrier then seen[key].over[carrier] = true end
      end)
    end
  end
end

--- What the logs of the last tools/test say, in order of cases and tests: as results() and with `failed`; and which tests ran.
--- Sanitizer builds count for nothing.
function conformance.from_logs(logs)
  local seen, list, ran = {}, {}, {}
  local folders = "cd " .. tree.quote(logs) .. " 2>/dev/null && find interop system fake spec -name '*.log' 2>/dev/null"
  for _, path in ipairs(tree.lines_of(folders .. "; true") or {}) do
    local test = path:match("^(.*)%.log$")
    ran[test] = true
    read_log(logs .. "/" .. path, test, seen)
  end
  for _, row in pairs(seen) do
    local over = {}
    for carrier in pairs(row.over) do
      over[#over + 1] = carrier
    end
    table.sort(over, function(a, b)
      return a > b
    end)
    row.carriers = table.concat(over, " ")
    list[#list + 1] = row
  end
  return conformance.sorted(list), ran
end

--- Sorts results by case and test.
function conformance.sorted(list)
  table.sort(list, function(a, b)
    if a.id ~= b.id then return tonumber(a.id) < tonumber(b.id) end
    return a.test < b.test
  end)
  return list
end

--- Results by case.
function conformance.by_case(results)
  local by_id = {}
  for _, row in ipairs(results) do
    by_id[row.id] = by_id[row.id] or {}
    table.insert(by_id[row.id], row)
  end
  return by_id
end

return conformance
