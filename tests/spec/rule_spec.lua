-- SPDX-License-Identifier: Apache-2.0
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local rule = require "tidegate.rule"

local REC = { path = "/3303/0/5700", value = 21.5, time = 1732000000.5 }

local function with(changes)
  local definition = { topic = "t/{ep}{path}" }
  for key, value in pairs(changes) do definition[key] = value end
  return definition
end

--- Whether a rule with this match takes a record.
local function takes(match, rec, dev, source)
  return rule.test({ topic = "t", match = match }, rec or REC, dev, source) ~= nil
end

describe("tidegate.rule", function()
  describe("define", function()
    it("gives the rule back", function()
      local definition = with { qos = 2, retain = true, delivery = "queued", broker = "b" }
      assert.equal(definition, rule.define(definition))
    end)

    it("refuses what is wrong with a sentence that helps", function()
      local rows = {
        { {}, 'topic is missing; it is text such as "t/{ep}{path}"' },
        { { topic = 7 }, "topic is text or a function, not number" },
        { { topik = "t" }, '"topik" is not known, did you mean "topic"?' },
        { with { topic = "t/{deice}" }, 'topic: placeholder "{deice}" is not known' },
        { with { qos = 3 }, "qos is 0, 1 or 2" },
        { with { qos = "1" }, "qos is 0, 1 or 2" },
        { with { retain = 1 }, "retain is a boolean, not number" },
        { with { stamp = "no" }, "stamp is a boolean, not string" },
        { with { delivery = "fast" }, 'delivery is "durable" or "queued"' },
        { with { broker = 1 }, "broker is a string, not number" },
        { with { name = 1 }, "name is a string, not number" },
        { with { map = "x" }, "map is a function, not string" },
        { with { match = "x" }, "match is a table, not string" },
        { with { match = { objet = 1 } }, 'match: "objet" is not known, did you mean "object"?' },
        { with { match = { object = "3303" } }, "match: object is an id, or a list of them" },
        { with { match = { object = 65536 } }, "match: object is an id, or a list of them" },
        { with { match = { object = -1 } }, "match: object is an id, or a list of them" },
        { with { match = { object = 1.5 } }, "match: object is an id, or a list of them" },
        { with { match = { object = {} } }, "match: object is an empty list" },
        { with { match = { resource = { 1, "2" } } }, "match: resource is an id, or a list" },
        { with { match = { instance = true } }, "match: instance is an id, or a list of them" },
        { with { match = { path = "3303" } }, 'match: path is text such as "/3303/0"' },
        { with { match = { path = "/" } }, 'match: path is text such as "/3303/0"' },
        { with { match = { path = "/3303/x" } }, 'match: path is text such as "/3303/0"' },
        { with { match = { path = "/1/2/3/4/5" } }, 'match: path is text such as "/3303/0"' },
        { with { match = { path = "/99999" } }, 'match: path is text such as "/3303/0"' },
        { with { match = { path = 7 } }, 'match: path is text such as "/3303/0"' },
        {
          with { match = { path = "/3303", resource = 5700 } },
          "match: either path, or object, instance and resource",
        },
        { with { match = { ep = "" } }, 'match: ep is text such as "meter*"' },
        { with { match = { ep = 7 } }, 'match: ep is text such as "meter*"' },
        { with { match = { link = 7 } }, "match: link is text, or a list of them" },
        { with { match = { source = "sent" } }, 'source "sent" is not known, did you mean "send"' },
        { with { match = { source = { "notify", 7 } } }, 'match: source "7" is not known' },
        { with { match = { source = {} } }, "match: source is an empty list" },
        { with { match = { sensitive = 1 } }, "match: sensitive is a boolean, not number" },
        { "text", "a table is wanted, not string" },
      }
      for _, row in ipairs(rows) do
        local ok, why = pcall(rule.define, row[1])
        assert.is_false(ok, row[2])
        assert.is_truthy(why:find(row[2], 1, true), why)
      end
    end)

    it("raises at the line that called it", function()
      local function define() rule.define { topik = "t" } end
      local ok, why = pcall(define)
      assert.is_false(ok)
      assert.is_truthy(why:find("^[^:]*rule_spec.lua:%d+: tg.rule.define: "), why)
    end)
  end)

  describe("a match", function()
    it("that says nothing takes every record", function()
      assert.is_true(takes(nil))
      assert.is_true(takes {})
    end)

    it("chooses by object, instance and resource, one or several", function()
      local rows = {
        { { object = 3303 }, true },
        { { object = 3304 }, false },
        { { object = { 3304, 3303 } }, true },
        { { object = { 3304, 3305 } }, false },
        { { instance = 0 }, true },
        { { instance = { 1, 2 } }, false },
        { { resource = 5700 }, true },
        { { resource = { 5601, 5700 } }, true },
        { { object = 3303, instance = 0, resource = 5700 }, true },
        { { object = 3303, instance = 0, resource = 5701 }, false },
      }
      for _, row in ipairs(rows) do assert.equal(row[2], takes(row[1])) end
    end)

    it("chooses by the beginning of a path, by whole ids", function()
      local rows = {
        { "/3303", true },
        { "/3303/", true },
        { "/3303/0", true },
        { "/3303/0/5700", true },
        { "/330", false },
        { "/3303/0/57", false },
        { "/3303/1", false },
        { "/3303/0/5700/0", false },
      }
      for _, row in ipairs(rows) do assert.equal(row[2], takes { path = row[1] }, row[1]) end
      assert.is_true(takes({ path = "/3/0/7/1" }, { path = "/3/0/7/1", value = 1 }))
      assert.is_true(takes({ path = "/3/0/7" }, { path = "/3/0/7/1", value = 1 }))
      assert.is_false(takes({ path = "/3/0/7/1" }, { path = "/3/0/7/10", value = 1 }))
    end)

    it("chooses by the device's name with * and ?", function()
      local rows = {
        { "meter7", "meter7", true },
        { "meter*", "meter7", true },
        { "meter*", "mete", false },
        { "*7", "meter7", true },
        { "m?ter?", "meter7", true },
        { "m?ter", "meter7", false },
        { "urn:*:(1)", "urn:x:(1)", true },
        { "a.c", "abc", false },
        { "a%d", "a%d", true },
        { "*", "", true },
      }
      for _, row in ipairs(rows) do
        assert.equal(row[3], takes({ ep = row[1] }, REC, { ep = row[2] }), row[1])
      end
    end)

    it("chooses by link and by source", function()
      local dev = { ep = "x", link = "nb" }
      assert.is_true(takes({ link = "nb" }, REC, dev))
      assert.is_false(takes({ link = "udp" }, REC, dev))
      assert.is_true(takes({ link = { "udp", "nb" } }, REC, dev))
      assert.is_true(takes { source = "notify" })
      assert.is_false(takes({ source = "notify" }, REC, dev, "send"))
      assert.is_true(takes({ source = { "notify", "send" } }, REC, dev, "send"))
    end)

    it("needs all of what it says", function()
      local match = { object = 3303, resource = 5700, ep = "x*", source = "notify", link = "nb" }
      assert.is_true(takes(match, REC, { ep = "x1", link = "nb" }))
      assert.is_false(takes(match, REC, { ep = "y1", link = "nb" }))
      assert.is_false(takes(match, REC, { ep = "x1", link = "udp" }))
    end)

    it("leaves out secrets unless it says so", function()
      local secret = { path = "/0/0/5", value = { bytes = "key" }, sensitive = true }
      assert.is_false(takes({ object = 0 }, secret))
      assert.is_true(takes({ object = 0, sensitive = true }, secret))
      assert.is_true(takes { sensitive = true })
    end)
  end)

  describe("test", function()
    it("gives topic, payload and how it would be sent", function()
      local topic, payload, options = rule.test(
        with { retain = true, delivery = "queued", broker = "main", qos = 0 },
        REC,
        { ep = "a b", link = "udp" }
      )
      assert.equal("t/a%20b/3303/0/5700", topic)
      assert.equal('{"v":21.5,"t":1732000000.5}', payload)
      assert.same({ qos = 0, retain = true, delivery = "queued", broker = "main" }, options)
    end)

    it("has defaults for the device, the source and delivery", function()
      local topic, _, options = rule.test(with { topic = "{ep}/{link}/{gateway}" }, REC)
      assert.equal("device/udp/gateway", topic)
      assert.same({ qos = 1, retain = false, delivery = "durable" }, options)
    end)

    it("hands record, device and source to map and topic", function()
      local dev, seen = { ep = "x" }, {}
      local definition = {
        topic = function(...)
          seen.topic = { ... }
          return "t"
        end,
        map = function(...)
          seen.map = { ... }
          return "p"
        end,
      }
      local rec = { path = "/3303/2/5700", value = 1 }
      rule.test(definition, rec, dev, "send")
      for _, args in pairs(seen) do
        local complete = { path = rec.path, value = 1 }
        complete.object, complete.instance, complete.resource = 3303, 2, 5700
        assert.same(complete, args[1])
        assert.equal(dev, args[2])
        assert.equal("send", args[3])
      end
      assert.is_nil(rec.object)
    end)

    it("gives nil when map or topic skip the record", function()
      assert.is_nil(rule.test(with { map = function() return nil end }, REC))
      assert.is_nil(rule.test({ topic = function() return nil end }, REC))
      local map = function() return 1 end
      assert.is_nil(rule.test({ topic = function() return nil end, map = map }, REC))
    end)

    it("stamps as the gateway would, with numbers that stay the same", function()
      local map = function() return { v = 1 } end
      local _, payload = rule.test(with { map = map }, REC)
      assert.equal('{"v":1,"seq":1,"gw":"0000000000000000"}', payload)
      _, payload = rule.test(with { map = map, stamp = false }, REC)
      assert.equal('{"v":1}', payload)
      _, payload = rule.test(with { stamp = true }, REC)
      assert.equal('{"v":21.5,"t":1732000000.5,"seq":1,"gw":"0000000000000000"}', payload)
    end)

    it("publishes false, which is a value and no skip", function()
      local _, payload = rule.test(with { map = function() return false end }, REC)
      assert.equal("false", payload)
    end)

    it("raises what is wrong with the rule, and what its functions raise", function()
      local ok, why = pcall(rule.test, { topic = "{x}" }, REC)
      assert.is_false(ok)
      assert.is_truthy(why:find("tg.rule.test: topic: placeholder", 1, true))
      assert.has_error(function()
        rule.test(with { map = function() error("boom", 0) end }, REC)
      end, "boom")
      assert.has_error(function()
        rule.test({ topic = function() return 7 end }, REC)
      end, "topic: the function returned a number, not text")
    end)
  end)
end)
