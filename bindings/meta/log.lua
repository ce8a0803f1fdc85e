---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.log: lines in the gateway's log, each with the name of the script. `log.level` of the configuration decides which are written.

---@class tg.log
tg.log = {}

---Something is broken and somebody must act.
---@param text string
function tg.log.error(text) end

---Something is odd, the script goes on.
---@param text string
function tg.log.warn(text) end

---Something worth knowing happened.
---@param text string
function tg.log.info(text) end

---For those who look for a fault.
---@param text string
function tg.log.debug(text) end
