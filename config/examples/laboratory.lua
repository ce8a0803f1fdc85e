-- SPDX-License-Identifier: Apache-2.0
-- One machine, nothing installed: free ports, state in a folder beside this file, a local broker.

return {
  name = "lab",
  data_dir = "lab-state",
  log = { level = "debug" },
  links = { { kind = "udp", host = "127.0.0.1", port = 0 } },
  mqtt = { { uri = env("BROKER", "mqtt://127.0.0.1:1883") } },
}
