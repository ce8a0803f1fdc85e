#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Checks the object definitions in objects/: every file is plain data, keeps to the format of
-- objects/README.md, and states the same facts as the OMA registry where its files are at hand.
-- Usage: tools/check_objects.lua [--objects DIR] [--registry DIR] [--no-registry]
-- Exits 0 when all checks pass, 1 when one fails, 2 when called wrongly.

local ROOT = arg[0]:match("^(.*)/tools/[^/]+$") or "."
package.path = ROOT .. "/tools/lib/?.lua;" .. package.path
local format = require "object_format"
local oma_xml = require "oma_xml"

local options = { objects = ROOT .. "/objects", registry = ROOT .. "/../shared/data/oma-registry" }

-- Facts in which we differ from the registry on purpose. An entry that no longer matters fails.
local JUSTIFIED = {
  ["0/1.1/13 unit"] = "a selector has no unit; the registry dropped it in 1.2",
  ["0/1.1/15 unit"] = "a selector has no unit; the registry dropped it in 1.2",
  ["4/1.0/9 unit"] = "a network code is no percentage; the registry dropped the unit in 1.2",
  ["4/1.1/9 unit"] = "a network code is no percentage; the registry dropped the unit in 1.2",
  ["12/1.0/41 name"] = "slip in the old text, which names 41 and 42 alike; corrected in 1.1",
  ["12/1.0/44 name"] = "slip in the old text, which repeats the id; corrected in 1.1",
  ["19/1.0/1 least"] = "the registry gives the width, one byte, of a number",
  ["19/1.0/1 most"] = "the registry gives the width, one byte, of a number",
  ["19/1.0/3 least"] = "32 bytes is the most, not the exact length",
  ["19/1.0/4 least"] = "32 bytes is the most, not the exact length",
  ["19/1.0/5 least"] = "the registry gives the width, two bytes, of a number",
  ["19/1.0/5 most"] = "the registry gives the width, two bytes, of a number",
}

local passed, failed = 0, 0
local used = {}

--- Counts one check; `problems` is a list of lines, empty when it passed.
local function count(what, problems)
  if #problems == 0 then
    passed = passed + 1
    return
  end
  failed = failed + 1
  for _, line in ipairs(problems) do print(what .. ": " .. line) end
end

-- Old texts write percent and kilobyte in a way SenML does not know.
local SENML = { ["%"] = "/100", KB = "kB" }

--- The registry hangs footnote marks such as " (1)" on names; they say nothing without the notes.
local function plain(name) return (name:gsub("%s*%(%d%)$", "")) end

--- Compares one fact; `at` names it in JUSTIFIED.
local function same(at, ours, theirs, problems)
  if ours == theirs then return end
  if JUSTIFIED[at] then
    used[at] = true
    return
  end
  problems[#problems + 1] = ("%s: %s here, %s in the registry"):format(at, tostring(ours),
    tostring(theirs))
end

local function compare_resource(at, ours, theirs, problems)
  same(at .. " name", ours.name, plain(theirs.name), problems)
  same(at .. " ops", ours.ops, theirs.ops, problems)
  same(at .. " type", ours.type or "none", theirs.type, problems)
  same(at .. " multiple", ours.multiple or false, theirs.multiple, problems)
  same(at .. " mandatory", ours.mandatory or false, theirs.mandatory, problems)
  -- Where the registry is silent about unit and limits, we may say more.
  if theirs.unit ~= "" then
    same(at .. " unit", ours.unit, SENML[theirs.unit] or theirs.unit, problems)
  end
  if theirs.range[1] and theirs.type ~= "none" then
    local limits = ours.range or ours.length or {}
    same(at .. " least", limits[1], theirs.range[1], problems)
    same(at .. " most", limits[2], theirs.range[2], problems)
  end
end

local function compare(ours, problems)
  local at = ("%d/%s"):format(ours.id, ours.version)
  local theirs = oma_xml.version(options.registry, ours.id, ours.version)
  if not theirs then
    problems[#problems + 1] = at .. ": the registry has no such version"
    return
  end
  for _, key in ipairs { "id", "name", "urn", "version", "lwm2m", "multiple", "mandatory" } do
    same(at .. " " .. key, ours[key], theirs[key], problems)
  end
  for _, rid in ipairs(format.keys(theirs.resources)) do
    local here = ours.resources[rid]
    same(("%s/%d"):format(at, rid), here and "present" or "missing", "present", problems)
    if here then
      compare_resource(("%s/%d"):format(at, rid), here, theirs.resources[rid], problems)
    end
  end
  for _, rid in ipairs(format.keys(ours.resources)) do
    local there = theirs.resources[rid] and "present" or "missing"
    same(("%s/%d"):format(at, rid), "present", there, problems)
  end
end

--- Versions the registry has and the file lacks.
local function check_complete(list, problems)
  local have = {}
  for _, o in ipairs(list) do have[o.version] = true end
  for major = 1, 9 do
    for minor = 0, 9 do
      local version = ("%d.%d"):format(major, minor)
      if not have[version] and oma_xml.version(options.registry, list[1].id, version) then
        problems[#problems + 1] = ("%d/%s: version missing here"):format(list[1].id, version)
      end
    end
  end
end

-- The run -----------------------------------------------------------------------------------

local function read_arguments()
  local i = 1
  while arg[i] do
    local name = arg[i]:match("^%-%-(%l+)$")
    if arg[i] == "--no-registry" then
      options.registry = nil
    elseif options[name or 1] and arg[i + 1] then
      options[name] = arg[i + 1]
      i = i + 1
    else
      io.stderr:write("usage: check_objects.lua [--objects DIR] [--registry DIR] [--no-registry]\n")
      os.exit(2)
    end
    i = i + 1
  end
end

local function files_in(dir)
  local quoted = "'" .. dir:gsub("'", "'\\''") .. "'"
  local pipe = assert(io.popen("find " .. quoted .. " -maxdepth 1 -name '*.lua' | LC_ALL=C sort"))
  local files = {}
  for line in pipe:lines() do
    if not line:find("/quirks%.lua$") then files[#files + 1] = line end -- profiles, no objects
  end
  pipe:close()
  return files
end

local function registry_there()
  if not options.registry then return false end
  if oma_xml.read(options.registry .. "/3.xml") then return true end
  print("registry files are not at hand: facts are not compared")
  return false
end

local function run()
  local compares, owner = registry_there(), {}
  for _, path in ipairs(files_in(options.objects)) do
    local name, problems = path:match("[^/]+$"), {}
    local list = format.check_file(path, problems)
    if list[1] and owner[list[1].id] then
      problems[#problems + 1] = ("object %d is also in %s"):format(list[1].id, owner[list[1].id])
    end
    count(name, problems)
    if list[1] then owner[list[1].id] = name end
    if compares and #problems == 0 then
      for _, o in ipairs(list) do
        local differences = {}
        compare(o, differences)
        count(name, differences)
      end
      local missing = {}
      check_complete(list, missing)
      count(name, missing)
    end
  end
  for at in pairs(compares and options.objects == ROOT .. "/objects" and JUSTIFIED or {}) do
    if not used[at] then count("JUSTIFIED", { at .. ": no longer differs, remove it" }) end
  end
  if passed + failed == 0 then count(options.objects, { "no definitions found" }) end
  print(("%d passed, %d failed"):format(passed, failed))
end

read_arguments()
run()
os.exit(failed == 0)
