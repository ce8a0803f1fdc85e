-- SPDX-License-Identifier: Apache-2.0
-- What config/check.lua says about configurations, against the schema that ships.

local check = dofile("config/check.lua")
local schema = dofile("config/schema.lua")

--- Evaluates `source` as a file would be, and checks it.
local function run(source)
  return check.run(schema, assert(load(source, "=config", "t", {}))(), source)
end

describe("config/check.lua", function()
  it("fills in every default", function()
    local config = assert(run("return { links = { { kind = 'udp' } } }"))
    assert.equal("tidegate", config.name)
    assert.equal("udp0", config.links[1].name)
    assert.equal(5683, config.links[1].port)
    assert.equal(86400, config.server.default_lifetime)
    assert.equal(64 * 1024 * 1024, config.store.outbox_max)
    assert.equal("/3303", config.server.observe[1].path)
  end)

  it("resolves units and short forms", function()
    local config = assert(run([[return {
      server = { awake = "2m", observe = { { path = "/3/0/9", pmin = 10 } } },
      scripts = { "rules/my.lua", "plc/init.lua" },
      mqtt = { { uri = "mqtt://h", reconnect_min = "250ms" } },
    }]]))
    assert.equal(120, config.server.awake)
    assert.equal(10, config.server.observe[1].pmin)
    assert.equal("my", config.scripts[1].name)
    assert.equal("plc", config.scripts[2].name)
    assert.equal(0.25, config.mqtt[1].reconnect_min)
  end)

  local wrong = {
    { "return 1", 1, "must return a table" },
    { "return {\n nmae = 'x' }", 2, 'unknown key "nmae"; did you mean "name"' },
    { "return {\n\n links = { { kind = 'tcp' } } }", 3, '"tcp" is not one of udp, nidd' },
    { "return { links = {\n { kind = 'udp',\n port = 70000 } } }", 3, "at most 65535" },
    { "return { links = {\n { kind = 'udp', port = 1.5 } } }", 2, "a whole number is wanted" },
    { "return { mqtt = {\n {} } }", 2, "uri is missing" },
    { "return { mqtt = { { uri = 'http://h' } } }", 1, "mqtt://host[:port] or" },
    { "return { mqtt = { { uri = 'mqtt://h:0' } } }", 1, '"mqtt://h:0"' },
    { "return { mqtt = { { uri = 'mqtt://h:65536' } } }", 1, '"mqtt://h:65536"' },
    { "return { mqtt = { { uri = 'mqtts://' } } }", 1, "mqtts://host[:port]" },
    { "return { mqtt = { { uri = 'mqtt://me:pw@h' } } }", 1, "mqtts://host[:port]" },
    { "return { links = { { kind = 'udp', ack_timeout = 0.0001 } } }", 1, "at least 0.001" },
    { "return { links = { { kind = 'udp', max_retransmit = 21 } } }", 1, "at most 20" },
    { "return { links = { { kind = 'udp', host = 'localhost' } } }", 1, '"localhost": an IPv4' },
    { "return { links = { { kind = 'udp', host = '1.2.3.256' } } }", 1, "an IPv4 or IPv6" },
    { "return { dialect = { prefix = 'a/' } }", 1, "dialect.prefix" },
    { "return { dialect = { prefix = '$SYS' } }", 1, "dialect.prefix" },
    { "return { dialect = { prefix = '" .. ("a/"):rep(25) .. "a' } }", 1, "dialect.prefix" },
    { "return { server = {\n awake = '5 parsecs' } }", 2, 'text such as "30s"' },
    { "return { server = { awake = -1 } }", 1, 'text such as "30s"' },
    { "return { server = { observe = {\n '/03' } } }", 2, "no LwM2M path" },
    { "return { control = { mode = '0999' } }", 1, "octal digits" },
    { "return { limits = { peers = 'many' } }", 1, "a whole number is wanted" },
    { "return { quirks = {\n { unsigned = true } } }", 2, 'unknown key "unsigned"' },
    { "return { quirks = {\n {\n text_only = 1 } } }", 3, "true or false is wanted" },
    { "return { quirks = { { content_format = 'tvl' } } }", 1, 'did you mean "tlv"' },
    { "return { quirks = { 'x' } }", 1, "a table" },
    { "return { quirks = { { block = 8 } } }", 1, "at least 16" },
    { "return { policy = {\n on_error = 'admt' } }", 2, 'did you mean "admit"' },
    { "return { server = { observe = {\n { path = '/3', modl = 'x' } } } }", 2, '"model"' },
    { "return { scripts = { x = 1 } }", 1, 'it has no key "x"' },
    { "return { scripts = { 'a.lua',\n 'b/a.lua' } }", 2, "is the name of scripts[1] already" },
    { "return { scripts = { { file = 'a b.lua' } } }", 1, "may only hold" },
    { "return { name = ('x'):rep(65) }", 1, "at most 64 bytes" },
    { "return { name = 'a\\0b' }", 1, "NUL" },
    { "return { mqtt = { { uri = 'mqtt://h', reconnect_min = 60 } } }", 1, "longer than" },
    { "return { firmware = {\n coap = 'coaps://h' } }", 2, "coap://host[:port]" },
    { "return { firmware = {\n coap = 'coap://h/' } }", 2, "coap://host[:port]" },
    { "return { firmware = { http = {\n listen = '8080' } } }", 2, "an address and a port" },
    { "return { firmware = { http = { listen = 'h:80' } } }", 1, "an address and a port" },
    { "return { firmware = { http = { listen = '[::1]:65536' } } }", 1, "an address and a port" },
    { "return { firmware = { http = { url = 'http://h/' } } }", 1, "without a slash at its end" },
    { "return { firmware = { http = {\n listen = '0.0.0.0:80' } } }", 2, "needs a url" },
    { "return { firmware = { http = { listen = '[::]:0' } } }", 1, "needs a url" },
    { "return { firmware = { parallel = 0 } }", 1, "at least 1" },
    { "return { firmware = { image_max = '2GB' } }", 1, "at most 1073741824" },
    { "return { firmware = { move = { transport = 'X' } } }", 1, '"X" is not one of U, T' },
    {
      "return { links = { { kind = 'udp' } },\n firmware = { move = {\n from = 'udp1' } } }",
      3,
      'there is no link called "udp1"; did you mean "udp0"',
    },
  }
  for _, case in ipairs(wrong) do
    local source, line, text = case[1], case[2], case[3]
    it(("says %s of %s"):format(text, (source:gsub("%s+", " "))), function()
      local config, errors = run(source)
      assert.is_nil(config)
      assert.equal(1, #errors)
      assert.truthy(errors[1].message:find(text, 1, true), errors[1].message)
      assert.equal(line, errors[1].line)
    end)
  end

  it("finds our own profiles fine, and says what is wrong with others", function()
    local file = assert(io.open("objects/quirks.lua"))
    local source = file:read("a")
    file:close()
    local value = assert(load(source, "=quirks", "t", {}))()
    local list, errors = check.quirks(schema, value, source)
    assert.same({}, errors)
    assert.truthy(#list > 0)
    for _, profile in ipairs(list) do
      assert.truthy(profile.why) -- an entry of ours says how one knows
      assert.truthy(profile.ep or profile.manufacturer or profile.model)
    end
    source = "return {\n { model = 'x' },\n { model = 7,\n text_onyl = true } }"
    list, errors = check.quirks(schema, load(source, "=q", "t", {})(), source)
    assert.is_nil(list)
    assert.same({ 3, 4 }, { errors[1].line, errors[2].line })
    assert.truthy(errors[2].message:find('did you mean "text_only"', 1, true))
    list, errors = check.quirks(schema, 7, "return 7")
    assert.is_nil(list)
    assert.equal(1, #errors)
  end)

  it("takes addresses, identities, brokers and prefixes of every kind", function()
    local nidd = "{ links = { { kind = 'nidd', api_root = 'http://h', scs_as_id = 'x', %s } } }"
    local rows = {
      { "{ links = { { kind = 'udp', host = '%s' } } }", "0.0.0.0", "127.1.2.3", "::", "::1" },
      { "{ links = { { kind = 'udp', host = '%s' } } }", "fe80::1%eth0", "2001:db8::1.2.3.4" },
      { "{ mqtt = { { uri = '%s' } } }", "mqtt://h", "mqtts://h.example:8883", "mqtt://[::1]" },
      { "{ mqtt = { { uri = '%s' } } }", "mqtt://[::1]:1", "mqtt://1.2.3.4:65535" },
      { "{ dialect = { prefix = '%s' } }", "t", "a/b", "Zähler", ("a/"):rep(24) .. "a" },
      { nidd:format("callback = { url = '%s' }"), "http://gw", "https://gw.example:8443/a/b?c" },
      { nidd:format("token_url = '%s'"), "", "https://[::1]:1/token" },
      { nidd:format("devices = { '%s' }"), "a@b", "urn:x@iot.example", "49171", "491710000001234" },
    }
    for _, row in ipairs(rows) do
      for i = 2, #row do assert(run("return " .. row[1]:format(row[i])), row[i]) end
    end
    for _, url in ipairs { "gw", "ftp://gw", "http://", "http://gw:99999/", "http://me:pw@gw/" } do
      assert.is_nil(run("return " .. nidd:format("callback = { url = '" .. url .. "' }")))
    end
    for _, id in ipairs { "a", "1234", "4917100000012345", "a@", "@b", "a@b@c", "a b@c" } do
      assert.is_nil(run("return " .. nidd:format("devices = { '" .. id .. "' }")))
    end
  end)

  it("asks whether files and folders are there", function()
    local source = "return {\n objects = { 'x' },\n"
      .. " mqtt = { { uri = 'mqtts://h', ca_file = 'ca' } } }"
    local asked = {}
    local function probe(path, what)
      asked[path] = what
      return path == "ca" and "not there" or nil
    end
    local _, errors = check.run(schema, assert(load(source, "=config", "t", {}))(), source, probe)
    assert.same({ x = "folder", ca = "file" }, asked)
    assert.equal("mqtt[1].ca_file: not there", errors[1].message)
    assert.equal(3, errors[1].line)
  end)

  it("finds everything that is wrong, in order of lines", function()
    local _, errors = run("return {\n b = 1,\n a = 2,\n name = 3 }")
    assert.equal(3, #errors)
    assert.same({ 2, 3, 4 }, { errors[1].line, errors[2].line, errors[3].line })
  end)

  it("refuses functions among a script's options", function()
    local value = { scripts = { { file = "a.lua", options = { f = print } } } }
    local _, errors = check.run(schema, value, "")
    assert.truthy(errors[1].message:find("a function is no data", 1, true))
  end)

  it("names keys that are given twice, each in its own table", function()
    local _, errors = run("return {\n name = 'a',\n log = { level = 'info' },\n ['name'] = 'b' }")
    assert.equal(1, #errors)
    assert.equal(4, errors[1].line)
    assert.truthy(errors[1].message:find("name is given twice, on line 2 already", 1, true))
    local twice = [[return { links = {
      { kind = "udp", port = 5683,
        port = 5684 }, { kind = "udp", name = "other" } } }]]
    _, errors = run(twice)
    assert.equal("links[1].port", errors[1].path)
    assert.equal(3, errors[1].line)
    assert.truthy(run("return { log = false and { level = 'x' } or { level = 'info' } }"))
  end)

  it("wants the folder of a store that was put elsewhere", function()
    local function probe(path, kind)
      assert.equal("folder", kind)
      return path ~= "/there" and "can't read " .. path or nil
    end
    local function store(path)
      return check.run(schema, { data_dir = "state", store = { path = path } }, "", probe)
    end
    local fine = { "", ":memory:", "x.db", "state/x.db", "state/sub/x.db", "/there/x.db" }
    for _, path in ipairs(fine) do
      assert.truthy(store(path), path)
    end
    for _, path in ipairs { "/not/there/x.db", "states/x.db" } do
      local config, errors = store(path)
      assert.is_nil(config)
      assert.equal("store.path", errors[1].path)
    end
  end)

  it("writes data as text that reads back the same", function()
    local data = { port = 502, "x\n\"", { 0.1, true }, ["a b"] = -1, big = math.maxinteger }
    assert.same(data, load("return " .. check.text(data))())
    assert.equal("{}", check.text(nil))
  end)
end)
