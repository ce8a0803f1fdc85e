-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local json = require "tidegate.json"

describe("tidegate.json", function()
  it("writes scalars", function()
    local rows = {
      { 1, "1" },
      { -7, "-7" },
      { math.maxinteger, "9223372036854775807" },
      { 21.5, "21.5" },
      { 0.1, "0.1" },
      { 1e300, "1e300" },
      { 2.5e-7, "2.5e-7" },
      { 20.0, "20.0" },
      { -0.0, "-0.0" },
      { 2 ^ 52, "4503599627370496.0" },
      { true, "true" },
      { false, "false" },
      { "text", '"text"' },
      { 'a"b\\c\n\t\r', '"a\\"b\\\\c\\n\\t\\r"' },
      { "\0\1\127", '"\\u0000\\u0001\\u007f"' },
      { "é€", '"é€"' },
    }
    for _, row in ipairs(rows) do assert.equal(row[2], json.encode(row[1])) end
    assert.equal("null", json.encode(nil))
  end)

  it("writes numbers that read back as the same number", function()
    for _, value in ipairs { 0.1 + 0.2, 1 / 3, 2 ^ 53 + 2.0, 5e-324, 1732000000.125, -1e-7 } do
      assert.equal(value, tonumber(json.encode(value)))
    end
  end)

  it("writes null for numbers that are not finite", function()
    for _, value in ipairs { 1 / 0, -1 / 0, 0 / 0 } do
      assert.equal("null", json.encode(value))
    end
  end)

  it("puts U+FFFD for bytes that are no UTF-8", function()
    assert.equal('"a\u{FFFD}b"', json.encode "a\xFFb")
    assert.equal('"\u{FFFD}"', json.encode "\xC3")
    assert.equal('"\u{FFFD}\u{FFFD}é"', json.encode "\xFE\xFFé")
  end)

  it("writes sequences as arrays and other tables as objects with sorted keys", function()
    assert.equal("[1,[2,3],{}]", json.encode { 1, { 2, 3 }, {} })
    assert.equal('{"a":{"c":null},"b":1}', json.encode { b = 1, a = { c = 0 / 0 } })
  end)

  it("writes opaque values as base64", function()
    local rows = {
      { "", "" },
      { "f", "Zg==" },
      { "fo", "Zm8=" },
      { "foo", "Zm9v" },
      { "\xFF\xFE\xFD", "//79" },
    }
    for _, row in ipairs(rows) do
      assert.equal('{"base64":"' .. row[2] .. '"}', json.encode { bytes = row[1] })
    end
  end)

  it("writes the keys of an order first, in the outermost object only", function()
    local value = { b = 1, state = "done", a = { state = 2, c = 3 }, id = "x" }
    local text = json.encode(value, { "id", "none", "state" })
    assert.equal('{"id":"x","state":"done","a":{"c":3,"state":2},"b":1}', text)
    assert.equal("[1]", json.encode({ 1 }, { "id" }))
  end)

  it("refuses what has no JSON form", function()
    assert.has_error(function() json.encode(print) end, "JSON: a function can't be written")
    local keys = "JSON: a table has text keys, or is a list without holes"
    for _, wrong in ipairs { { [7] = 1 }, { 1, x = 2 }, { [true] = 1 }, { [1.5] = 1 } } do
      assert.has_error(function() json.encode(wrong) end, keys)
    end
    local loop = {}
    loop.loop = loop
    assert.has_error(function() json.encode(loop) end, "JSON: tables nested deeper than 16")
  end)

  it("is read by another implementation as what it was", function()
    local value = { list = { 1, 2.5, "x" }, text = "ä\n\"", yes = true, deep = { a = { b = "c" } } }
    assert.same(value, (dkjson.decode(json.encode(value))))
  end)
end)
