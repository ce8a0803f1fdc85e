---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.object: object definitions: names, types, units and limits of resources.

---@class tg.object
tg.object = {}

---What is known of a resource. Definitions are handed out by value: changing such a table changes nothing.
---@class tg.object.resource
---@field id integer
---@field name string
---@field type "none"|"string"|"integer"|"unsigned"|"float"|"boolean"|"opaque"|"time"|"objlnk"|"corelnk"
---@field unit? string SenML unit such as `"Cel"`; percent is `"/100"`
---@field ops string `"R"`, `"W"`, `"RW"`, `"E"` or `""`
---@field multiple boolean has instances: paths of four numbers
---@field mandatory boolean every instance of the object must have it
---@field sensitive boolean a secret
---@field min? number least value
---@field max? number greatest value

---@class tg.object.object
---@field id integer
---@field name string
---@field version string such as `"1.1"`
---@field urn string
---@field multiple boolean may have several instances
---@field resources? table<integer, tg.object.resource> by resource id; not in what list() returns

---The definition of an object.
---@param id integer such as 3303
---@param version? string such as `"1.1"`, or the nearest lower one there is; default the highest
---@return tg.object.object? object nil when there is none
function tg.object.find(id, version) end

---All definitions, each version of each object, by id and version, without their resources.
---@return tg.object.object[] objects
function tg.object.list() end

---Adds a definition while the script runs; `objects` of the script's table is the usual way. A definition that is wrong raises.
---@param definition table in the format of objects/README.md
---@return true ok
function tg.object.define(definition) end

---What is known of a resource.
---@param path string such as `"/3303/0/5700"`
---@param dev? tg.device.device takes the version that this device announced; default the highest
---@return tg.object.resource? resource nil when there is no definition
function tg.object.resource(path, dev) end
