---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.store: what a script remembers over restarts. Each script has a store of its own, 1 MiB. It is kept in memory, so reading is cheap.

---@class tg.store
tg.store = {}

---A copy of what was set.
---@param key string
---@return boolean|number|string|table? value nil when there is none
function tg.store.get(key) end

---Keeps a copy of a value; nil removes it. It is kept as JSON: text is UTF-8, bytes go through tg.codec.to_base64(), a table is a list or has
---keys of text.
---@param key string 1 to 255 bytes
---@param value boolean|number|string|table|nil tables of these, without cycles
---@return true? ok
---@return tg.error? err code `full` (1 MiB) or `state` (no store)
function tg.store.set(key, value) end

---The keys there are.
---@param prefix? string only keys that begin so
---@return string[] keys sorted
function tg.store.keys(prefix) end
