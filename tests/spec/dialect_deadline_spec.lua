-- SPDX-License-Identifier: Apache-2.0
-- Deadlines of commands, as numbers and as dates.
package.path = "scripts/?.lua;" .. package.path
local deadline = require "dialects.tidegate_deadline"

describe("dialects/tidegate_deadline.lua", function()
  it("takes Unix seconds as they are", function()
    assert.equal(0, deadline.seconds(0))
    assert.equal(1795764086.5, deadline.seconds(1795764086.5))
    assert.is_nil(deadline.seconds(0 / 0))
  end)

  it("reads dates of RFC 3339", function()
    assert.equal(0, deadline.seconds("1970-01-01T00:00:00Z"))
    assert.equal(915148800, deadline.seconds("1999-01-01T00:00:00Z"))
    assert.equal(951782400, deadline.seconds("2000-02-29T00:00:00z"))
    assert.equal(4107542400, deadline.seconds("2100-03-01t00:00:00Z"))
    assert.equal(915148800, deadline.seconds("1999-01-01T05:30:00+05:30"))
    assert.equal(915148800, deadline.seconds("1998-12-31T20:00:00-04:00"))
    assert.equal(915148800.25, deadline.seconds("1999-01-01T00:00:00.25Z"))
  end)

  it("agrees with the calendar of the system", function()
    for _, seconds in ipairs { 1, 86399, 1e9, 1234567890, 1795764086, 2 ^ 31, 4102444799 } do
      local text = os.date("!%Y-%m-%dT%H:%M:%SZ", seconds // 1 | 0)
      assert.equal(seconds, deadline.seconds(text), text)
    end
  end)

  it("takes nothing else", function()
    for _, given in ipairs {
      "", "tomorrow", "1999-01-01", "1999-01-01T00:00:00", "1999-13-01T00:00:00Z",
      "1999-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "1999-04-31T00:00:00Z",
      "1999-01-00T00:00:00Z", "1999-01-01T24:00:00Z", "1999-01-01T00:60:00Z",
      "1999-01-01T00:00:00.Z", "1999-01-01T00:00:005Z", "1999-01-01T00:00:00Zulu",
      "1999-01-01T00:00:00+0100", "1999-01-01T00:00:00+24:00", " 1999-01-01T00:00:00Z", {}, true,
      "1999-01-01T00:00:00." .. ("1"):rep(1e6) .. "Z",
    } do
      assert.is_nil(deadline.seconds(given), tostring(given))
    end
  end)
end)
