-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local keys = require "tidegate.keys"

describe("tidegate.keys", function()
  describe("nearest", function()
    local known = { "topic", "match", "retain", "qos" }

    it("offers the known word that takes the fewest letters to change", function()
      local rows = {
        { "topik", "topic" },
        { "tpoic", "topic" },
        { "macth", "match" },
        { "retained", "retain" },
        { "qo", "qos" },
      }
      for _, row in ipairs(rows) do
        assert.equal((', did you mean "%s"?'):format(row[2]), keys.nearest(row[1], known))
      end
    end)

    it("is silent when nothing is near", function()
      assert.equal("", keys.nearest("temperature", known))
      assert.equal("", keys.nearest("x", {}))
    end)

    it("compares no more than the beginning of a word that goes on and on", function()
      local began = os.clock()
      keys.nearest(("x"):rep(1e6), known)
      assert.is_true(os.clock() - began < 0.5)
    end)
  end)

  describe("unknown", function()
    it("is nil when all keys are known", function()
      assert.is_nil(keys.unknown({ qos = 1 }, { "topic", "qos" }))
      assert.is_nil(keys.unknown({}, {}))
    end)

    it("names the first unknown key in order, so that a mistake has one message", function()
      for _ = 1, 5 do
        assert.equal(
          '"alpha" is not known',
          keys.unknown({ zulu = 1, alpha = 1, mike = 1, topic = 1 }, { "topic" })
        )
      end
    end)

    it("takes keys that are no text", function()
      assert.equal('"1" is not known', keys.unknown({ 7 }, { "topic" }))
      assert.equal('"true" is not known', keys.unknown({ [true] = 7 }, { "topic" }))
    end)
  end)

  describe("shown", function()
    it("is the word itself while it is short", function()
      assert.equal("", keys.shown "")
      assert.equal(("x"):rep(64), keys.shown(("x"):rep(64)))
    end)

    it("is cut between two characters where it goes on and on", function()
      assert.equal(("x"):rep(64) .. "…", keys.shown(("x"):rep(65)))
      assert.equal(("x"):rep(63) .. "…", keys.shown(("x"):rep(63) .. "ä" .. ("x"):rep(9)))
      assert.equal(("x"):rep(61) .. "…", keys.shown(("x"):rep(61) .. "😀😀"))
      assert.equal("…", keys.shown(("\x80"):rep(100)))
    end)

    it("is what messages about unknown keys have in them", function()
      local long = ("k"):rep(1e5)
      local text = keys.unknown({ [long] = 1 }, { "topic" })
      assert.equal('"' .. ("k"):rep(64) .. '…" is not known', text)
    end)
  end)

  it("sorts the keys of a table", function()
    assert.same({ "a", "b", "c" }, keys.sorted { c = 1, a = 2, b = 3 })
    assert.same({}, keys.sorted {})
  end)
end)
