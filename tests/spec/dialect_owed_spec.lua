-- SPDX-License-Identifier: Apache-2.0
-- The default dialect when the outbox is full: results and states wait, nothing else does, and all
-- of them come once.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local dkjson = require "dkjson"
local fake = require "fake_tg"

local FILE = "scripts/dialects/tidegate.lua"
local FILTER = "tidegate/dev/+/cmd"
local FULL = { code = "full", message = "full" }

local function start(stored)
  local gateway = fake.gateway "house"
  gateway.stored = stored or gateway.stored
  gateway:start(FILE)
  return gateway
end

--- What was published, as "level state id", for results and states.
local function told(gateway)
  local list = {}
  for at, message in ipairs(gateway:sent()) do
    local value = dkjson.decode(message.payload)
    local what = message.topic:match("[^/]+$")
    list[at] = table.concat({ what, value.state or value.event, value.id }, " ")
  end
  assert.same({}, gateway.failures)
  return list
end

local function ask(gateway, ep, id)
  local topic = "tidegate/dev/" .. ep .. "/cmd"
  gateway:message(FILTER, topic, dkjson.encode { id = id, op = "read", path = "/3/0/9" })
end

--- Command number `number` under `id` came to `state`.
local function reach(gateway, dev, number, id, state, rows)
  gateway:event("command", dev, {
    id = number,
    tag = id,
    op = "read",
    path = "/3/0/9",
    state = state,
    records = rows and fake.records(rows),
  })
end

