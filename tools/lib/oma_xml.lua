-- SPDX-License-Identifier: Apache-2.0
-- Reads the facts of one object version out of an OMA registry file, into a table of the same shape
-- as a definition in objects/. A few patterns are enough for those files; this is no XML parser and
-- not for files from elsewhere. Used by tools/check_objects.lua.
local oma_xml = {}

local TYPES = {
  String = "string", Integer = "integer", ["Unsigned Integer"] = "unsigned", Float = "float",
  Boolean = "boolean", Opaque = "opaque", Time = "time", Objlnk = "objlnk",
  Corelnk = "corelnk", [""] = "none",
}
local ENTITY = { ["&lt;"] = "<", ["&gt;"] = ">", ["&quot;"] = '"', ["&apos;"] = "'" }

local function tag(xml, name)
  local text = xml:match("<" .. name .. "[^>/]*>(.-)</" .. name .. ">") or ""
  text = text:gsub("<!%[CDATA%[(.-)%]%]>", "%1"):gsub("&%a+;", ENTITY):gsub("&amp;", "&")
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- "0..255", "0-255", "0..255 bytes", "[1:4]", "6" → 0, 255 …; anything else → nothing.
local function range_of(text)
  text = text:lower():gsub("%s*bytes?$", ""):gsub("^%[(%d+):(%d+)%]$", "%1..%2")
  local low, high = text:match("^(%-?%d+)%.%.(%-?%d+)$")
  if not low then low, high = text:match("^(%d+)%-(%d+)$") end
  if not low then low = text:match("^%d+$") end
  if low then return tonumber(low), tonumber(high or low) end
end

--- The registry's text of one version as a table in our format, or nil.
function oma_xml.read(path)
  local file = io.open(path, "r")
  if not file then return nil end
  local xml = file:read("a"):gsub("<!%-%-.-%-%->", "")
  file:close()
  local head = xml:match("^(.-)<Resources") or ""
  local function version(name) return tag(head, name):match("%S+") or "1.0" end
  local o = {
    id = tonumber(tag(head, "ObjectID")), name = tag(head, "Name"), urn = tag(head, "ObjectURN"),
    version = version("ObjectVersion"), lwm2m = version("LWM2MVersion"), resources = {},
    multiple = tag(head, "MultipleInstances") == "Multiple",
    mandatory = tag(head, "Mandatory") == "Mandatory",
  }
  for rid, item in xml:gmatch('<Item%s+ID="(%d+)"%s*>(.-)</Item>') do
    o.resources[tonumber(rid)] = {
      name = tag(item, "Name"), ops = tag(item, "Operations"), type = TYPES[tag(item, "Type")],
      multiple = tag(item, "MultipleInstances") == "Multiple",
      mandatory = tag(item, "Mandatory") == "Mandatory",
      range = { range_of(tag(item, "RangeEnumeration")) }, unit = tag(item, "Units"),
    }
  end
  return o
end

--- The given version of an object out of a registry directory, or nil.
function oma_xml.version(dir, id, version)
  local old = version:gsub("%.", "_")
  local o = oma_xml.read(("%s/version_history/%d-%s.xml"):format(dir, id, old))
  if o then return o end
  o = oma_xml.read(("%s/%d.xml"):format(dir, id))
  return o and o.version == version and o or nil
end

return oma_xml
