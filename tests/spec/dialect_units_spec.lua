-- SPDX-License-Identifier: Apache-2.0
-- Units in the default dialect: those of definitions, and what devices say themselves.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local bench = require "dialect_bench"

local start, with_device, sent = bench.start, bench.with_device, bench.sent

describe("units in scripts/dialects/tidegate.lua", function()
  describe("a unit", function()
    it("is that of the definition", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3/9"] = { unit = "/100" }
      local dev = gateway:device "m1"
      gateway:report(dev, { { "/3303/0/5700", 1 }, { "/3/0/9", 90 }, { "/3/0/0", "x" } })
      local list = sent(gateway)
      assert.equal("Cel", list[1].value.u)
      assert.equal("/100", list[2].value.u)
      assert.is_nil(list[3].value.u)
    end)

    it("that the device says comes first", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3303/5750"] = { unit = "Cel" }
      gateway.resources["3303/5701"] = {}
      local dev = gateway:device("m1", { values = { ["/3303/1/5701"] = "degF" } })
      local rows = { { "/3303/0/5700", 1 }, { "/3303/1/5700", 1 }, { "/3303/1/5750", 1 } }
      gateway:report(dev, rows)
      local list = sent(gateway)
      assert.same({ "Cel", "degF", "Cel" }, { list[1].value.u, list[2].value.u, list[3].value.u })
    end)

    it("that the device says may be nonsense", function()
      local gateway = start()
      gateway.resources["3303/5700"] = { unit = "Cel" }
      gateway.resources["3303/5701"] = {}
      local dev = gateway:device "m1"
      local rows = {
        { '"\n}', '"\n}' },
        { "\xFF", "\u{FFFD}" },
        { ("x"):rep(33), nil },
        { "", "Cel" },
        { 7, "Cel" },
      }
      for _, row in ipairs(rows) do
        dev.values["/3303/0/5701"] = row[1]
        gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
        assert.equal(row[2], sent(gateway)[1].value.u)
      end
    end)

    it("is remembered, also when devices say very many others", function()
      local gateway = start()
      gateway.resources["3303/5700"], gateway.resources["3303/5701"] = {}, {}
      local dev = gateway:device "m1"
      for nth = 1, 300 do
        dev.values["/3303/0/5701"] = "unit" .. nth
        gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
        assert.equal("unit" .. nth, sent(gateway)[1].value.u)
      end
      assert.equal(2, gateway.lookups)
    end)

    it("is looked up again after a minute, when a definition may have come", function()
      local gateway, dev = with_device()
      local function unit()
        gateway:report(dev, { { "/26310/0/1", 1, 1.5 } })
        return sent(gateway)[1].value.u
      end
      assert.is_nil(unit())
      gateway.resources["26310/1"] = { unit = "m" }
      assert.is_nil(unit())
      gateway:pass(61)
      assert.equal("m", unit())
    end)
  end)
end)
