-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local topic = require "tidegate.topic"

local function env()
  return {
    level = topic.memo(function(dev) return topic.escape(dev.ep) end),
    name = topic.memo(topic.escape),
    gateway = "gw1",
  }
end

local REC = { path = "/3303/1/5700", object = 3303, instance = 1, resource = 5700 }

describe("tidegate.topic", function()
  describe("escape", function()
    it("leaves what needs no escaping", function()
      local name = "urn:imei:490154203237518@x-1_2.3~"
      assert.equal(name, topic.escape(name))
    end)

    it("writes every other byte as %XX", function()
      local rows = {
        { "a b", "a%20b" },
        { "a/b", "a%2Fb" },
        { "+#$", "%2B%23%24" },
        { "100%", "100%25" },
        { "é", "%C3%A9" },
        { "\0\xFF", "%00%FF" },
        { "", "%" },
      }
      for _, row in ipairs(rows) do assert.equal(row[2], topic.escape(row[1])) end
    end)
  end)

  describe("a template", function()
    it("puts in what its placeholders say", function()
      local dev = { ep = "a b", link = "nb/1" }
      local rows = {
        { "t/{ep}{path}", "t/a%20b/3303/1/5700" },
        { "{gateway}/{link}/{ep}", "gw1/nb%2F1/a%20b" },
        { "x/{object}/{instance}/{resource}/y", "x/3303/1/5700/y" },
        { "{object}", "3303" },
        { "{ep}", "a%20b" },
        { "constant", "constant" },
        { 'quo"te\\/{object}', 'quo"te\\/3303' },
      }
      for _, row in ipairs(rows) do
        assert.equal(row[2], topic.compile(row[1], env())(REC, dev))
      end
    end)

    it("has the device's level made once", function()
      local made = 0
      local e = env()
      e.level = topic.memo(function(dev)
        made = made + 1
        return dev.ep
      end)
      local expand = topic.compile("t/{ep}", e)
      local one, two = { ep = "one" }, { ep = "two" }
      assert.equal("t/one", expand(REC, one))
      assert.equal("t/one", expand(REC, one))
      assert.equal("t/two", expand(REC, two))
      assert.equal(2, made)
    end)

    it("is refused with a sentence that helps", function()
      local rows = {
        { "", "topic: is empty" },
        { "$SYS/{ep}", 'topic: "$" at the start belongs to the broker' },
        { "t/{epp}", 'topic: placeholder "{epp}" is not known, did you mean "ep"?' },
        { "t/{endpoint}", 'topic: placeholder "{endpoint}" is not known' },
        { "t/{ep", 'topic: "{" and "}" come in pairs, as in "{ep}"' },
        { "t/ep}", 'topic: "{" and "}" come in pairs, as in "{ep}"' },
        { "t/{{ep}}", 'topic: "{" and "}" come in pairs, as in "{ep}"' },
        { "t/+/{ep}", 'topic: "+" can\'t be in a topic that is published to' },
        { "t/#", 'topic: "#" can\'t be in a topic that is published to' },
        {
          "t/{ep}/{path}",
          'topic: {path} begins with a slash of its own, write "t/{ep}{path}"',
        },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(topic.compile, row[1], env())
        assert.is_false(ok)
        assert.equal(row[2], why)
      end
    end)

    it("can't smuggle code in", function()
      local nasty = 't/"..error("out").."/]]/\n'
      assert.equal(nasty, topic.compile(nasty, env())(REC, {}))
    end)
  end)

  describe("memo", function()
    it("remembers false too", function()
      local made = 0
      local memo = topic.memo(function()
        made = made + 1
        return false
      end)
      local key = {}
      assert.is_false(memo[key])
      assert.is_false(memo[key])
      assert.equal(1, made)
    end)

    it("lets go of a device that nobody holds", function()
      local memo = topic.memo(function(dev) return dev.ep end)
      assert.equal("x", memo[{ ep = "x" }])
      collectgarbage()
      collectgarbage()
      assert.is_nil(next(memo))
    end)
  end)
end)
