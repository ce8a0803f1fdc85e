---@meta
-- SPDX-License-Identifier: Apache-2.0
-- tg.firmware: images, updates of devices (object 5) and campaigns over many of them. What becomes of an update is told as event `firmware`, of a
-- campaign as event `campaign`; see `events` of tg.script.

---@class tg.firmware
tg.firmware = {}

---@alias tg.firmware.state "waiting"|"asking"|"moving"|"transferring"|"ready"|"applying"|"returning"|"done"|"failed"|"cancelled"|"unknown"

---How an image travels: `push` writes it, `pull-coap` and `pull-http` let the device fetch it, `auto` chooses by what the device can.
---@alias tg.firmware.method "auto"|"push"|"pull-coap"|"pull-http"

---An image that the gateway keeps.
---@class tg.firmware.image
---@field name string
---@field version string what a device says that runs it; empty when that is not checked
---@field size integer bytes
---@field sha256 string hexadecimal
---@field added number Unix seconds
---@field users integer updates that have not ended and use it

---An update as it stands. Also what a function of `events.firmware` gets as second argument, with `time`.
---@class tg.firmware.update
---@field id integer
---@field ep string endpoint name of the device
---@field image string
---@field campaign? string the campaign that asked for it
---@field tag? string the asker's own id
---@field state tg.firmware.state
---@field method tg.firmware.method the one chosen, or `auto` while none is
---@field cause? string why it came to this state, for people
---@field link? string over which the image goes
---@field version_before? string
---@field version_after? string
---@field result? integer /5/0/5 as the device said it last
---@field sent integer bytes that the device has
---@field total integer bytes of the image
---@field begun number Unix seconds
---@field changed number Unix seconds of the last state
---@field time? number the same, in events

---What an update is asked for with.
---@class tg.firmware.request
---@field ep string endpoint name; the device need not be there yet
---@field image string
---@field method? tg.firmware.method default `auto`
---@field hold? boolean stay `ready` until tg.firmware.apply()
---@field force? boolean also where the device runs the version already
---@field severity? 0|1|2 critical, mandatory, optional: written to /5/0/11 where the device has it
---@field defer? integer seconds that the device may wait before it applies: written to /5/0/13
---@field expiry? integer seconds after which it fails; default 7 days
---@field tag? string at most 64 bytes, comes back in events

---Whom a campaign is for, and how it goes. All devices with object 5 that fit everything given.
---@class tg.firmware.campaign_spec
---@field name string letters, digits, dots, dashes and underscores; unique
---@field image string
---@field ep? string glob of endpoint names
---@field link? string name of a link
---@field manufacturer? string /3/0/0; devices of which it is not known are asked
---@field model? string /3/0/1
---@field from_version? string glob of /3/0/3
---@field tag? string glob of one of the device's tags, as a policy gave them
---@field method? tg.firmware.method
---@field severity? 0|1|2
---@field defer? integer seconds
---@field wave? integer devices of the first wave; all at once when left out
---@field growth? integer per cent by which each wave is larger than the one before
---@field parallel? integer updates at once; default 64
---@field limits? table<string, integer> updates at once over a link, by its name
---@field stop_failures? integer stops when so many have failed
---@field stop_percent? integer stops when so many per cent have failed, of at least 10 or of a whole wave
---@field expiry? integer seconds for each update

---A campaign as it stands. Also what a function of `events.campaign` gets as second argument, with `time`.
---@class tg.firmware.campaign
---@field name string
---@field image string
---@field state "running"|"paused"|"stopped"|"done"|"cancelled"
---@field cause? string
---@field wave integer number of the present wave
---@field running integer devices
---@field done integer
---@field failed integer
---@field cancelled integer
---@field unknown integer
---@field left integer devices it is for that have not been begun
---@field begun number Unix seconds
---@field changed number Unix seconds
---@field spec tg.firmware.campaign_spec without name and image
---@field time? number as `changed`, in events

---The images that the gateway keeps.
---@return tg.firmware.image[] images by name
function tg.firmware.images() end

---Keeps a file as an image. Copying a large one takes a while: inside a task this waits, with a function as last argument it is called.
---@param options { file: string, name: string, version?: string } the whole path of the file; without a version none is checked
---@param fn? fun(ok: true?, err: tg.error?) called with how it ended
---@return true? ok
---@return tg.error? err code `exists` (the name, with other bytes), `too_long`, `argument`, `full` (16 are being added), `io`, `again` (it was removed meanwhile), `state` (this gateway does no updates)
function tg.firmware.add(options, fn) end

---Forgets an image.
---@param name string
---@return true? ok
---@return tg.error? err code `not_found`; `state` while an update uses it
function tg.firmware.remove(name) end

---Begins an update.
---@param request tg.firmware.request
---@return integer? id
---@return tg.error? err code `not_found` (the image), `exists` (`err.update` is the one that has not ended), `argument`, `full`, `state`
function tg.firmware.update(request) end

---The newest update of a device, or that of an id.
---@param which string|integer endpoint name or id
---@return tg.firmware.update? update nil when there is none
function tg.firmware.status(which) end

---The updates that are known: those that have not ended, and the last ones that have.
---@return tg.firmware.update[] updates newest first
function tg.firmware.list() end

---Lets an update that was held go on.
---@param which string|integer endpoint name or id
---@return true? ok
---@return tg.error? err code `not_found`; `state` unless it is `ready`
function tg.firmware.apply(which) end

---Ends an update.
---@param which string|integer endpoint name or id
---@return true? ok
---@return tg.error? err code `not_found`; `state` once it has ended or the device applies it
function tg.firmware.cancel(which) end

---Begins a campaign.
---@param spec tg.firmware.campaign_spec
---@return true? ok
---@return tg.error? err code `not_found` (the image), `exists` (the name), `argument`, `full` (32 have not ended), `state`
function tg.firmware.campaign(spec) end

---The campaigns that are known.
---@return tg.firmware.campaign[] campaigns newest first
function tg.firmware.campaigns() end

---No new updates of it begin.
---@param name string
---@return true? ok
---@return tg.error? err code `not_found`, `state`
function tg.firmware.pause(name) end

---It goes on after a pause or its stop rule.
---@param name string
---@return true? ok
---@return tg.error? err code `not_found`, `state`
function tg.firmware.resume(name) end

---Cancels it, and its updates that can be cancelled.
---@param name string
---@return true? ok
---@return tg.error? err code `not_found`, `state`
function tg.firmware.stop(name) end
