-- SPDX-License-Identifier: Apache-2.0
-- Commands in the default dialect: what is handed to a device, and what is wrong with the others.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local bench = require "dialect_bench"

local start, with_device, sent, ask = bench.start, bench.with_device, bench.sent, bench.ask

describe("commands in scripts/dialects/tidegate.lua", function()
  describe("a command", function()
    it("is handed to the device with its id as tag", function()
      local rows = {
        { { op = "read", path = "/3/0/9" } },
        { { op = "write", path = "/3/0/14", value = "+02", timeout = 60, priority = 3 } },
        { { op = "write", path = "/3306/0/5850", value = false, replace_key = "k" } },
        { { op = "read", path = "/3/0/9", durable = false } },
        { { op = "execute", path = "/3/0/4", args = "0='x'" } },
        { { op = "execute", path = "/3/0/4" } },
        { { op = "delete", path = "/3303/1" } },
        { { op = "discover", path = "/3" } },
        { { op = "discover" } },
        { { op = "observe", path = "/3303/0/5700" } },
        { { op = "cancel", path = "/3303/0/5700" } },
        { { op = "attributes", path = "/3303/0", attributes = { pmin = 10, gt = 30.5 } } },
        { { op = "attributes", path = "/3303", attributes = { pmax = false, epmin = 5 } } },
        { { op = "discover", path = "/3", depth = 2 } },
        { { op = "trigger" } },
        { { op = "trigger", transport = "U", instance = 1, timeout = 60 } },
        { { op = "disable", seconds = 600 } },
        { { op = "bootstrap" } },
        { { op = "prefer", transport = "n" } },
        { { op = "mute", value = false } },
        { { op = "cancel" } },
        { { op = "observe_composite", paths = { "/3/0/9", "/3303" } } },
        { { op = "read_composite", paths = { "/3/0/9", "/3303" } } },
      }
      for _, row in ipairs(rows) do
        local gateway = start()
        local dev, wanted = gateway:device "m 1", row[1]
        wanted.id = "a1"
        assert.same({}, ask(gateway, "m 1", wanted))
        wanted.id, wanted.tag = nil, "a1"
        if wanted.durable == nil then wanted.durable = true end
        assert.same({ wanted }, dev.commands)
      end
    end)

    it("may bring several values", function()
      local gateway, dev = with_device()
      local values = { ["/3311/0/5851"] = 40, ["/3311/0/5850"] = true }
      ask(gateway, "m1", { id = "a1", op = "write", path = "/3311/0", values = values })
      ask(gateway, "m1", {
        id = "a2",
        op = "create",
        path = "/3311",
        values = { ["/3311/5/5850"] = true },
      })
      assert.same({
        { path = "/3311/0/5850", value = true },
        { path = "/3311/0/5851", value = 40 },
      }, dev.commands[1].records)
      assert.same({ { path = "/3311/5/5850", value = true } }, dev.commands[2].records)
    end)

    it("may leave the number of a new instance to the device", function()
      local gateway, dev = with_device()
      local values = { ["5850"] = true, ["6/1"] = 40 }
      local rows = {
        { "create", "/3311" },
        { "create", "/3311/4" },
        { "update", "/3311/0" },
        { "write", "/3311/0" },
      }
      for number, row in ipairs(rows) do
        ask(gateway, "m1", { id = "a" .. number, op = row[1], path = row[2], values = values })
        assert.same(values, dev.commands[number].value)
        assert.is_nil(dev.commands[number].records)
        assert.equal(row[2], dev.commands[number].path)
      end
    end)

    it("may bring opaque values and object links", function()
      local gateway, dev = with_device()
      ask(gateway, "m1", '{"id":"a1","op":"write","path":"/5/0/0","value":{"base64":"aGk="}}')
      ask(gateway, "m1", '{"id":"a2","op":"write","path":"/1/0/10","value":[3,0]}')
      assert.same({ bytes = "hi" }, dev.commands[1].value)
      assert.same({ 3, 0 }, setmetatable(dev.commands[2].value, nil))
    end)

    it("that is wrong is answered with what to mend", function()
      local read = { id = "a1", op = "read", path = "/3/0/9" }
      local keys = "is of an object that holds keys; no server may use it"
      local function with(changes)
        local wanted = {}
        for key, value in pairs(read) do wanted[key] = value end
        for key, value in pairs(changes) do
          if value == "nil" then value = nil end
          wanted[key] = value
        end
        return wanted
      end
      local write = with { op = "write", path = "/3/0/14" }
      local rows = {
        { "read /3", "syntax", "no JSON: line 1" },
        { "", "syntax", "no JSON" },
        { '"text"', "syntax", "a JSON object is wanted" },
        { "[1]", "syntax", "a JSON object is wanted" },
        { "null", "syntax", "a JSON object is wanted" },
        { "{}", "argument", 'id is text of 1 to 64 bytes that you choose, such as "a1"' },
        { with { id = "" }, "argument", "id is text of 1 to 64 bytes" },
        { with { id = ("x"):rep(65) }, "argument", "id is text of 1 to 64 bytes" },
        { with { id = 7 }, "argument", "id is text of 1 to 64 bytes" },
        { with { op = "nil" }, "argument", "op is missing: attributes bootstrap cancel create" },
        { with { op = "raed" }, "argument", 'op "raed" is not known, did you mean "read"?' },
        { with { op = 7 }, "argument", 'op "7" is not known' },
        { with { path = "/0/0/5" }, "denied", "/0/0/5 " .. keys },
        { with { path = "/21/0" }, "denied", "/21/0 " .. keys },
        { with { deadline = "1999-01-01T00:00:00Z" }, "expired", "the deadline has passed" },
        { with { deadline = 1 }, "expired", "the deadline has passed" },
        {
          with { deadline = "tomorrow" },
          "argument",
          'deadline is Unix seconds or a date such as "2026-11-27T12:00:00Z"',
        },
        {
          with { deadline = 1, timeout = 5 },
          "argument",
          "a command takes either timeout or deadline",
        },
        { with { deadline = 1e18 }, "argument", "deadline is at most 2592000 seconds away" },
        { with { pat = 1 }, "argument", '"pat" is not known, did you mean "path"?' },
        { with { path = "nil" }, "argument", 'path is missing, such as "/3/0/9"' },
        { with { path = 3 }, "argument", 'path is text such as "/3/0/9"' },
        { with { path = "3/0/9" }, "argument", "path is 1 to 4 numbers of 0 to 65535" },
        { with { path = "/3/0/9/" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/03" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/65536" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/1/2/3/4/5" }, "argument", "path is 1 to 4 numbers" },
        { with { path = "/" }, "argument", "path is 1 to 4 numbers" },
        { with { op = "execute", path = "/3/0" }, "argument", "execute goes to a resource: 3" },
        { with { op = "delete", path = "/3303" }, "argument", "delete goes to an instance to" },
        { with { op = "create", path = "/3/0/1" }, "argument", "create goes to an object to an" },
        { with { op = "discover", path = "/1/2/3/4" }, "argument", "discover goes to an object" },
        { with { value = 1 }, "argument", "read takes no value" },
        { with { values = {} }, "argument", "read takes no value" },
        { write, "argument", "write takes either value or values" },
        {
          with { op = "write", path = "/3/0", value = 1, values = { ["/3/0/1"] = 1 } },
          "argument",
          "write takes either value or values",
        },
        {
          with { op = "write", path = "/3/0", value = 1 },
          "argument",
          'value is for a resource; write to /3/0 takes values, such as {"/3/0/0/1":5}',
        },
        { with { op = "create", path = "/3", value = 1 }, "argument", "value is for a resource" },
        {
          with { op = "write", path = "/3/0", values = { ["/4/0/1"] = 1 } },
          "argument",
          "values: /4/0/1 is no path of a resource below /3/0",
        },
        {
          with { op = "write", path = "/3/0", values = { ["/3/0"] = 1 } },
          "argument",
          "values: /3/0 is no path of a resource below /3/0",
        },
        { with { op = "write", path = "/3/0", values = {} }, "argument", "values is an object" },
        { with { op = "write", path = "/3/0", values = "x" }, "argument", "values is an object" },
        {
          with { op = "write", path = "/3/0/1", value = { a = 1 } },
          "argument",
          'a value is text, a number, true, false, {"base64":"…"} or [object, instance]',
        },
        {
          '{"id":"a","op":"write","path":"/5/0/0","value":{"base64":"?"}}',
          "argument",
          "base64 is not valid",
        },
        {
          with { op = "update", path = "/3/0", values = { ["/3/0/1"] = 1, ["14"] = 1 } },
          "argument",
          "path is 1 to 4 numbers",
        },
        {
          with { op = "create", path = "/3311", values = { ["5850"] = 1, name = 1 } },
          "argument",
          "values: name is no resource such as 5850 or 6/1",
        },
        { with { op = "update", path = "/3/0/6/1" }, "argument", "update goes to an instance" },
        { with { op = "trigger" }, "argument", "trigger takes no path; it goes to object 1" },
        { { id = "a", op = "trigger", transport = "X" }, "argument", "transport is one of U T S" },
        { { id = "a", op = "trigger", transport = "UQ" }, "argument", "transport is one of" },
        { { id = "a", op = "trigger", seconds = 5 }, "argument", "trigger takes no seconds" },
        { { id = "a", op = "trigger", value = true }, "argument", "trigger takes no value" },
        { { id = "a", op = "trigger", instance = -1 }, "argument", "instance is a whole number" },
        { { id = "a", op = "disable", seconds = 0 }, "argument", "seconds is a whole number" },
        { { id = "a", op = "disable", seconds = 1.5 }, "argument", "seconds is a whole number" },
        { { id = "a", op = "disable", transport = "U" }, "argument", "disable takes no transport" },
        { { id = "a", op = "bootstrap", seconds = 5 }, "argument", "bootstrap takes no seconds" },
        { { id = "a", op = "prefer" }, "argument", "prefer takes a transport" },
        { { id = "a", op = "mute" }, "argument", "mute takes a value" },
        { { id = "a", op = "mute", value = 1 }, "argument", "value is true or false" },
        { { id = "a", op = "mute", values = {} }, "argument", "mute takes no value" },
        { with { transport = "U" }, "argument", "read takes no transport" },
        { with { depth = 1 }, "argument", "depth is for discover" },
        { with { op = "discover", depth = 4 }, "argument", "depth is a whole number from 0 to 3" },
        { with { op = "discover", depth = "1" }, "argument", "depth is a whole number" },
        { with { timeout = 0 }, "argument", "timeout is 1 to 2592000 seconds" },
        { with { timeout = "60" }, "argument", "timeout is 1 to 2592000 seconds" },
        { with { priority = 4 }, "argument", "priority is 0 (bulk) to 3 (interactive)" },
        { with { durable = 1 }, "argument", "durable is true or false" },
        { with { retry = 1 }, "argument", "retry is true or false" },
        { with { replace_key = "" }, "argument", "replace_key is text of 1 to 64 bytes" },
        { with { replace_key = "k" }, "argument", "replace_key is for write and update" },
        { with { priority = 1.5 }, "argument", "priority is 0 (bulk) to 3 (interactive)" },
        { with { args = "0" }, "argument", "args is text, for execute" },
        { with { op = "execute", path = "/3/0/4", args = 0 }, "argument", "args is text" },
        { with { paths = { "/3" } }, "argument", "read takes no paths" },
        { with { op = "read_composite" }, "argument", "read_composite takes no path; it is in" },
        { '{"id":"a1","op":"read_composite"}', "argument", "paths is a list of 1 to 1024" },
        {
          '{"id":"a1","op":"read_composite","paths":["/3/0/9","x"]}',
          "argument",
          "path is 1 to 4 numbers",
        },
        {
          '{"id":"a1","op":"write_composite","value":5}',
          "argument",
          "write_composite takes values",
        },
        {
          '{"id":"a1","op":"write_composite","values":{"/3/0":5}}',
          "argument",
          "values: /3/0 is no path of a resource below /",
        },
        { with { attributes = { pmin = 1 } }, "argument", "attributes is for that operation" },
        { with { op = "attributes" }, "argument", "attributes is for that operation" },
        {
          with { op = "attributes", attributes = "pmin=10" },
          "argument",
          'attributes is an object such as {"pmin":10}',
        },
        {
          with { op = "attributes", attributes = { pmn = 10 } },
          "argument",
          'attributes: "pmn" is not known, did you mean "pmin"?',
        },
        {
          with { op = "attributes", attributes = { pmin = "10" } },
          "argument",
          "attributes: pmin is a number",
        },
      }
      for _, row in ipairs(rows) do
        local gateway, dev = with_device()
        local answer = ask(gateway, "m1", row[1])
        assert.equal(1, #answer)
        assert.equal("tidegate/dev/m1/result", answer[1].topic)
        local value = answer[1].value
        assert.same({ "failed", row[2] }, { value.state, value.error })
        assert.equal(row[3], value.message:sub(1, #row[3]))
        assert.same({}, dev.commands)
      end
    end)

    it("that is wrong is answered with as much of it as makes sense", function()
      local gateway = start()
      gateway:device "m1"
      local value = ask(gateway, "m1", { id = "a1", op = "raed", path = "/3/0/9" })[1].value
      assert.same({ "a1", "raed", "/3/0/9" }, { value.id, value.op, value.path })
      local long = ("x"):rep(1000)
      value = ask(gateway, "m1", { id = long, op = long, path = long })[1].value
      assert.same({}, { value.id, value.op, value.path })
      assert.is_true(#value.message < 200)
    end)

    it("that goes on and on is answered shortly, whatever of it does", function()
      local long, digits = ("ä"):rep(1e5), ("1"):rep(2e5)
      local many = {}
      for at = 1, 1025 do many["/3/0/" .. at] = at end
      for _, wanted in ipairs {
        { id = "a1", op = long, path = "/3/0/9" },
        { id = "a1", op = "firmware" .. long },
        { id = "a1", op = "read", path = "/3/0/9", [long] = 1 },
        { id = "a1", op = "read", path = "/" .. digits },
        { id = "a1", op = "read", path = ("/1"):rep(1e5) },
        { id = "a1", op = "read", path = "/3", deadline = "2099-01-01T00:00:00." .. digits },
        { id = "a1", op = "read_composite", paths = { "/3/0/9", "/" .. digits } },
        { id = "a1", op = "update", path = "/3/0", values = { [digits] = 1 } },
        { id = "a1", op = "update", path = "/3/0", values = { [digits .. "/1"] = 1 } },
        { id = "a1", op = "write_composite", values = { ["/3/0/" .. digits] = 1 } },
        { id = "a1", op = "write_composite", values = many },
        { id = "a1", op = "attributes", path = "/3", attributes = { [long] = 1 } },
      } do
        local gateway = start()
        gateway:device "m1"
        local value = ask(gateway, "m1", wanted)[1].value
        assert.same({ "a1", "failed", "argument" }, { value.id, value.state, value.error })
        assert.is_true(#value.message < 300, value.message)
      end
    end)

    it("to a device that isn't there is answered", function()
      local gateway = start()
      local answer = ask(gateway, "nobody", { id = "a1", op = "read", path = "/3/0/9" })
      assert.equal("tidegate/dev/nobody/result", answer[1].topic)
      assert.same({ "a1", "read", "/3/0/9", "failed", "not_found" }, {
        answer[1].value.id,
        answer[1].value.op,
        answer[1].value.path,
        answer[1].value.state,
        answer[1].value.error,
      })
    end)

    it("that the gateway refuses is answered, and may be sent again under its id", function()
      local gateway = start()
      local dev, wanted = gateway:device "m1", { id = "a1", op = "read", path = "/3/0/9" }
      dev.refuses = { code = "full", message = "100 commands wait" }
      local value = ask(gateway, "m1", wanted)[1].value
      assert.same(
        { "failed", "full", "100 commands wait" },
        { value.state, value.error, value.message }
      )
      dev.refuses, dev.raises = nil, "a path is wanted"
      value = ask(gateway, "m1", wanted)[1].value
      assert.same({ "argument", "a path is wanted" }, { value.error, value.message })
      dev.raises = nil
      assert.same({}, ask(gateway, "m1", wanted))
      assert.equal(1, #dev.commands)
    end)

    it("that is retained is left alone", function()
      local gateway, dev = with_device()
      local wanted = { id = "a1", op = "execute", path = "/3/0/4" }
      local info = { qos = 1, retained = true, broker = "main" }
      assert.same({}, ask(gateway, "m1", wanted, info))
      assert.same({}, dev.commands)
      assert.same({ "warn a command to m1 is ignored: it is retained" }, gateway.lines)
    end)

    it("to a name that is longer than names are is left alone", function()
      local gateway = start()
      local topic = "tidegate/dev/" .. ("x"):rep(60000) .. "/cmd"
      gateway:message(bench.FILTER, topic, '{"id":"a1","op":"read","path":"/3/0/9"}')
      assert.same({}, sent(gateway))
      assert.equal(1, #gateway.lines)
      assert.is_true(#gateway.lines[1] < 400)
    end)

    it("is found below a prefix of several levels", function()
      local gateway = start { prefix = "plant/7/tide" }
      local dev = gateway:device "m1"
      local payload = '{"id":"a1","op":"read","path":"/3/0/9"}'
      gateway:message("plant/7/tide/dev/+/cmd", "plant/7/tide/dev/m1/cmd", payload)
      assert.equal(1, #dev.commands)
    end)
  end)
end)
