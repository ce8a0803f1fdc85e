-- SPDX-License-Identifier: Apache-2.0
-- Polls a register map over a bus (scripts/tidegate/modbus_bus.lua): when to ask what, what to do
-- with a slave that is silent, and reads and writes in between. No ports, no gateway.

local failure = require "tidegate.failure"
local modbus = require "tidegate.modbus"

local poll = {}
local Poll = {}
Poll.__index = Poll

local SILENCE_MAX = 60 -- seconds between two questions to a slave that does not answer

--- Checks the rows of a register map and fills in defaults; raises when one is wrong.
-- @param unit, period what rows without one get
-- @return entries (modbus.entry)
function poll.entries(map, unit, period)
  local entries, known = {}, {}
  for _, row in ipairs(map) do
    local filled = setmetatable({}, { __index = row })
    filled.table = row.table or row.fn
    filled.unit = row.unit or unit or 1
    filled.period = row.period or period or 10
    local entry = modbus.entry(filled)
    local where = "register map, " .. entry.path
    if known[entry.path] then error(where .. ": given twice", 0) end
    if math.type(entry.unit) ~= "integer" or entry.unit < 0 or entry.unit > 255 then
      error(where .. ": unit 0 to 255 is wanted", 0)
    end
    local seconds = entry.period
    if type(seconds) ~= "number" or seconds <= 0 or seconds ~= seconds then
      error(where .. ": period is a number of seconds above 0", 0)
    end
    entries[#entries + 1] = entry
    known[entry.path] = true
  end
  if #entries == 0 then error("register map: no rows", 0) end
  return entries
end

--- Which object instances entries belong to: { "/3303/0", … }.
function poll.objects(entries)
  local seen, list = {}, {}
  for _, entry in ipairs(entries) do
    local instance = entry.path:match("^/%d+/%d+")
    if not seen[instance] then list[#list + 1] = instance end
    seen[instance] = true
  end
  table.sort(list)
  return list
end

--- @param config { bus, clock, entries, put = function(entry, value), count = function(name) }
function poll.new(config)
  local self = setmetatable({
    bus = config.bus,
    clock = config.clock,
    put = config.put,
    count = config.count or function() end,
    by_path = {},
    units = {},
    requests = {},
  }, Poll)
  for _, entry in ipairs(config.entries) do self.by_path[entry.path] = entry end
  for _, request in ipairs(modbus.plan(config.entries)) do self:add(request) end
  return self
end

function Poll:add(request)
  request.due = self.clock.now()
  self.requests[#self.requests + 1] = request
  self.units[request.unit] = self.units[request.unit] or { failures = 0, not_before = -math.huge }
end

-- Some slaves refuse to read across a gap between their blocks: then each register is asked alone.
function Poll:split(request)
  for at, known in ipairs(self.requests) do
    if known == request then table.remove(self.requests, at) break end
  end
  for _, entry in ipairs(request.entries) do
    local alone = modbus.plan { entry }
    self:add(alone[1])
  end
  self.count("split")
end

function Poll:took(request, data, err)
  local unit = self.units[request.unit]
  unit.busy = false
  if data then
    unit.failures, unit.not_before = 0, -math.huge
    for _, entry in ipairs(request.entries) do
      self.put(entry, modbus.decode(entry, modbus.slice(request, entry, data)))
    end
  elseif err.code == "timeout" then
    unit.failures = unit.failures + 1
    local wait = math.min(request.period * 2 ^ math.min(unit.failures, 16), SILENCE_MAX)
    unit.not_before = self.clock.now() + math.max(wait, request.period)
    self.count("unit_silent")
  elseif err.code == "link" then
    request.due = math.min(request.due, self.bus:retry_at())
  elseif err.code == "peer_error" then
    unit.failures, unit.not_before = 0, -math.huge -- it answers
    if #request.entries > 1 and err.message:find("^exception 2") then self:split(request) end
  end
  self:arm()
end

function Poll:ask(request)
  local unit = self.units[request.unit]
  unit.busy = true
  local now = self.clock.now()
  request.due = request.due + request.period
  if request.due <= now then request.due = now + request.period end
  -- A slave known to be silent is asked once only: each try costs the others on the line its time.
  local options = { retries = unit.failures > 0 and 0 or nil }
  local pdu = modbus.read_pdu(request.table, request.address, request.count)
  self.bus:request(request.unit, pdu, options, function(data, err)
    self:took(request, data, err)
  end)
end

-- One request of a unit at a time: a slave that has gone silent can't fill the line with repeats.
local function earliest(self)
  local first = {}
  for _, request in ipairs(self.requests) do
    local unit = self.units[request.unit]
    local at = math.max(request.due, unit.not_before)
    if not unit.busy and (not first[unit] or at < first[unit].at) then
      first[unit] = { at = at, request = request }
    end
  end
  return first
end

function Poll:run_due()
  local now = self.clock.now()
  local due = {}
  for _, row in pairs(earliest(self)) do
    if row.at <= now then due[#due + 1] = row end
  end
  table.sort(due, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.request.unit < b.request.unit
  end)
  for _, row in ipairs(due) do self:ask(row.request) end
  self:arm()
end

-- One timer for the next thing to do.
function Poll:arm()
  if self.cancel then self.cancel() end
  self.cancel = nil
  if self.stopped then return end
  local at = math.huge
  for _, row in pairs(earliest(self)) do at = math.min(at, row.at) end
  if at == math.huge then return end -- answers are awaited
  self.cancel = self.clock.after(math.max(at - self.clock.now(), 0), function()
    self.cancel = nil
    self:run_due()
  end)
end

--- Begins to poll: everything once at once, then each at its period.
function Poll:start()
  self.stopped = false
  self:arm()
end

--- Ends it.
function Poll:stop()
  self.stopped = true
  if self.cancel then self.cancel() end
  self.cancel = nil
end

local function not_in_map(path)
  return failure("not_found", path .. " is not in the register map")
end

--- Reads one register of the map now; done(value) or done(nil, err).
function Poll:read(path, done)
  local entry = self.by_path[path]
  if not entry then return done(nil, not_in_map(path)) end
  local pdu = modbus.read_pdu(entry.table, entry.address, entry.count)
  self.bus:request(entry.unit, pdu, { urgent = true }, function(data, err)
    if not data then return done(nil, err) end
    local value = modbus.decode(entry, data)
    self.put(entry, value)
    done(value)
  end)
end

--- Writes one register of the map; done(true) or done(nil, err).
function Poll:write(path, value, done)
  local entry = self.by_path[path]
  if not entry then return done(nil, not_in_map(path)) end
  if not entry.write then return done(nil, failure("method", path .. " is not writable")) end
  local raw, why = modbus.encode(entry, value)
  if raw == nil then return done(nil, failure("type", path .. ": " .. why)) end
  local pdu = modbus.write_pdu(entry.table, entry.address, raw)
  self.bus:request(entry.unit, pdu, { urgent = true }, function(ok, err)
    if not ok then return done(nil, err) end
    self.put(entry, value)
    done(true)
  end)
end

return poll
