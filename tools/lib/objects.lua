-- SPDX-License-Identifier: Apache-2.0
-- The object files of core/ and bindings/ in a build tree and the symbols that nm sees in them. Objects of deleted sources are left out.
local tree = require "tree"
local objects = {}

--- Array of {source, path, defined = {{name, type, external}…}, used = {name…}}, sorted by source. Where nothing is built, the check ends
--- with a finding.
function objects.load()
  local found = {}
  local list = tree.lines_of("find " .. tree.quote(tree.build .. "/CMakeFiles") .. " -name '*.c.o' 2>/dev/null") or {}
  for _, path in ipairs(list) do
    local source = path:match("%.dir/(.*%.c)%.o$")
    local ours = source and (source:match("^core/") or source:match("^bindings/"))
    if ours and tree.exists(source) then found[#found + 1] = { source = source, path = path, defined = {}, used = {} } end
  end
  table.sort(found, function(a, b)
    return a.source < b.source
  end)
  if #found == 0 then
    tree.find(tree.build, 1, "no object files", "build first: cmake --preset dev && cmake --build --preset dev")
    tree.finish()
  end
  for _, object in ipairs(found) do
    objects.read_symbols(object)
  end
  return found
end

function objects.read_symbols(object)
  for _, line in ipairs(tree.lines_of("nm -P " .. tree.quote(object.path)) or {}) do
    local name, kind = line:match("^(%S+) (%a)")
    if kind == "U" then
      table.insert(object.used, name)
    elseif kind then
      table.insert(object.defined, { name = name, type = kind, external = kind:upper() == kind })
    end
  end
end

return objects
