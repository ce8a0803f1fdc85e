-- SPDX-License-Identifier: Apache-2.0
-- The error object of the pure-Lua library: `code` is a name of core/base/rc.def, tostring() gives
-- one line.

local Failure = {}
Failure.__index = Failure

function Failure.__tostring(self) return self.code .. ": " .. self.message end

--- failure(code, message) makes one.
return function(code, message)
  return setmetatable({ code = code, message = tostring(message) }, Failure)
end
