-- SPDX-License-Identifier: Apache-2.0
-- Commands in the default dialect that are sent again under the same id, also after a restart.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local fake = require "fake_tg"
local memory = require "dialects.tidegate_memory"
local bench = require "dialect_bench"

local start, with_device, sent, ask = bench.start, bench.with_device, bench.sent, bench.ask

describe("ids in scripts/dialects/tidegate.lua", function()
  describe("an id that comes again", function()
    local WRITE = { id = "a1", op = "write", path = "/3/0/14", value = "+05" }
    local DONE = { id = 1, tag = "a1", op = "write", path = "/3/0/14", state = "done" }
    DONE.records, DONE.code = {}, "2.04"

    local function finish(gateway, dev, changes) return bench.told(gateway, dev, DONE, changes) end

    --- The next process, which has not begun yet.
    local function process_after(gateway)
      local later = fake.gateway()
      later.stored = gateway.stored
      return later
    end

    it("is not run again but answered with the last result", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      assert.equal("accepted", finish(gateway, dev, { state = "accepted" })[1].value.state)
      local value = ask(gateway, "m1", WRITE)[1].value
      assert.same({ "a1", "accepted" }, { value.id, value.state })
      local first = finish(gateway, dev)[1]
      local again = ask(gateway, "m1", WRITE)
      assert.equal(1, #again)
      assert.equal(first.topic, again[1].topic)
      assert.is_true(again[1].value.seq > first.value.seq)
      first.value.seq, again[1].value.seq = nil, nil
      assert.same(first.value, again[1].value)
      assert.equal(1, #dev.commands)
    end)

    it("is not answered before it is known whether the first is on disk", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      assert.same({}, ask(gateway, "m1", WRITE))
      finish(gateway, dev, { state = "accepted" })
      assert.equal("accepted", ask(gateway, "m1", WRITE)[1].value.state)
      assert.equal(1, #dev.commands)
    end)

    it("is run when the disk had refused the first", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      local why = { state = "failed", error = "store", message = "the store failed" }
      local value = finish(gateway, dev, why)[1].value
      assert.same({ "failed", "store" }, { value.state, value.error })
      assert.same({}, ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
    end)

    it("is answered at once where the first was not to be on disk", function()
      local gateway = start()
      gateway:device "m1"
      local fleeting = { id = "a1", op = "read", path = "/3/0/9", durable = false }
      ask(gateway, "m1", fleeting)
      assert.equal("waiting", ask(gateway, "m1", fleeting)[1].value.state)
    end)

    it("to another device is another command", function()
      local gateway = start()
      local one, two = gateway:device "m1", gateway:device "m2"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m2", WRITE)
      assert.same({ 1, 1 }, { #one.commands, #two.commands })
    end)

    it("is run again after a day", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      finish(gateway, dev)
      gateway:pass(24 * 3600 - 1)
      assert.equal(1, #ask(gateway, "m1", WRITE))
      gateway:pass(2)
      assert.same({}, ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
    end)

    it("is not run again because the clock on the wall was set", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", WRITE)
      finish(gateway, dev)
      local began = gateway.time
      for _, years in ipairs { 10, -10 } do
        gateway.time, gateway.steady = began + years * 365 * 86400, began + 60
        assert.equal("done", ask(gateway, "m1", WRITE)[1].value.state)
      end
      assert.equal(1, #dev.commands)
    end)

    it("has its deadline where it was when the clock on the wall was set", function()
      local gateway = start()
      local dev = gateway:device "m1"
      local began = gateway.time
      gateway.time, gateway.steady = began + 10 * 365 * 86400, began
      ask(gateway, "m1", { id = "a1", op = "read", path = "/3/0/9", deadline = began + 100 })
      assert.equal(1, #dev.commands)
      assert.equal(100, math.floor(dev.commands[1].timeout + 0.5))
    end)

    it("is answered without the values when they were many", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", { id = "a1", op = "read", path = "/3" })
      local rows = {}
      for nth = 0, 30 do rows[#rows + 1] = { "/3/0/" .. nth, ("x"):rep(20) } end
      local first = finish(gateway, dev, { records = fake.records(rows) })[1].value
      assert.equal(("x"):rep(20), first.values["/3/0/30"])
      local again = ask(gateway, "m1", { id = "a1", op = "read", path = "/3" })[1].value
      assert.same({ "done", true, "2.04" }, { again.state, again.shortened, again.code })
      assert.is_nil(again.values)
    end)

    it("is known after a restart, which ends a command that was on its way", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      finish(gateway, dev)
      local reboot = { id = "a2", op = "execute", path = "/3/0/4" }
      ask(gateway, "m1", reboot)

      local later = process_after(gateway)
      later:start(bench.FILE)
      dev = later:device "m1"
      assert.equal("done", ask(later, "m1", WRITE)[1].value.state)
      later:pass(1)
      local told = sent(later)
      assert.equal(1, #told)
      assert.equal("tidegate/dev/m1/result", told[1].topic)
      local value = told[1].value
      assert.same({ "a2", "execute", "/3/0/4" }, { value.id, value.op, value.path })
      assert.same({ "cancelled", "cancelled" }, { value.state, value.error })
      assert.equal("cancelled", ask(later, "m1", reboot)[1].value.state)
      assert.same({}, dev.commands)
      -- Ours has ended: this is somebody else's.
      assert.same({}, finish(later, dev, { id = 78, tag = "a2" }))
    end)

    it("goes on after a restart where the gateway has kept it", function()
      local gateway = start()
      gateway:device "m1"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m1", { id = "a2", op = "execute", path = "/3/0/4" })

      local later = process_after(gateway)
      local dev = later:device("m1")
      dev.queued = { { id = 801, tag = WRITE.id }, { id = 802, tag = "a2" } }
      later:start(bench.FILE)
      later:pass(1)
      assert.same({}, sent(later))
      assert.equal("done", finish(later, dev, { id = 801, tag = WRITE.id })[1].value.state)
      local ended = { id = 802, tag = "a2", op = "execute", path = "/3/0/4", state = "unknown" }
      ended.error, ended.message = "unknown", "nobody knows"
      local value = finish(later, dev, ended)[1].value
      assert.same({ "a2", "unknown", "unknown" }, { value.id, value.state, value.error })
      local again = { id = "a2", op = "read", path = "/3" }
      assert.equal("unknown", ask(later, "m1", again)[1].value.state)
      assert.same({}, dev.commands)
      -- More waited than are remembered.
      local old = finish(later, dev, { id = 803, tag = "old", mine = true })
      assert.equal("done", old[1].value.state)
      assert.same({}, finish(later, dev, { id = 804, tag = "of another script" }))
    end)

    it("goes on from the newest slot after a restart", function()
      local gateway = start()
      gateway:device "m1"
      for nth = 1, 5 do
        ask(gateway, "m1", { id = "i" .. nth, op = "read", path = "/3/0/9" })
        gateway:pass(1)
      end
      local later = process_after(gateway)
      later:start(bench.FILE)
      local dev = later:device "m1"
      ask(later, "m1", { id = "i6", op = "read", path = "/3/0/9" })
      finish(later, dev, { tag = "i6", state = "accepted" })
      for nth = 1, 6 do
        assert.equal(1, #ask(later, "m1", { id = "i" .. nth, op = "read", path = "/3/0/9" }))
      end
    end)

    it("is known by the next generation of the script, with its results", function()
      local old, new = start(), start()
      new.stored = old.stored
      old:device "m1"
      ask(old, "m1", WRITE)
      new.handlers.restore(old.handlers.save())
      new:pass(1)
      assert.same({}, sent(new)) -- it goes on
      local dev = new:device "m1"
      assert.equal("done", finish(new, dev)[1].value.state)
      assert.equal("done", ask(new, "m1", WRITE)[1].value.state)
      assert.same({}, dev.commands)
    end)

    it("is forgotten, the oldest first, when there is no more room", function()
      local gateway = fake.gateway()
      local asked = memory.new(gateway.tg, 4)
      for nth = 1, 6 do asked.put("m1", "i" .. nth, "waiting", "text " .. nth) end
      asked.put("m1", "i4", "done", "text 4")
      for nth = 1, 6 do
        local entry = asked.get("m1", "i" .. nth)
        assert.equal(nth > 2 and "text " .. nth or nil, entry and entry.text)
      end
      local count = 0
      for _ in pairs(gateway.stored) do count = count + 1 end
      assert.equal(4, count)
    end)

    it("may be forgotten before its result comes, which is told all the same", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      gateway:pass(25 * 3600)
      assert.equal("done", finish(gateway, dev)[1].value.state)
    end)

    it("is remembered in memory when the store has no room", function()
      local gateway, dev = with_device()
      gateway.store_refuses = "full: more than 1 MiB"
      ask(gateway, "m1", WRITE)
      ask(gateway, "m1", { id = "a2", op = "read", path = "/3/0/9" })
      finish(gateway, dev, { state = "accepted" })
      assert.equal(1, #ask(gateway, "m1", WRITE))
      assert.equal(2, #dev.commands)
      assert.equal(1, #gateway.lines)
    end)

    it("costs two writes to the store, not one for each state", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", WRITE)
      finish(gateway, dev, { state = "accepted" })
      finish(gateway, dev, { state = "waiting" })
      finish(gateway, dev, { state = "sent" })
      finish(gateway, dev)
      assert.equal(2, gateway.writes)
    end)
  end)
end)
