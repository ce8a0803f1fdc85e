-- SPDX-License-Identifier: Apache-2.0
-- Profiles of devices that keep less than the specification asks for. An entry says which devices
-- it means (ep, manufacturer, model, firmware, link, tag; * and ? stand for anything) and what is
-- tolerated; all entries that fit a device count. What it may say: `quirks` in
-- docs/configuration.md; your own belong there. What can be seen is tolerated without an entry:
-- docs/howto/odd-devices.md.

return {
  {
    why = "Wakaama's example client has no FETCH and no iPATCH: it acknowledges them and never "
      .. "answers, so that each try costs a time-out.",
    manufacturer = "Open Mobile Alliance",
    model = "Lightweight M2M Client",
    no_composite = true,
  },
}
