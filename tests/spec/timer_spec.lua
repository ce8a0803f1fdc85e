-- SPDX-License-Identifier: Apache-2.0
-- tg.timer on a real loop where there is luv, and on a clock that is stepped.
package.path = "scripts/?.lua;tests/spec/?.lua;" .. package.path
local has_uv, uv = pcall(require, "luv")
local fake = require "fake_tg"

describe("tidegate.timer", function()
  describe("on a clock that is stepped", function()
    it("calls once after so many seconds", function()
      local gateway, calls = fake.gateway(), 0
      gateway.tg.timer.after(2.5, function() calls = calls + 1 end)
      gateway:pass(2.4)
      assert.equal(0, calls)
      gateway:pass(0.2)
      assert.equal(1, calls)
      gateway:pass(10)
      assert.equal(1, calls)
      assert.is_nil(next(gateway.timers))
    end)

    it("calls again and again until it is cancelled", function()
      local gateway, calls = fake.gateway(), 0
      local handle = gateway.tg.timer.every(1, function() calls = calls + 1 end)
      gateway:pass(3.5)
      assert.equal(3, calls)
      assert.is_true(handle:cancel())
      assert.is_false(handle:cancel())
      gateway:pass(3)
      assert.equal(3, calls)
      assert.is_nil(next(gateway.timers))
    end)

    it("does not call what was cancelled", function()
      local gateway, calls = fake.gateway(), 0
      local handle = gateway.tg.timer.after(1, function() calls = calls + 1 end)
      assert.is_true(handle:cancel())
      gateway:pass(2)
      assert.equal(0, calls)
    end)

    it("has nothing left to cancel when it has been", function()
      local gateway = fake.gateway()
      local handle = gateway.tg.timer.after(1, function() end)
      gateway:pass(1)
      assert.is_false(handle:cancel())
    end)

    it("may be cancelled from inside", function()
      local gateway, calls, handle = fake.gateway(), 0, nil
      handle = gateway.tg.timer.every(1, function()
        calls = calls + 1
        if calls == 2 then handle:cancel() end
      end)
      gateway:pass(10)
      assert.equal(2, calls)
    end)

    it("suspends a task", function()
      local gateway, steps = fake.gateway(), {}
      gateway.tg.timer.task(function()
        steps[#steps + 1] = "begin"
        gateway.tg.timer.sleep(5)
        steps[#steps + 1] = "end"
      end)
      assert.same({ "begin" }, steps)
      gateway:pass(4)
      assert.same({ "begin" }, steps)
      gateway:pass(1)
      assert.same({ "begin", "end" }, steps)
      assert.is_nil(next(gateway.timers))
    end)

    it("leaves out beats while one waits", function()
      local gateway, begun, ended = fake.gateway(), 0, 0
      gateway.tg.timer.every(1, function()
        begun = begun + 1
        gateway.tg.timer.sleep(2.5)
        ended = ended + 1
      end)
      gateway:pass(3)
      assert.same({ 1, 0 }, { begun, ended })
      gateway:pass(1)
      assert.same({ 2, 1 }, { begun, ended })
    end)

    it("goes on after a beat that failed", function()
      local gateway, calls = fake.gateway(), 0
      gateway.tg.timer.every(1, function()
        calls = calls + 1
        error("boom", 0)
      end)
      for beat = 1, 3 do
        local ok, why = pcall(gateway.pass, gateway, 1)
        assert.same({ false, "boom" }, { ok, why })
        assert.equal(beat, calls)
      end
    end)

    it("knows the time", function()
      local gateway = fake.gateway()
      assert.equal(1732000000.125, gateway.tg.timer.now())
      local began = gateway.tg.timer.clock()
      gateway:pass(1.5)
      assert.equal(1.5, gateway.tg.timer.clock() - began)
    end)

    it("knows the time that nobody sets", function()
      local gateway = fake.gateway()
      assert.equal(gateway.tg.timer.now(), gateway.tg.timer.steady())
      gateway.steady = 1732000007.5
      assert.equal(1732000007.5, gateway.tg.timer.steady())
    end)

    it("raises at the caller what makes no sense", function()
      local timer = fake.gateway().tg.timer
      local wrong = { -1, "1", 0 / 0, 1 / 0, 1e12, {} }
      for _, name in ipairs { "after", "every", "sleep" } do
        for _, seconds in ipairs(wrong) do
          local ok, why = pcall(function() timer[name](seconds, print) end)
          assert.is_false(ok)
          assert.is_truthy(why:find("timer_spec.lua:%d+: tg.timer." .. name .. ": seconds is"), why)
        end
        assert.is_false((pcall(timer[name])))
      end
      for _, name in ipairs { "after", "every" } do
        local ok, why = pcall(function() timer[name](1, "text") end)
        assert.is_false(ok)
        assert.is_truthy(why:find("a function is wanted", 1, true))
      end
    end)
  end)

  describe("on a real loop", function()
    local timer

    before_each(function()
      if not has_uv then return end
      local core = fake.gateway().core
      package.loaded.uv = uv
      package.loaded["tidegate.timer"] = nil
      timer = require "tidegate.timer"(core)
    end)

    -- Turns the loop until nothing is left to do; it would hang if a timer were left open.
    local function run() uv.run() end

    it("calls in the order of times", function()
      if not has_uv then return pending "no luv here" end
      local calls = {}
      timer.after(0.1, function() calls[#calls + 1] = "second" end)
      timer.after(0, function() calls[#calls + 1] = "first" end)
      run()
      assert.same({ "first", "second" }, calls)
    end)

    it("repeats until it is cancelled, and leaves nothing open", function()
      if not has_uv then return pending "no luv here" end
      local calls, handle = 0, nil
      handle = timer.every(0.001, function()
        calls = calls + 1
        if calls == 3 then handle:cancel() end
      end)
      run()
      assert.equal(3, calls)
    end)

    it("repeats with a pause of no seconds without spinning for ever", function()
      if not has_uv then return pending "no luv here" end
      local calls = 0
      local handle = timer.every(0, function() calls = calls + 1 end)
      timer.after(0.02, function() handle:cancel() end)
      run()
      assert.is_true(calls >= 1 and calls <= 100, calls)
    end)

    it("suspends a task for as long as it says", function()
      if not has_uv then return pending "no luv here" end
      local began, slept = uv.hrtime(), nil
      timer.task(function()
        timer.sleep(0.01)
        slept = (uv.hrtime() - began) / 1e9
      end)
      run()
      assert.is_true(slept >= 0.009, slept) -- the loop counts whole milliseconds
    end)

    it("counts from now, however long the loop has stood still", function()
      if not has_uv then return pending "no luv here" end
      uv.update_time()
      local began = uv.hrtime()
      while uv.hrtime() - began < 3e7 do end -- the loop's time is 30 ms old now
      began = uv.hrtime()
      local waited
      timer.after(0.02, function() waited = (uv.hrtime() - began) / 1e9 end)
      run()
      assert.is_true(waited >= 0.019, waited) -- the same
    end)
  end)
end)
