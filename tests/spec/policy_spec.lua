-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local policy = require "tidegate.policy"

local function wrong(decision)
  local ok, why = pcall(policy.read, decision)
  assert.is_false(ok)
  return why
end

describe("tidegate.policy", function()
  describe("a decision", function()
    it("may be that the device comes in as it is", function()
      assert.is_nil(policy.read(nil))
      assert.is_nil(policy.read(true))
      assert.same({}, policy.read {})
      assert.same({}, policy.read { admit = true })
    end)

    it("may be that it does not", function()
      assert.same({ refused = "refused by policy" }, policy.read(false))
      assert.same({ refused = "refused by policy" }, policy.read { admit = false })
      assert.same({ refused = "who?" }, policy.read { admit = false, why = "who?", name = "x" })
      assert.equal(200, #policy.read({ admit = false, why = ("x"):rep(999) }).refused)
    end)

    it("gives a name, tags and a format", function()
      local read = policy.read { name = "hall", tags = { "b", "a", "b", "m:1" }, format = "tlv" }
      assert.same({ name = "hall", tags = "b a m:1", format = "tlv" }, read)
      assert.equal("", policy.read({ tags = {} }).tags)
      assert.is_false(policy.read({ send = false }).send)
    end)

    it("chooses what is observed", function()
      local read = policy.read {
        observe = {
          "/3303",
          { path = "/3/0/9", pmax = 60, pmin = 10.0, gt = 21.50, lt = -3, st = 1e-6 },
        },
      }
      assert.same({
        { path = "/3303", query = "" },
        { path = "/3/0/9", query = "pmin=10&pmax=60&gt=21.5&lt=-3&st=0.000001" },
      }, read.observe)
      assert.same({}, policy.read({ observe = {} }).observe) -- nothing, which is a choice
    end)

    local rows = {
      { 7, "returns a table, true, false or nothing, not number" },
      { "x", "not string" },
      { { nme = "x" }, 'the decision: "nme" is not known, did you mean "name"?' },
      { { name = 7 }, "name is a string, not number" },
      { { name = "" }, "1 to 255 bytes" },
      { { name = ("x"):rep(256) }, "1 to 255 bytes" },
      { { name = "a\0b" }, "1 to 255 bytes" },
      { { name = "\xff" }, "1 to 255 bytes" },
      { { send = 1 }, "send is a boolean, not number" },
      { { admit = "no" }, "admit is a boolean, not string" },
      { { tags = "a" }, "tags is a table, not string" },
      { { tags = { a = 1 } }, "tags is a list; key a does not belong there" },
      { { tags = { "a", "" } }, "tags[2] is no word" },
      { { tags = { 5 } }, "tags[1] is no word" },
      { { tags = { ("x"):rep(65) } }, "of 64 at most" },
      { { tags = { "a b" } }, "tags[1] is no word" },
      { { observe = "/3" }, "observe is a table" },
      { { observe = { 7 } }, "observe[1] is a path or a table" },
      { { observe = { {} } }, "observe[1]: the path of an object" },
      { { observe = { "/" } }, "observe[1]: the path" },
      { { observe = { "3303" } }, "observe[1]: the path" },
      { { observe = { "/3/0/1/2" } }, "observe[1]: the path" },
      { { observe = { "/3//1" } }, "observe[1]: the path" },
      { { observe = { "/65535" } }, "observe[1]: the path" },
      { { observe = { "/3/x" } }, "observe[1]: the path" },
      { { observe = { "/3", { path = "/4", pmni = 1 } } }, 'observe[2]: "pmni" is not known' },
      { { observe = { { path = "/4", pmin = 1.5 } } }, "pmin is a whole number of seconds" },
      { { observe = { { path = "/4", pmin = -1 } } }, "pmin is a whole number" },
      { { observe = { { path = "/4", pmax = "60" } } }, "pmax is a whole number" },
      { { observe = { { path = "/4", gt = 0 / 0 } } }, "gt is a number" },
      { { observe = { { path = "/4", lt = math.huge } } }, "lt is a number" },
      { { observe = { { path = "/4", st = 1e16 } } }, "of 15 digits at most" },
      { { observe = { { path = "/4", pmin = 9, pmax = 8 } } }, "pmax is less than pmin" },
    }
    for _, row in ipairs(rows) do
      it("is refused: " .. row[2], function()
        local why = wrong(row[1])
        assert.truthy(why:find(row[2], 1, true), why)
      end)
    end

    it("has an end in every direction", function()
      local many, tags = {}, {}
      for at = 1, 65 do many[at] = "/3303" end
      for at = 1, 17 do tags[at] = "t" .. at end
      assert.truthy(wrong({ observe = many }):find("at most 64", 1, true))
      assert.truthy(wrong({ tags = tags }):find("at most 16", 1, true))
      for at = 1, 16 do tags[at] = ("t"):rep(20) .. at end
      tags[17] = nil
      assert.truthy(wrong({ tags = tags }):find("longer than 255", 1, true))
    end)
  end)

  describe("a handler", function()
    it("is there for scripts that have one", function()
      assert.is_nil(policy.handler(nil))
    end)

    it("gives the registration to the script and its decision to the gateway", function()
      local seen
      local handler = policy.handler(function(reg)
        seen = reg
        return { name = reg.ep .. "!" }
      end)
      local reg = { ep = "a" }
      assert.same({ name = "a!" }, handler(reg))
      assert.equal(reg, seen)
    end)

    it("takes false and a reason for a refusal", function()
      assert.same({ refused = "no" }, policy.handler(function() return false, "no" end)({}))
      assert.is_nil(policy.handler(function() end)({}))
    end)

    it("passes on what the script raises, and says whose decision was wrong", function()
      local ok, why = pcall(policy.handler(function() error("oh", 0) end), {})
      assert.same({ false, "oh" }, { ok, why })
      ok, why = pcall(policy.handler(function() return 7 end), {})
      assert.is_false(ok)
      assert.truthy(why:find("^on_register: "))
    end)
  end)
end)
