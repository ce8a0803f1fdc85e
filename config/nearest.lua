-- SPDX-License-Identifier: Apache-2.0
-- What somebody meant who mistyped a name. Used by config/check.lua and config/values.lua.

local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

--- The known name nearest to `name`, if one is near.
return function(name, known)
  local best, best_distance
  for _, candidate in ipairs(known) do
    local d = distance(name:lower(), candidate:lower())
    if not best or d < best_distance then
      best, best_distance = candidate, d
    end
  end
  local near = #name > 8 and 3 or 2
  return best and best_distance <= near and best or nil
end
