-- SPDX-License-Identifier: Apache-2.0
-- Keys of tables that people write: which of them are not known, and what was probably meant. Used
-- wherever a script's table is checked; knows nothing of what the keys mean.

local keys = {}

local WORD_MAX = 64 -- bytes of a word that are compared and shown; more is no slip of the finger

-- How many letters must change to make b of a.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal = row[j]
      row[j] = best
    end
  end
  return row[#b]
end

--- The end of a sentence about an unknown word: `, did you mean "write"?`, or "" when none of the
-- known words is near.
function keys.nearest(word, known)
  local best, least
  word = word:sub(1, WORD_MAX)
  for _, candidate in ipairs(known) do
    local d = distance(word, candidate)
    if not least or d < least then best, least = candidate, d end
  end
  return best and least <= math.max(2, #word // 2) and (', did you mean "' .. best .. '"?') or ""
end

--- A foreign word as it may stand in a message: cut between two characters where it goes on and on.
function keys.shown(word)
  if #word <= WORD_MAX then return word end
  local last = WORD_MAX
  while last > 0 and word:byte(last + 1) & 0xC0 == 0x80 do last = last - 1 end
  return word:sub(1, last) .. "…"
end

--- The keys of a table as text, in order.
function keys.sorted(t)
  local list = {}
  for key in pairs(t) do list[#list + 1] = tostring(key) end
  table.sort(list)
  return list
end

--- Says which key of `given` is not among `known` (a list); nil when all are. The first in order
-- is told, so that the same mistake always gives the same sentence.
function keys.unknown(given, known)
  local is_known = {}
  for _, name in ipairs(known) do is_known[name] = true end
  local wrong
  for key in pairs(given) do
    if not is_known[key] and (not wrong or tostring(key) < wrong) then wrong = tostring(key) end
  end
  return wrong and ('"%s" is not known%s'):format(keys.shown(wrong), keys.nearest(wrong, known))
end

return keys
