-- SPDX-License-Identifier: Apache-2.0
-- When a command is to have ended: Unix seconds, or a date of RFC 3339 such as 2026-11-27T12:00:00Z
-- or 2026-11-27T13:00:00.5+01:00. Pure.

local deadline = {}

local DATE_MAX = 64 -- bytes; a date that goes on longer is none
local FORM = "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt](%d%d):(%d%d):(%d%d)(%.?%d*)([Zz+-])(.*)$"

-- Days from 1970-01-01 (proleptic Gregorian calendar), by counting years from March on.
local function days_of(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap = year // 4 - year // 100 + year // 400
  return 365 * year + leap + (153 * (month - 3) + 2) // 5 + day - 719469
end

local function offset_of(sign, rest)
  if sign == "Z" or sign == "z" then return rest == "" and 0 or nil end
  local hours, minutes = rest:match("^(%d%d):(%d%d)$")
  if not hours or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end

local function length_of(year, month)
  if month == 2 then
    local is_leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    return is_leap and 29 or 28
  end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

--- Unix seconds of a deadline; nil where it is none.
function deadline.seconds(given)
  if type(given) == "number" then return given == given and given or nil end
  if type(given) ~= "string" or #given > DATE_MAX then return nil end
  local year, month, day, hour, minute, second, part, sign, rest = given:match(FORM)
  local offset = year and offset_of(sign, rest)
  if not offset or part == "." or (part ~= "" and part:sub(1, 1) ~= ".") then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if month < 1 or month > 12 or day < 1 or day > length_of(year, month) then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  local whole = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
  return part == "" and whole or whole + tonumber("0" .. part)
end

return deadline