describe("scripts/dialects/tidegate_owed.lua", function()
  describe("a result that finds no room", function()
    it("comes when there is room again, once, and as it was", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", "a1")
      reach(gateway, dev, 1, "a1", "accepted")
      reach(gateway, dev, 1, "a1", "waiting")
      assert.same({ "result accepted a1", "result waiting a1" }, told(gateway))
      gateway.refuses = FULL
      reach(gateway, dev, 1, "a1", "sent")
      reach(gateway, dev, 1, "a1", "done", { { "/3/0/9", 87 } })
      gateway:pass(3600)
      assert.same({}, told(gateway))
      gateway.refuses = nil
      gateway:pass(2)
      local list = gateway:sent()
      assert.equal(1, #list)
      local value = dkjson.decode(list[1].payload)
      assert.same({ "done", 87 }, { value.state, value.values["/3/0/9"] })
      assert.same({ 1, 3, true }, { list[1].qos, list[1].class, list[1].durable })
      gateway:pass(3600)
      assert.same({}, told(gateway))
    end)

    it("keeps its place among others", function()
      local gateway = start()
      local dev = gateway:device "m1"
      for at = 1, 300 do ask(gateway, "m1", "a" .. at) end
      gateway.refuses = FULL
      for at = 1, 300 do reach(gateway, dev, at, "a" .. at, at % 2 == 0 and "done" or "expired") end
      gateway.refuses = nil
      gateway:pass(3)
      local list = told(gateway)
      assert.equal(300, #list)
      for at = 1, 300 do
        assert.equal(("result %s a%d"):format(at % 2 == 0 and "done" or "expired", at), list[at])
      end
    end)

    it("is not told twice when its asker asks again meanwhile", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", "a1")
      reach(gateway, dev, 1, "a1", "accepted")
      told(gateway)
      gateway.refuses = FULL
      reach(gateway, dev, 1, "a1", "done")
      gateway.refuses = nil
      ask(gateway, "m1", "a1")
      assert.same({ "result done a1" }, told(gateway))
      gateway:pass(10)
      assert.same({}, told(gateway))
    end)

    it("comes after a restart, also a day later", function()
      for _, hours in ipairs { 0, 100 } do
        local gateway = start()
        local dev = gateway:device "m1"
        ask(gateway, "m1", "a1")
        gateway.refuses = FULL
        reach(gateway, dev, 1, "a1", "done")
        local again = fake.gateway "house"
        again.stored, again.time = gateway.stored, gateway.time + hours * 3600
        again:start(FILE)
        again.refuses = FULL
        again:pass(10)
        assert.same({}, told(again))
        again.refuses = nil
        again:pass(2)
        assert.same({ "result done a1" }, told(again))
        local third = start(again.stored)
        third:pass(10)
        assert.same({}, told(third))
      end
    end)

    it("goes over to the next generation of the script, long ones too", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", "a1")
      gateway.refuses = FULL
      reach(gateway, dev, 1, "a1", "done", { { "/3/0/9", ("x"):rep(2000) } })
      gateway:event("asleep", dev)
      local saved = gateway.handlers.save()
      gateway.timers, gateway.refuses = {}, nil
      gateway:start(FILE)
      gateway.handlers.restore(saved)
      gateway:pass(2)
      local list = gateway:sent()
      assert.equal(2, #list)
      assert.equal(2000, #dkjson.decode(list[1].payload).values["/3/0/9"])
      assert.equal("tidegate/dev/m1/state", list[2].topic)
    end)

    it("may be the refusal of a command, or of firmware", function()
      local gateway = start()
      gateway.refuses = FULL
      ask(gateway, "nobody", "a1")
      gateway:message("tidegate/gw/house/cmd", "tidegate/gw/house/cmd", "{}")
      gateway.refuses = nil
      gateway:pass(2)
      local list = gateway:sent()
      assert.equal("tidegate/dev/nobody/result", list[1].topic)
      assert.equal("tidegate/gw/house/result", list[2].topic)
      assert.equal(2, #list)
    end)

    it("is short when very many wait, and the oldest of thousands are given up", function()
      local gateway = start()
      local dev = gateway:device "m1"
      gateway.refuses = FULL
      for at = 1, 4200 do
        ask(gateway, "m1", "a" .. at)
        reach(gateway, dev, at, "a" .. at, "done", { { "/3/0/9", ("x"):rep(3000) } })
      end
      gateway.refuses = nil
      gateway:pass(60)
      local list, bytes = gateway:sent(), 0
      for _, message in ipairs(list) do bytes = bytes + #message.payload end
      assert.equal(4096, #list)
      assert.is_true(bytes < 2 * 1048576)
      assert.same({
        "warn the outbox is full: results and states wait for room",
        "error too many results wait for room: the oldest are given up",
        "info what waited for room in the outbox is out, but for 104 results",
      }, gateway.lines)
      assert.equal("a4200", dkjson.decode(list[#list].payload).id)
    end)
  end)

  describe("a state that finds no room", function()
    it("comes later, the last one of each device only, as it is then", function()
      local gateway = start()
      local dev = gateway:device("m1", { lifetime = 60 })
      gateway.refuses = FULL
      gateway:event("registered", dev)
      gateway:event("asleep", dev)
      gateway:event("expired", nil, { ep = "gone" })
      dev.lifetime = 90
      gateway.refuses = nil
      gateway:pass(2)
      local list = gateway:sent()
      table.sort(list, function(a, b) return a.topic < b.topic end)
      assert.equal(2, #list)
      local gone, asleep = dkjson.decode(list[1].payload), dkjson.decode(list[2].payload)
      assert.same({ "offline", "expired" }, { gone.state, gone.why })
      assert.same({ "asleep", "asleep", 90 }, { asleep.state, asleep.why, asleep.lifetime })
      assert.same({ true, 2 }, { list[2].retain, list[2].class })
      gateway:pass(100)
      assert.same({}, told(gateway))
    end)

    it("is not told when a newer one has been", function()
      local gateway = start()
      local dev = gateway:device "m1"
      gateway.refuses = FULL
      gateway:event("asleep", dev)
      gateway.refuses = nil
      gateway:event("awake", dev)
      gateway:pass(2)
      assert.same({ "state online" }, told(gateway))
    end)

    it("comes behind results", function()
      local gateway = start()
      local dev = gateway:device "m1"
      ask(gateway, "m1", "a1")
      gateway.refuses = FULL
      gateway:event("asleep", dev)
      reach(gateway, dev, 1, "a1", "done")
      gateway.refuses = nil
      gateway:pass(2)
      assert.same({ "result done a1", "state asleep" }, told(gateway))
    end)
  end)

  it("says once that something waits, and once that all of it is out", function()
    local gateway = start()
    local dev = gateway:device "m1"
    for at = 1, 3 do ask(gateway, "m1", "a" .. at) end
    gateway.refuses = FULL
    for at = 1, 3 do
      reach(gateway, dev, at, "a" .. at, "done")
      gateway:pass(5)
    end
    gateway.refuses = nil
    gateway:pass(5)
    assert.same({
      "warn the outbox is full: results and states wait for room",
      "info what waited for room in the outbox is out",
    }, gateway.lines)
  end)

  it("lets events and values go: they are counted where it happens", function()
    local gateway = start()
    local dev = gateway:device "m1"
    gateway.refuses = FULL
    gateway:event("moved", dev)
    gateway:report(dev, { { "/3303/0/5700", 1, 1.5 } })
    gateway.refuses = nil
    gateway:pass(10)
    assert.same({}, told(gateway))
    assert.same({}, gateway.lines)
  end)
end)
