-- SPDX-License-Identifier: Apache-2.0
-- Commands by their askers' ids, for a day: one that comes again is not run again but answered with
-- the last result. A ring of slots in the bundle's store, so that it survives restarts and never
-- grows.

local memory = {}

local SLOTS = 2048
local AGE_MAX = 24 * 3600 -- seconds
local ON_THE_WAY = { accepted = true, waiting = true, sent = true }

--- A result without what makes it long.
function memory.brief(result)
  local brief = { shortened = true }
  for key, value in pairs(result) do
    if key ~= "values" and key ~= "withheld" and key ~= "text" then brief[key] = value end
  end
  return brief
end

--- Makes a memory over tg.store.
-- @param size how many commands; 2048 when left out
function memory.new(tg, size)
  size = size or SLOTS
  local now = tg.timer.now
  local slots, by_key, newest = {}, {}, 0
  local has_warned = false

  local function key_of(ep, id) return ep .. "\n" .. id end

  local function name_of(slot) return ("cmd/%04d"):format(slot) end

  local function persist(slot, entry)
    local ok, err = tg.store.set(name_of(slot), entry)
    if ok or err == nil or has_warned then return end
    has_warned = true
    tg.log.warn("ids of commands are remembered until the next start only: " .. tostring(err))
  end

  local function place(slot, entry)
    local before = slots[slot]
    if before then by_key[key_of(before.ep, before.id)] = nil end
    slots[slot] = entry
    if entry then by_key[key_of(entry.ep, entry.id)] = slot end
  end

  local made = {}

  --- { ep =, id =, at =, state =, text = } or nil.
  function made.get(ep, id)
    local slot = by_key[key_of(ep, id)]
    local entry = slot and slots[slot]
    if entry and (entry.owed or now() - entry.at < AGE_MAX) then return entry end
    return nil
  end

  --- The last result of a command, whatever its age; or nil.
  function made.text(ep, id)
    local slot = by_key[key_of(ep, id)]
    return slot and slots[slot].text
  end

  -- Marks or unmarks one; the mark is kept over restarts.
  local function mark(ep, id, is_owed)
    local slot = by_key[key_of(ep, id)]
    local entry = slot and slots[slot]
    if not entry then return false end
    if entry.owed ~= is_owed then
      entry.owed = is_owed
      persist(slot, entry)
    end
    return true
  end

  --- Its last result could not be told yet.
  -- @return whether it is known here
  function made.owe(ep, id) return mark(ep, id, true) end

  --- It has been told.
  function made.paid(ep, id) return mark(ep, id, nil) end

  --- Remembers the state and result of a command; the oldest one makes room for a new one. The
  -- states on the way are not worth a write.
  function made.put(ep, id, state, text)
    local slot = by_key[key_of(ep, id)]
    local is_lasting = not slot or not ON_THE_WAY[state]
    if not slot then
      newest = newest % size + 1
      slot = newest
    end
    local entry = { ep = ep, id = id, at = now(), state = state, text = text }
    place(slot, entry)
    if is_lasting then persist(slot, entry) end
  end

  --- As if it had never been asked.
  function made.drop(ep, id)
    local slot = by_key[key_of(ep, id)]
    if not slot then return end
    place(slot, nil)
    persist(slot, nil)
  end

  --- Those whose last result was not told, the oldest first.
  function made.owed()
    local list = {}
    for _, entry in pairs(slots) do
      if entry.owed then list[#list + 1] = entry end
    end
    table.sort(list, function(a, b) return a.at < b.at end)
    return list
  end

  --- Those that have not come to one of the states in `final`, the oldest first.
  function made.open(final)
    local list = {}
    for _, entry in pairs(slots) do
      if not final[entry.state] then list[#list + 1] = entry end
    end
    table.sort(list, function(a, b) return a.at < b.at end)
    return list
  end

  --- Takes over what the store has.
  function made.load()
    local latest = 0
    for _, name in ipairs(tg.store.keys("cmd/")) do
      local slot = math.tointeger(tonumber(name:match("^cmd/(%d+)$")))
      local entry = slot and slot <= size and tg.store.get(name)
      if type(entry) == "table" and entry.at then
        place(slot, entry)
        if entry.at >= latest then latest, newest = entry.at, slot end
      end
    end
  end

  return made
end

return memory
