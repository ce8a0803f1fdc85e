-- SPDX-License-Identifier: Apache-2.0
-- Where config/lines.lua finds the keys of a configuration.

local lines_of = dofile("config/lines.lua")

describe("config/lines.lua", function()
  it("does not take comments and strings for keys when it looks for lines", function()
    local lines = lines_of("return { -- links = {\n--[[ x = {\n]] name = [[\n{]],\n port = 1 }")
    assert.equal(3, lines.name)
    assert.equal(5, lines.port)
    assert.is_nil(lines.links)
  end)

  it("follows lists, tables within tables and keys in brackets", function()
    local lines = lines_of([[return {
 links = {
  { kind = "udp",
    ["port"] = 5683 },
  {
   kind = "nidd" } } }]])
    assert.same({ 2, 3, 3, 4, 5, 6 }, {
      lines.links, lines["links[1]"], lines["links[1].kind"], lines["links[1].port"],
      lines["links[2]"], lines["links[2].kind"],
    })
  end)

  it("tells keys that come again in one table, not those of others", function()
    local lines, twice = lines_of("return {\n a = 1,\n b = { a = 2 },\n a = 3 }")
    assert.equal(4, lines.a)
    local message = "a is given twice, on line 2 already"
    assert.same({ { path = "a", line = 4, message = message } }, twice)
  end)

  it("has no lines for what it can't follow", function()
    assert.same({}, (lines_of("local x = 1 return x")))
    assert.same({}, (lines_of("")))
    assert.same({}, (lines_of("}}}")))
  end)
end)
