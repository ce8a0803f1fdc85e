-- SPDX-License-Identifier: Apache-2.0
-- The documentation keeps what it says: Lua blocks load, and are what they look like (a script that
-- the gateway would take, a configuration, an object definition); links lead somewhere.
package.path = "scripts/?.lua;tests/spec/?.lua;tools/lib/?.lua;" .. package.path

local driver = require "tidegate.driver"
local fake_core = require "fake_core"
local fake_tg = require "fake_tg"
local check = dofile "config/check.lua"
local schema = dofile "config/schema.lua"
local format = require "object_format"

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

--- Blocks ```lua … ``` of a file: { where, text }; the text stands at its line, for messages.
local function blocks_of(path)
  local blocks, inside, number = {}, nil, 0
  for line in (read(path) .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    if inside and line:match("^```%s*$") then
      inside.text = ("\n"):rep(inside.line) .. table.concat(inside, "\n") .. "\n"
      blocks[#blocks + 1] = inside
      inside = nil
    elseif inside then
      inside[#inside + 1] = line
    elseif line:match("^```lua%s*$") then
      inside = { where = ("%s:%d"):format(path, number), line = number, path = path }
    end
  end
  assert(not inside, path .. ": a block does not end")
  return blocks
end

--- A block as a function: it is a chunk, or an expression, or members of a table.
local function load_block(block)
  local name = "@" .. block.path
  local chunk, why = load(block.text, name, "t")
  chunk = chunk or load("return " .. block.text, name, "t")
  return chunk or load("return {" .. block.text .. "}", name, "t"), why
end

local SCRIPT_KEYS = {
  "rules", "commands", "events", "init", "drivers", "driver", "on_register", "save",
  "restore",
}

local function is_script(value)
  for _, key in ipairs(SCRIPT_KEYS) do
    if value[key] ~= nil then return true end
  end
  return false
end

local function is_object(value)
  local one = value[1] or value
  return type(one) == "table" and one.id ~= nil and one.resources ~= nil
end

-- Members of a configuration are completed by what it can't be without.
local function is_config(value)
  local members = 0
  for key in pairs(value) do
    if not schema.fields[key] then return false end
    members = members + 1
  end
  return members > 0
end

local function check_object(block)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(block.text)
  file:close()
  local problems = {}
  format.check_file(path, problems)
  os.remove(path)
  local told = {}
  for _, problem in ipairs(problems) do
    if not problem:match "^name the file" then told[#told + 1] = problem end
  end
  assert.same({}, told)
end

--- A gateway whose tg is what `require "tidegate"` gives to the block.
local function gateway_for_block()
  local gateway = fake_tg.gateway()
  gateway.tg.driver.define = function(definition)
    return driver.define(fake_core.core "docs", definition)
  end
  package.loaded.tidegate = gateway.tg
  return gateway
end

--- Starts a script and gives it something to do: a temperature, and a message for each filter.
local function run_script(gateway, chunk)
  local handlers = gateway:start(chunk)
  local dev = gateway:device("freezer-1", { link = "nb" })
  if handlers.on_records then
    gateway:report(dev, { { "/3303/0/5700", 21.5, 1764230412.305 } })
    assert.is_truthy(#gateway.published > 0, "no rule published anything")
  end
  for filter in pairs(gateway.subscriptions) do
    local topic = filter:gsub("[+#]", dev.ep)
    gateway:message(filter, topic, "true")
    assert.is_truthy(#dev.commands + #dev.calls > 0, "no command rule made a command")
  end
  gateway:pass(120)
  assert.same({}, gateway.failures)
end

local files = lines_of "ls README.md docs/*.md docs/howto/*.md objects/README.md 2>/dev/null"
local pages = lines_of "git ls-files -co --exclude-standard '*.md' 2>/dev/null"
if #pages == 0 then pages = lines_of "find . -name '*.md' -not -path './build/*'" end

local function check_block(block)
  local gateway = gateway_for_block()
  local chunk, why = load_block(block)
  assert.is_truthy(chunk, why)
  local ok, value = pcall(chunk, {})
  if not ok then
    -- A snippet may use names that only its surroundings have.
    assert.is_truthy(tostring(value):find "nil value", value)
  elseif type(value) ~= "table" then
    return
  elseif is_object(value) then
    check_object(block)
  elseif value.driver then
    assert.equal("function", type(value.init))
  elseif is_script(value) then
    run_script(gateway, chunk)
  elseif is_config(value) then
    local _, problems = check.run(schema, value, block.text)
    assert.same({}, problems or {})
  end
end

--- The file a block says it is, in a first line such as `-- rules/hall.lua`.
local function name_of(block) return (block[1] or ""):match "^%-%- ([%w_/-]+%.lua)$" end

local function is_spec(block) return (name_of(block) or ""):match "_spec%.lua$" ~= nil end

--- Writes the blocks of a page that have names below a new folder, and runs its specs there.
local function run_specs(blocks)
  local folder = os.tmpname()
  os.remove(folder)
  for _, block in ipairs(blocks) do
    local name = name_of(block)
    if name then
      os.execute(("mkdir -p '%s/%s'"):format(folder, name:match "^(.*)/" or "."))
      local file = assert(io.open(folder .. "/" .. name, "w"))
      file:write(block.text)
      file:close()
    end
  end
  local here = lines_of("pwd")[1]
  local busted = "cd '%s' && busted --lua=lua5.4 -o TAP --lpath='%s/scripts/?.lua' rules 2>&1"
  local said = table.concat(lines_of(busted:format(folder, here)), "\n")
  os.execute(("rm -r '%s'"):format(folder))
  assert.is_truthy(said:find "\nok 1 %-" or said:find "^ok 1 %-", said)
  assert.is_nil(said:find("not ok", 1, true), said)
end

describe("a Lua block", function()
  for _, path in ipairs(files) do
    local blocks, has_specs = blocks_of(path), false
    for _, block in ipairs(blocks) do
      if is_spec(block) then
        has_specs = true
      else
        it("at " .. block.where .. " is what it looks like", function() check_block(block) end)
      end
    end
    if has_specs then
      it("in " .. path .. " that is a spec passes", function() run_specs(blocks) end)
    end
  end
end)

--- Anchors of a page, as GitHub makes them of headings.
local function anchors_of(path)
  local anchors, inside = {}, false
  for line in (read(path) .. "\n"):gmatch("(.-)\n") do
    if line:match("^```") then inside = not inside end
    local heading = not inside and line:match("^#+%s+(.*)$")
    if heading then
      local anchor = heading:gsub("%[(.-)%]%(.-%)", "%1"):lower()
      anchors[(anchor:gsub("[^%w%- _\x80-\xff]", ""):gsub(" ", "-"))] = true
    end
  end
  return anchors
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

-- Folder of `path` and `target`, without `..`.
local function joined(path, target)
  local full = (path:match("^(.*/)") or "") .. target
  local before
  repeat
    before = full
    full = full:gsub("[^/]+/%.%./", "", 1)
  until full == before
  return full
end

local function broken_links(path)
  local broken = {}
  local text = read(path):gsub("```.-\n```", ""):gsub("`[^`\n]*`", "")
  for target in text:gmatch("%]%(([^)%s]+)%)") do
    if not target:match("^%a+:") then
      local file, anchor = target:match("^([^#]*)#?(.*)$")
      local full = file == "" and path or joined(path, file)
      if not exists(full) then
        broken[#broken + 1] = target .. ": no such file"
      elseif anchor ~= "" and full:match("%.md$") and not anchors_of(full)[anchor] then
        broken[#broken + 1] = target .. ": no such heading"
      end
    end
  end
  return broken
end

describe("a page", function()
  for _, path in ipairs(pages) do
    it(path .. " links to what is there", function() assert.same({}, broken_links(path)) end)
  end

  it("in docs/howto is found from docs/README.md", function()
    local index = read "docs/README.md"
    for _, path in ipairs(lines_of "ls docs/*.md docs/howto/*.md") do
      local name = path:match("^docs/(.*)$")
      if name ~= "README.md" then
        assert.is_truthy(index:find("(" .. name .. ")", 1, true), name .. " is not in the index")
      end
    end
  end)
end)

describe("the list of functions of uv", function()
  -- Function -> what scripts have of it, as the program has it.
  local function listed()
    local how = {}
    local list = read "bindings/api/bundle_uv.def"
    for name, kind in list:gmatch("\nTG_UV%(([%w_]+), ([%u_]+), %d%)") do
      assert.is_nil(how[name], name .. " comes twice")
      how[name] = kind
    end
    return how
  end

  it("is the same for people as for the program", function()
    local how, told = listed(), {}
    local page = read "docs/howto/scripts-cant-hurt.md"
    local from = assert(page:find("| how | functions of `uv` |", 1, true))
    for row, names in page:sub(from):gmatch("\n| ([^|\n]+) | (`[^|\n]*`) |") do
      for name in names:gmatch("`([%w_]+)`") do
        assert.is_nil(told[name], name .. " is told twice")
        told[name] = true
        local is_absent = row:find("^not there") ~= nil
        assert.are.equal(how[name] == "NOT_THERE", is_absent, name)
        local waits = row:find("^with a function only") ~= nil
        assert.are.equal(how[name] == "WAITS" or how[name] == "SCAN", waits, name)
      end
    end
    for name in pairs(how) do assert.is_true(told[name], name .. " is not told of") end
  end)

  it("has every function that luv has", function()
    local how = listed()
    for name, value in pairs(require "luv") do
      if type(value) == "function" then assert.is_truthy(how[name], name) end
    end
  end)
end)
