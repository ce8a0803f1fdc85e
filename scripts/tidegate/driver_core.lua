-- SPDX-License-Identifier: Apache-2.0
-- Completes what C hands to driver.lua and serial.lua with what is easier said in Lua over uv: time
-- and pauses.

local uv = require "uv"

return function(core)
  function core.now() return uv.hrtime() / 1e9 end

  function core.sleep(seconds)
    core.wait(function(done)
      local timer = uv.new_timer()
      timer:start(math.ceil(seconds * 1000), 0, function()
        timer:close()
        done()
      end)
    end)
  end

  core.log = core.log or function(level, text) print(level .. ": " .. text) end
  return core
end
