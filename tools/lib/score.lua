-- SPDX-License-Identifier: Apache-2.0
-- Scores one finished test program from its log and exit code: appends one line to the results and prints it if something is wrong.
-- Understood are a closing line `N passed, N failed[, N skipped]`, TAP (what cmocka prints here), `SKIP reason` and `FAIL what: why`
-- lines, exit code 77 (a skip only with a reason: libFuzzer's crashes end so too), and plain exit codes. What does not add up counts as
-- failed: a crash, a hang, fewer tests than planned, a program that ran nothing.
--
-- lua5.4 tools/lib/score.lua NAME LOG STATUS DEADLINE START END RESULTS
local name, log_path, status, deadline, started, ended, results_path = table.unpack(arg)
status = tonumber(status)

local NAMES_MAX = 10 -- of FAIL lines, which may be many and long
local SIGNALS = { [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE", [9] = "SIGKILL", [11] = "SIGSEGV", [15] = "SIGTERM" }

local function read_log(path)
  local seen = { passed = 0, failed = 0, skipped = 0, planned = 0, ran = 0, names = {}, reasons = {} }
  local file = assert(io.open(path, "rb"))
  for line in file:lines() do
    line = line:gsub("\r$", "")
    local plan = line:match("^1%.%.(%d+)%s*$")
    local bad, title = line:match("^(n?o?t? ?)ok %d+%s*%-?%s*(.*)$")
    local passed, failed, rest = line:match("^(%d+) passed, (%d+) failed(.*)$")
    if plan then
      seen.planned = seen.planned + tonumber(plan)
    elseif bad then
      seen.ran = seen.ran + 1
      local reason = title:match("#%s*[Ss][Kk][Ii][Pp]%S*%s*(.*)$")
      if reason then
        seen.skipped = seen.skipped + 1
        table.insert(seen.reasons, reason)
      elseif bad == "not " then
        seen.failed = seen.failed + 1
        table.insert(seen.names, title)
      else
        seen.passed = seen.passed + 1
      end
    elseif passed then
      seen.total = { passed = tonumber(passed), failed = tonumber(failed), skipped = tonumber(rest:match("(%d+) skipped")) }
    elseif line:match("^SKIP:? ") then
      table.insert(seen.reasons, line:match("^SKIP:? (.*)$"))
    elseif line:match("^FAIL:? ") then
      if #seen.names < NAMES_MAX then table.insert(seen.names, line:match("^FAIL:? (.*)$"):sub(1, 240)) end
    elseif line:match("%S") then
      seen.last_words = line:sub(1, 120)
    end
  end
  file:close()
  return seen
end

--- What the program itself says: its closing line, else its TAP lines, else only SKIP lines.
local function own_words(seen)
  local skipped = seen.ran > 0 and seen.skipped or #seen.reasons
  if seen.total then return { passed = seen.total.passed, failed = seen.total.failed, skipped = seen.total.skipped or skipped } end
  local missing = math.max(seen.planned - seen.ran, 0)
  return { passed = seen.passed, failed = seen.failed + missing, skipped = skipped, missing = missing }
end

local function how_it_ended(seen)
  if status == 124 or status == 137 and tonumber(ended) - tonumber(started) >= tonumber(deadline) then
    return ("no end within %s s"):format(deadline)
  end
  if status > 128 then return "died of " .. (SIGNALS[status - 128] or ("signal " .. status - 128)) end
  local words = not seen.total and seen.ran == 0 and seen.last_words
  return "exit code " .. status .. (words and ": " .. words or "")
end

local function judge(seen)
  local score = own_words(seen)
  local nothing = score.passed + score.failed + score.skipped == 0
  if status == 77 and #seen.reasons > 0 then
    local reason = seen.reasons[#seen.reasons]
    return { passed = score.passed, failed = score.failed, skipped = math.max(score.skipped, 1) }, reason
  elseif status ~= 0 and (score.failed == 0 or status >= 124) then
    score.failed = math.max(score.failed, 1)
    return score, how_it_ended(seen)
  elseif score.failed > 0 then
    if (score.missing or 0) > 0 then return score, ("planned %d tests, ran %d"):format(seen.planned, seen.ran) end
    return score, #seen.names > 0 and table.concat(seen.names, "; ") or how_it_ended(seen)
  elseif nothing and seen.total then
    return { passed = 0, failed = 1, skipped = 0 }, "ran no test"
  elseif nothing then
    return { passed = 1, failed = 0, skipped = 0 }, ""
  end
  return score, table.concat(seen.reasons, "; ")
end

local score, reason = judge(read_log(log_path))
local seconds = ("%.1f"):format(tonumber(ended) - tonumber(started))
local out = assert(io.open(results_path, "a"))
out:write(table.concat({ name, score.passed, score.failed, score.skipped, seconds, (reason:gsub("[\t\n]", " ")) }, "\t"), "\n")
out:close()
if score.failed > 0 then
  print(("   FAIL %s: %s (%s s)"):format(name, reason, seconds))
elseif score.skipped > 0 then
  print(("   skip %s: %s"):format(name, reason))
end
