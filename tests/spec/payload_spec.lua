-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local json = require "tidegate.json"
local payload = require "tidegate.payload"

local function new(doubts)
  local seq = 0
  return payload.new {
    json = json.encode,
    gw = "00ff",
    next_seq = function()
      seq = seq + 1
      return seq, doubts
    end,
  }
end

describe("tidegate.payload", function()
  describe("of a record without a map", function()
    it("has the value and the time", function()
      local rows = {
        { 7, 1732000000.125, '{"v":7,"t":1732000000.125}' },
        { 21.5, 1732000000.001, '{"v":21.5,"t":1732000000.001}' },
        { true, 1732000000, '{"v":true,"t":1732000000}' },
        { 'a"b', 1732000000.5, '{"v":"a\\"b","t":1732000000.5}' },
        { { bytes = "hi" }, 1.5, '{"v":{"base64":"aGk="},"t":1.5}' },
        { { 3, 0 }, 1.5, '{"v":[3,0],"t":1.5}' },
        { 0.1 + 0.2, 1.5, '{"v":0.30000000000000004,"t":1.5}' },
        { 1 / 0, 1.5, '{"v":null,"t":1.5}' },
      }
      for _, row in ipairs(rows) do
        local text, seq = new().plain { value = row[1], time = row[2] }
        assert.equal(row[3], text)
        assert.is_nil(seq)
      end
    end)

    it("leaves out a time that is not known", function()
      assert.equal('{"v":7}', (new().plain { value = 7 }))
    end)

    it("writes times to the millisecond, also whole seconds, as JSON numbers", function()
      for _, time in ipairs { 0.001, 1732000000.999, 1732000000.0, 4102444800.123, 1 } do
        local read = dkjson.decode((new().plain { value = 1, time = time }))
        assert.is_true(math.abs(read.t - time) < 0.0005)
      end
    end)

    it("is stamped where that is asked for", function()
      local made = new()
      local text, seq = made.plain_stamped { value = 7, time = 1.5 }
      assert.equal('{"v":7,"t":1.5,"seq":1,"gw":"00ff"}', text)
      assert.equal(1, seq)
      assert.equal('{"v":"x","seq":2,"gw":"00ff"}', (made.plain_stamped { value = "x" }))
    end)

    it("says in the stamp that the clock is doubted", function()
      local made = new(true)
      assert.equal(
        '{"v":7,"t":1.5,"seq":1,"gw":"00ff","clock_unsynced":true}',
        (made.plain_stamped { value = 7, time = 1.5 })
      )
      assert.equal(
        '{"v":"x","seq":2,"gw":"00ff","clock_unsynced":true}',
        (made.plain_stamped { value = "x" })
      )
      assert.equal('{"v":7}', (made.plain { value = 7 }))
    end)
  end)

  describe("of what a map returned", function()
    it("is the text as it is, unless it shall be stamped", function()
      for _, text in ipairs { "", "open", '{"v":1}', "\0\xFF" } do
        local made, seq = new().encode(text)
        assert.equal(text, made)
        assert.is_nil(seq)
        assert.equal(text, (new().encode(text, false)))
      end
    end)

    it("is the JSON text of a number or boolean", function()
      assert.equal("7", (new().encode(7)))
      assert.equal("21.5", (new().encode(21.5, true)))
      assert.equal("false", (new().encode(false)))
    end)

    it("is JSON of a table, with the stamp", function()
      local rows = {
        { { v = 1 }, '{"v":1,"seq":1,"gw":"00ff"}', 1 },
        { {}, '{"seq":1,"gw":"00ff"}', 1 },
        { { seq = 9 }, '{"seq":9,"gw":"00ff"}' },
        { { gw = "mine" }, '{"gw":"mine","seq":1}', 1 },
        { { gw = "mine", seq = 9 }, '{"gw":"mine","seq":9}' },
        { { 1, 2 }, "[1,2]" },
      }
      for _, row in ipairs(rows) do
        local text, seq = new().encode(row[1])
        assert.equal(row[2], text)
        assert.equal(row[3], seq)
      end
    end)

    it("says in the stamp that the clock is doubted", function()
      local made = new(true)
      assert.equal('{"v":1,"seq":1,"gw":"00ff","clock_unsynced":true}', (made.encode { v = 1 }))
      assert.equal('{"seq":2,"gw":"00ff","clock_unsynced":true}', (made.encode("{}", true)))
      assert.equal('{"v":1}', (made.encode({ v = 1 }, false)))
    end)

    it("leaves the table as it was, so that a map may return the same one again", function()
      local made, same = new(), { v = 1 }
      made.encode(same)
      assert.same({ v = 1 }, same)
      assert.equal('{"v":1,"seq":2,"gw":"00ff"}', (made.encode(same)))
    end)

    it("has no stamp when the rule says so", function()
      local text, seq = new().encode({ v = 1 }, false)
      assert.equal('{"v":1}', text)
      assert.is_nil(seq)
    end)

    it("is stamped text where the rule says so and the text is a JSON object", function()
      local rows = {
        { '{"v":1}', '{"v":1,"seq":1,"gw":"00ff"}', 1 },
        { "{}", '{"seq":1,"gw":"00ff"}', 1 },
        { "{ \n }", '{"seq":1,"gw":"00ff"}', 1 },
        { "[1]", "[1]" },
        { "text", "text" },
        { "", "" },
        { "{", "{" },
      }
      for _, row in ipairs(rows) do
        local text, seq = new().encode(row[1], true)
        assert.equal(row[2], text)
        assert.equal(row[3], seq)
      end
    end)
  end)

  it("takes no number that it doesn't use", function()
    local made = new()
    made.encode "text"
    made.encode({ v = 1 }, false)
    made.encode { seq = 1 }
    made.plain { value = 1 }
    local _, seq = made.encode { v = 1 }
    assert.equal(1, seq)
  end)
end)
