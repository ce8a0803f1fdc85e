-- SPDX-License-Identifier: Apache-2.0
-- tools/check_objects.lua: what it lets pass, what it refuses and in which words.

local ROOT = os.getenv("TG_ROOT") or "."

local function shell(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo exit $?"))
  local text = pipe:read("*a")
  pipe:close()
  return text, tonumber(text:match("exit (%d+)%s*$"))
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

--- A definition as text; `object` and `resource` are put among their keys.
local function definition(object, resource)
  return ([[
return {
  id = 3303, name = "Temperature", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3303", lwm2m = "1.0",
  multiple = true, mandatory = false, description = "A thermometer.",
  resources = {
    [5700] = { name = "Sensor Value", ops = "R", type = "float", mandatory = true %s },
  },
  %s
}]]):format(resource or "", object or "")
end

--- One resource instead of Sensor Value.
local function with_resource(text)
  return (definition():gsub("%[5700%] = %b{}", function() return "[5700] = " .. text end))
end

describe("tools/check_objects.lua", function()
  local dir

  before_each(function()
    dir = os.tmpname()
    os.remove(dir)
    assert(shell("mkdir " .. dir .. " " .. dir .. "/reg") == "exit 0\n")
  end)

  after_each(function() shell("rm -r " .. dir) end)

  local function check(files, flags)
    for name, text in pairs(files) do write(dir .. "/" .. name, text) end
    return shell(("lua5.4 %s/tools/check_objects.lua --objects %s %s"):format(ROOT, dir,
      flags or "--no-registry"))
  end

  it("passes everything the product ships", function()
    local text, rc = shell("lua5.4 " .. ROOT .. "/tools/check_objects.lua")
    assert.equal(0, rc, text)
    assert.truthy(text:find("%d+ passed, 0 failed"))
  end)

  it("passes a well-formed file", function()
    local text, rc = check { ["3303-temperature.lua"] = definition() }
    assert.equal(0, rc, text)
    assert.truthy(text:find("1 passed, 0 failed", 1, true))
  end)

  it("passes a list of versions that share resources", function()
    local text, rc = check { ["0042-thing.lua"] = [[
local res = { [0] = { name = "A", ops = "R", type = "string" } }
return {
  { id = 42, name = "T", version = "1.9", urn = "urn:oma:lwm2m:x:42:1.9", lwm2m = "1.0",
    multiple = true, mandatory = false, description = "d", resources = { [0] = res[0] } },
  { id = 42, name = "T", version = "1.10", urn = "urn:oma:lwm2m:x:42:1.10", lwm2m = "1.0",
    multiple = true, mandatory = false, description = "d", resources = res },
}]] }
    assert.equal(0, rc, text)
  end)

  it("refuses wrong arguments with its usage", function()
    local text, rc = shell("lua5.4 " .. ROOT .. "/tools/check_objects.lua --object x")
    assert.equal(2, rc)
    assert.truthy(text:find("usage:", 1, true))
  end)

  it("fails where there is nothing to check", function()
    local text, rc = check {}
    assert.equal(1, rc)
    assert.truthy(text:find("no definitions found", 1, true))
  end)

  it("goes on without the registry and says so", function()
    local text, rc = check({ ["3303-temperature.lua"] = definition() },
      "--registry " .. dir .. "/none")
    assert.equal(0, rc, text)
    assert.truthy(text:find("facts are not compared", 1, true))
  end)

  it("refuses a second file for the same object", function()
    local text, rc = check { ["3303-a.lua"] = definition(), ["3303-b.lua"] = definition() }
    assert.equal(1, rc)
    assert.truthy(text:find("3303-b.lua: object 3303 is also in 3303-a.lua", 1, true), text)
  end)

  it("passes the examples of the documentation", function()
    local files, examples = {}, 0
    for _, name in ipairs { "objects/README.md", "docs/howto/define-an-object.md" } do
      local file = assert(io.open(ROOT .. "/" .. name))
      for block in file:read("*a"):gmatch("```lua\n(.-)```") do
        files[assert(block:match("^%-%- objects/(%S+)\n"), "a block without a file name")] = block
        examples = examples + 1
      end
      file:close()
    end
    local text, rc = check(files)
    assert.equal(0, rc, text)
    assert.truthy(text:find(examples .. " passed", 1, true), text)
    assert.equal(3, examples)
  end)

  local BAD = {
    { "a syntax error", "return {", "expected" },
    { "no table", "return 7", "must return a table" },
    { "a missing value", "local t = {}", "must return a table" },
    { "a call", 'return { id = tonumber("3") }', "attempt to call a nil value" },
    { "a method of strings", 'return { id = ("3"):len() }', "attempt to" },
    { "a file that does not end", "while true do end", "does not end" },
    { "an empty table", "return {}", "id is missing" },
    { "a list with something else in it", "return { 7 }", "1: must be a table" },
    { "an unknown object key", definition("versoin = 1"),
      "unknown key versoin, nearest is version" },
    { "an unknown resource key", definition("", ', units = "m"'),
      "3303/1.0/5700: unknown key units, nearest is unit" },
    { "an id out of bounds", (definition():gsub("id = 3303", "id = 65535")),
      "id must be an integer from 0 to 65534" },
    { "a version that is a number", (definition():gsub('version = "1.0"', "version = 1.0")),
      'version must be a version such as "1.0"' },
    { "an enabler that does not exist", (definition():gsub('lwm2m = "1.0"', 'lwm2m = "3.0"')),
      'lwm2m must be "1.0", "1.1" or "1.2"' },
    { "a urn of another version", (definition():gsub("ext:3303", "ext:3303:1.1")),
      "urn does not fit id and version" },
    { "a description over two lines", (definition():gsub("A thermo", "A\\nthermo")),
      "description must be one line of text" },
    { "no resources", (definition():gsub("%[5700%] = %b{},", "")), "has no resources" },
    { "a resource id that is text", (definition():gsub("%[5700%]", '["5700"]')),
      "a resource id is an integer from 0 to 65534" },
    { "a resource that is no table", with_resource("true"), "3303/1.0/5700: must be a table" },
    { "a resource that is a function", with_resource("function() end"), "must be a table" },
    { "a resource without ops", with_resource('{ name = "A", type = "float" }'), "ops is missing" },
    { "operations in another order", with_resource('{ name = "A", ops = "WR", type = "float" }'),
      'ops must be "", "R", "W", "RW" or "E"' },
    { "a type the enabler does not have", with_resource('{ name = "A", ops = "R", type = "int" }'),
      "type must be one of boolean" },
    { "no type on a value", with_resource('{ name = "A", ops = "R" }'),
      'type is left out with ops "E" only' },
    { "a type on an executable", with_resource('{ name = "A", ops = "E", type = "float" }'),
      'type is left out with ops "E" only' },
    { "a multiple executable", with_resource('{ name = "A", ops = "E", multiple = true }'),
      "an executable resource cannot be multiple" },
    { "a range upside down", definition("", ", range = { 2, 1 }"), "be { least, most }" },
    { "a range with a third value", definition("", ", range = { 1, 2, 3 }"), "range must be" },
    { "a range on text", with_resource('{name="A", ops="R", type="string", range={0,1}}'),
      "range is for integer, unsigned and float" },
    { "a fraction in a range of integers",
      with_resource('{ name = "A", ops = "R", type = "integer", range = { 0, 0.5 } }'),
      "range of whole numbers has a fraction" },
    { "a negative unsigned",
      with_resource('{ name = "A", ops = "R", type = "unsigned", range = { -1, 1 } }'),
      "unsigned range below 0" },
    { "a length on a number", definition("", ", length = { 0, 1 }"),
      "length is for string, opaque and corelnk" },
    { "a negative length",
      with_resource('{ name = "A", ops = "R", type = "opaque", length = { -1, 1 } }'),
      "length cannot be negative" },
    { "a unit on text", with_resource('{ name = "A", ops = "R", type = "string", unit = "m" }'),
      "unit is for integer, unsigned and float" },
    { "names for fractions", definition("", ', enum = { [0] = "off" }'),
      "enum is for integer and unsigned" },
    { "a name outside the range",
      with_resource('{name="A", ops="R", type="integer", range={0,1}, enum={[2]="x"}}'),
      "enum value 2 is outside the range" },
    { "a flag that is no flag", definition("", ', sensitive = "yes"'),
      "sensitive must be true or false" },
  }

  for _, case in ipairs(BAD) do
    it("refuses " .. case[1], function()
      local text, rc = check { ["3303-temperature.lua"] = case[2] }
      assert.equal(1, rc, text)
      assert.truthy(text:find(case[3], 1, true), text)
      assert.truthy(text:find("3303-temperature.lua", 1, true), text)
    end)
  end

  it("refuses a file name that does not start with the id", function()
    local text, rc = check { ["3304-temperature.lua"] = definition() }
    assert.equal(1, rc)
    assert.truthy(text:find("name the file 3303-short-name.lua", 1, true), text)
  end)

  it("refuses versions in the wrong order", function()
    local one = definition():gsub("^return ", "")
    local text, rc = check { ["3303-temperature.lua"] = "return {" .. one .. "," .. one .. "}" }
    assert.equal(1, rc)
    assert.truthy(text:find("one object per file, oldest version first", 1, true), text)
  end)

  context("with a registry", function()
    local function item(id, name, ops, kind, range, units)
      return ([[<Item ID="%d"><Name>%s</Name><Operations>%s</Operations>
<MultipleInstances>Single</MultipleInstances><Mandatory>Mandatory</Mandatory><Type>%s</Type>
<RangeEnumeration>%s</RangeEnumeration><Units>%s</Units><Description/></Item>]]):format(id, name,
        ops, kind, range or "", units or "")
    end

    local function registry(items, version)
      write(dir .. "/reg/3.xml", "<LWM2M/>")
      write(dir .. "/reg/3303.xml", ([=[<LWM2M><Object><Name><![CDATA[Temperature]]></Name>
<ObjectID>3303</ObjectID><ObjectURN>urn:oma:lwm2m:ext:3303</ObjectURN>%s
<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
<!-- <Item ID="1"></Item> --><Resources>%s</Resources></Object></LWM2M>]=]):format(
        version and "<ObjectVersion>" .. version .. "</ObjectVersion>" or "", items))
    end

    local function compare(text)
      local files = { ["3303-temperature.lua"] = text or definition() }
      return check(files, "--registry " .. dir .. "/reg")
    end

    it("passes where facts agree", function()
      registry(item(5700, "Sensor Value (1)", "R", "Float"))
      local text, rc = compare()
      assert.equal(0, rc, text)
    end)

    it("names every fact that differs", function()
      registry(item(5700, "Value", "RW", "Integer", "0..5", "Cel"))
      local text, rc = compare()
      assert.equal(1, rc)
      for _, line in ipairs {
        "3303/1.0/5700 name: Sensor Value here, Value in the registry",
        "3303/1.0/5700 ops: R here, RW in the registry",
        "3303/1.0/5700 type: float here, integer in the registry",
        "3303/1.0/5700 unit: nil here, Cel in the registry",
        "3303/1.0/5700 least: nil here, 0 in the registry",
        "3303/1.0/5700 most: nil here, 5 in the registry",
      } do
        assert.truthy(text:find(line, 1, true), text)
      end
    end)

    it("reads the ways in which old texts write a unit", function()
      registry(item(5700, "Sensor Value", "R", "Float", "0-100", "%"))
      local text, rc = compare(definition("", ', unit = "/100", range = { 0, 100 }'))
      assert.equal(0, rc, text)
    end)

    it("finds resources missing on either side", function()
      registry(item(5701, "Sensor Units", "R", "String"))
      local text, rc = compare()
      assert.equal(1, rc)
      assert.truthy(text:find("5701: missing here, present in the registry", 1, true), text)
      assert.truthy(text:find("5700: present here, missing in the registry", 1, true), text)
    end)

    it("finds versions missing on either side", function()
      registry(item(5700, "Sensor Value", "R", "Float"), "1.1")
      local text, rc = compare()
      assert.equal(1, rc)
      assert.truthy(text:find("3303/1.0: the registry has no such version", 1, true), text)
      assert.truthy(text:find("3303/1.1: version missing here", 1, true), text)
    end)
  end)
end)
