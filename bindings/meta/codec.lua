---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.codec: bytes to values and back: JSON, hexadecimal, Base64 and the formats of LwM2M.

---@class tg.codec
tg.codec = {}

---A content format of LwM2M, by name. `json` is that of LwM2M 1.0; `senml-etch-json` and `senml-etch-cbor` are those of composite requests.
---@alias tg.codec.format "text"|"opaque"|"cbor"|"tlv"|"json"|"senml-json"|"senml-cbor"|"senml-etch-json"|"senml-etch-cbor"|"lwm2m-cbor"

---A Lua value as JSON text, compact. A sequence is an array; any other table an object with its keys sorted, and so is `{}`; `{ bytes = … }` is
---`{"base64":"…"}`; a number that is not finite is null; text that is not UTF-8 is mended. What can't be JSON (a function, a cycle) raises.
---@param value any
---@param order? string[] keys that come first in the outermost object, for people who read it
---@return string text
function tg.codec.to_json(value, order) end

---JSON text as a Lua value. Members that are null are absent.
---@param text string
---@return any value
---@return tg.error? err code `syntax` or `too_long`
function tg.codec.from_json(text) end

---Bytes as hexadecimal digits.
---@param bytes string
---@return string hex
function tg.codec.to_hex(bytes) end

---Hexadecimal digits as bytes.
---@param hex string
---@return string? bytes
---@return tg.error? err code `syntax`
function tg.codec.from_hex(hex) end

---Bytes as Base64.
---@param bytes string
---@return string text
function tg.codec.to_base64(bytes) end

---Base64 as bytes.
---@param text string
---@return string? bytes
---@return tg.error? err code `syntax`
function tg.codec.from_base64(text) end

---A payload of a device as records, as the gateway itself reads it.
---@param format tg.codec.format
---@param bytes string
---@param path? string path that was asked for; formats that name no paths need it
---@return tg.record[]? records at most 1024
---@return tg.error? err code `syntax`, `truncated`, `type`, `range`, `encoding`, `denied` (outside the path), `format` or `too_long`
function tg.codec.decode(format, bytes, path) end

---Records as a payload.
---@param format tg.codec.format
---@param records tg.record[] at most 1024
---@param path? string path that is written
---@return string? bytes
---@return tg.error? err code `type`, `range`, `format` or `too_long`
function tg.codec.encode(format, records, path) end
