-- SPDX-License-Identifier: Apache-2.0
-- Configuration of Tidegate: data in Lua's syntax. Every key with its range and default is in
-- schema.lua beside this file; `tidegate check -c FILE` says what is wrong and where.

return {
  name = "tidegate", -- of this gateway, seen in topics and logs
  data_dir = "/var/lib/tidegate",

  links = {
    { kind = "udp", host = "0.0.0.0", port = 5683 },
    -- { kind = "udp", host = "::", port = 5683 },
    -- {
    --   kind = "nidd", name = "nb",
    --   api_root = "https://scef.example.net", scs_as_id = "tidegate",
    --   callback = { host = "0.0.0.0", port = 8443, url = "https://gw.example.org:8443" },
    --   devices = { "meter1@iot.example.com" },
    -- },
  },

  server = {
    default_lifetime = "1d",
    observe = { "/3303", "/3304" }, -- or { path = "/3/0/9", pmin = "10s", pmax = "5m" }
  },

  -- Devices may fetch firmware images over CoAP or HTTP; pushing them needs none of this.
  -- firmware = {
  --   coap = "coap://192.0.2.1:5683",
  --   http = { listen = "0.0.0.0:8080", url = "http://192.0.2.1:8080" },
  --   move = { from = "nb", transport = "U", back = "N", above = "16kB" },
  -- },

  mqtt = {
    { name = "main", uri = "mqtt://127.0.0.1:1883" },
  },

  dialect = { name = "tidegate", prefix = "tidegate" }, -- "none" leaves all topics to your rules

  scripts = {
    -- "rules/my.lua",
    -- { file = "drivers/modbus.lua", name = "plc1", options = { port = 502 } },
  },

  objects = {
    -- "/etc/tidegate/objects", -- folders of .lua and .xml definitions
  },
}
