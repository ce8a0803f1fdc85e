-- SPDX-License-Identifier: Apache-2.0
-- Every key of the configuration: type, range, default, meaning. The program checks config files
-- against this table and nothing else; docs/configuration.md and the man page's section are
-- generated from it (tools/gen_config_doc.lua).
--
-- A field: { "type", default = …, doc = "…" } and, by type,
--   string    max = longest, in bytes; values = { allowed … }; pattern or is (a rule in check.lua)
--             with like = what it means; on_disk = "file" or "folder": it must be there
--             (required = true goes with every type)
--   integer   min, max
--   number    min, max
--   boolean
--   duration  seconds as a number or text such as "500ms", "30s", "5m", "12h", "30d"; min, max in
--             seconds
--   size      bytes as a number or text such as "64kB", "64MB" (powers of 1,024); min, max in bytes
--   path      an LwM2M path, "/3303/0/5700"
--   table     fields = { … }
--   list      of = field, max = entries
--   any       plain data, handed on as it is (a script's options)
-- A field of type "table" may have short = the key that a plain value stands for, and
-- variants = { key = "kind", udp = { fields }, … }: the value of that key adds fields.
-- `secret = true` keeps a value out of every output.

local tls = {
  ca_file = {
    "string",
    on_disk = "file",
    doc = "Trust anchors, a PEM file; without it the system's.",
  },
  cert_file = { "string", on_disk = "file", doc = "Own certificate, a PEM file." },
  key_file = { "string", on_disk = "file", doc = "Its key, a PEM file." },
}

local function with_tls(fields)
  for name, field in pairs(tls) do
    fields[name] = field
  end
  return fields
end

--- Fields that say which devices are meant.
local function selecting(fields, words)
  local globs = {
    ep = "Only devices with such an endpoint name; * and ? stand for anything.",
    manufacturer = "Only devices whose /3/0/0 is so, with * and ?.",
    model = "Only devices whose /3/0/1 is so, with * and ?.",
    firmware = "Only devices whose /3/0/3 is so, with * and ?.",
    link = "Only devices that came over such a link.",
    tag = "Only devices to which a policy gave such a tag.",
  }
  for _, name in ipairs(words) do
    fields[name] = { "string", max = 255, doc = globs[name] }
  end
  return fields
end

local everything = { "ep", "manufacturer", "model", "firmware", "link", "tag" }

-- One profile of `quirks`; objects/quirks.lua is a list of the same.
local quirk = {
  "table",
  fields = selecting({
    why = { "string", max = 500, doc = "For people: what is odd, and how one knows." },
    unsigned_tlv = { "boolean", doc = "Integers in TLV have no sign: 129 comes as one byte." },
    text_only = { "boolean", doc = "Plain text is the only format; nothing else is offered." },
    no_composite = { "boolean", doc = "Composite operations are not tried; single ones are sent." },
    no_attributes = { "boolean", doc = "Attributes of observations are not sent." },
    no_accept = { "boolean", doc = "Requests go without Accept." },
    block = {
      "integer",
      min = 16,
      max = 1024,
      doc = "Bodies go in blocks of so many bytes at most, both ways, rounded to a power of 2.",
    },
    content_format = {
      "string",
      values = {
        "text", "opaque", "cbor", "tlv", "json", "senml-json", "senml-cbor", "lwm2m-cbor",
      },
      doc = "Payloads are read as this, whatever they say.",
    },
  }, { "ep", "manufacturer", "model", "firmware", "link", "tag" }),
}

return {
  "table",
  quirk = quirk,
  fields = {
    name = {
      "string",
      default = "tidegate",
      max = 64,
      doc = "Name of this gateway, seen in topics and logs.",
    },
    data_dir = {
      "string",
      default = "/var/lib/tidegate",
      doc = "Where state is kept. Made if it is not there.",
    },

    log = {
      "table",
      doc = "The log: one line an event on standard error.",
      fields = {
        level = {
          "string",
          default = "info",
          values = { "error", "warn", "info", "debug" },
          doc = "Least important lines to write.",
        },
      },
    },

    control = {
      "table",
      doc = "The socket of the command line.",
      fields = {
        socket = {
          "string",
          default = "",
          doc = "Path of the Unix socket; \"\" is control.sock in data_dir.",
        },
        mode = {
          "string",
          default = "0660",
          pattern = "^0?[0-7][0-7][0-7]$",
          like = 'octal digits such as "0660"',
          doc = "Its permissions, octal: who may write to it may command devices.",
        },
      },
    },

    store = {
      "table",
      doc = "Durable state (SQLite).",
      fields = {
        path = {
          "string",
          default = "",
          doc = "Database file; \"\" is tidegate.db in data_dir; \":memory:\" keeps nothing over "
            .. "a restart. A folder outside data_dir must be there.",
        },
        outbox_max = {
          "size",
          default = "64MB",
          min = 65536,
          doc = "Messages waiting for brokers. When full, devices are told to keep theirs; values "
            .. "leave the last eighth to events, states and results of commands.",
        },
        outbox_max_age = {
          "duration",
          default = "7d",
          min = 0,
          max = 3456000,
          doc = "Messages that waited longer are given up, counted and told as an event `gap`. "
            .. "Time in which the gateway did not run does not count. 0: they wait for ever.",
        },
      },
    },

    links = {
      "list",
      doc = "The bearers over which devices are reached.",
      max = 16,
      of = {
        "table",
        fields = {
          kind = {
            "string",
            required = true,
            values = { "udp", "nidd" },
            doc = "What kind of link.",
          },
          name = {
            "string",
            max = 32,
            doc = "Its name in logs and topics; without it kind and number, such as udp0.",
          },
          ack_timeout = {
            "duration",
            min = 0.001,
            max = 600,
            doc = "How long a message waits for its acknowledgement before it is sent again, twice "
              .. "as long each time; 2 s where it isn't given, 30 s over NIDD. Set it where the "
              .. "network's round trip is known.",
          },
          max_retransmit = {
            "integer",
            min = 0,
            max = 20,
            doc = "How often it is sent again; 4 where it isn't given, 2 over NIDD.",
          },
        },
        variants = {
          key = "kind",
          udp = {
            host = {
              "string",
              default = "0.0.0.0",
              is = "address",
              like = "an IPv4 or IPv6 address",
              doc = "Address to listen on; \"::\" for IPv6.",
            },
            port = {
              "integer",
              default = 5683,
              min = 0,
              max = 65535,
              doc = "UDP port; 0 picks a free one.",
            },
            receive_buffer = {
              "size",
              default = "4MB",
              min = 4096,
              max = 268435456,
              doc = "Kernel buffer for bursts, 3,000 datagrams or more: a tenth of a "
                .. "second at 30,000 a second. The system gives no more than "
                .. "net.core.rmem_max unless the process has CAP_NET_ADMIN; what it gave is in "
                .. "`tidegate status`.",
            },
          },
          nidd = with_tls {
            api_root = {
              "string",
              required = true,
              is = "url",
              like = "an http or https URL",
              doc = "Root of the SCEF's or NEF's T8 API, https://scef.example.net",
            },
            scs_as_id = { "string", required = true, max = 128, doc = "Our identity at the SCEF." },
            provider = {
              "string",
              default = "",
              max = 128,
              doc = "mtcProviderId, where the operator wants one.",
            },
            devices = {
              "list",
              default = {},
              of = {
                "string",
                max = 127,
                is = "identity",
                like = "local@domain or 5 to 15 digits",
              },
              doc = "External Identifiers (local@domain) or MSISDNs (digits).",
            },
            callback = {
              "table",
              doc = "Where the SCEF reaches us.",
              fields = with_tls {
                host = {
                  "string",
                  default = "127.0.0.1",
                  is = "address",
                  like = "an IPv4 or IPv6 address",
                  doc = "Address to listen on.",
                },
                port = {
                  "integer",
                  default = 0,
                  min = 0,
                  max = 65535,
                  doc = "TCP port; 0 picks a free one.",
                },
                url = {
                  "string",
                  default = "",
                  is = "url",
                  like = "an http or https URL",
                  doc = "How the SCEF spells it, https://gw.example.org:8443; \"\" is "
                    .. "http://host:port.",
                },
              },
            },
            duration = {
              "duration",
              default = "30d",
              min = 60,
              doc = "How long a configuration is asked for; renewed before it ends.",
            },
            max_latency = {
              "duration",
              default = "1d",
              doc = "How long the SCEF may hold a request for a sleeping device.",
            },
            pdn_option = {
              "string",
              default = "WAIT_FOR_UE",
              values = { "WAIT_FOR_UE", "INDICATE_ERROR", "SEND_TRIGGER" },
              doc = "What the SCEF does without a connection to the device.",
            },
            token_url = {
              "string",
              default = "",
              is = "url",
              like = "an http or https URL",
              doc = "OAuth2 token endpoint (client credentials); \"\" for none.",
            },
            client_id = { "string", default = "", doc = "OAuth2 client." },
            client_secret = {
              "string",
              default = "",
              secret = true,
              doc = "Its secret; use file() or env().",
            },
            header = {
              "string",
              default = "",
              secret = true,
              doc = "One more header line for every request, \"Name: value\".",
            },
          },
        },
      },
    },

    server = {
      "table",
      doc = "The LwM2M Server.",
      fields = {
        default_lifetime = {
          "duration",
          default = "1d",
          min = 1,
          doc = "For devices that register without lt.",
        },
        awake = {
          "duration",
          default = "93s",
          min = 1,
          max = 86400,
          doc = "How long a device in queue mode listens after its last message.",
        },
        learn_awake = {
          "boolean",
          default = true,
          doc = "Whether a device that shows by its answers that it listens shorter or longer is "
            .. "believed.",
        },
        rebind = {
          "string",
          default = "same-ip",
          values = { "never", "same-ip", "any" },
          doc = "From which addresses a device without security may go on: its own only, its "
            .. "host, or any.",
        },
        reports_extend_lifetime = {
          "boolean",
          default = false,
          doc = "Whether notifications and Send count as registration updates.",
        },
        observe = {
          "list",
          default = { "/3303", "/3304" },
          doc = "What is observed on every device that has it.",
          of = {
            "table",
            short = "path",
            fields = selecting({
              path = { "path", required = true, doc = "Object, instance or resource." },
              pmin = { "duration", doc = "Least time between notifications." },
              pmax = { "duration", doc = "Most time between notifications." },
              gt = { "number", doc = "Notify above this value." },
              lt = { "number", doc = "Notify below this value." },
              st = { "number", min = 0, doc = "Notify when the value moved by this much." },
            }, everything),
          },
        },
        send = {
          "string",
          default = "allow",
          values = { "allow", "mute", "leave" },
          doc = "What devices of LwM2M 1.1 are told after they register: that they may send values "
            .. "of their own accord (Send), that they may not, or nothing. Untold, they may not "
            .. "(/1/x/23).",
        },
        drop_early = {
          "boolean",
          default = false,
          doc = "Whether notifications that come before pmin is over are dropped. They are counted "
            .. "either way.",
        },
      },
    },

    firmware = {
      "table",
      doc = "Firmware updates of devices (object 5). Pushing images needs none of this.",
      fields = {
        folder = {
          "string",
          default = "",
          doc = "Where images are kept; \"\" is firmware in data_dir.",
        },
        coap = {
          "string",
          default = "",
          max = 128,
          is = "coap_base",
          like = "coap://host[:port]",
          doc = "What devices reach the gateway's UDP link under, coap://192.0.2.1:5683: they may "
            .. "fetch images from there. \"\": none does.",
        },
        http = {
          "table",
          doc = "A file server for devices that fetch images over HTTP.",
          fields = {
            listen = {
              "string",
              default = "",
              is = "listen",
              like = 'an address and a port such as "0.0.0.0:8080" or "[::]:8080"',
              doc = "Address and port to listen on; port 0 picks a free one; \"\": no server.",
            },
            url = {
              "string",
              default = "",
              max = 128,
              is = "base",
              like = "an http or https URL without a slash at its end",
              doc = "What devices reach it under, http://192.0.2.1:8080; \"\" is http:// and "
                .. "what listen says, which must not be all addresses then.",
            },
          },
        },
        image_max = {
          "size",
          default = "64MB",
          min = 1024,
          max = 1073741824,
          doc = "Largest image; over 16 MB devices can only fetch it.",
        },
        parallel = {
          "integer",
          default = 64,
          min = 1,
          max = 10000,
          doc = "Transfers at once; other updates wait for their turn.",
        },
        move = {
          "table",
          doc = "Devices of a slow link may be asked to come over another for the transfer.",
          fields = {
            from = {
              "string",
              default = "",
              max = 32,
              doc = "Name of the slow link; \"\": none is moved.",
            },
            transport = {
              "string",
              default = "U",
              values = { "U", "T" },
              doc = "Transport they are asked to use (LwM2M's letter).",
            },
            back = {
              "string",
              default = "N",
              values = { "N", "S", "" },
              doc = "Transport they are asked to use afterwards; \"\": left to them.",
            },
            above = {
              "size",
              default = "16kB",
              doc = "Images up to this size go over the slow link.",
            },
          },
        },
      },
    },

    policy = {
      "table",
      doc = "What scripts decide of devices that register (on_register).",
      fields = {
        on_error = {
          "string",
          default = "admit",
          values = { "admit", "refuse" },
          doc = "What becomes of a device when on_register failed, or its script is switched off: "
            .. "it is taken as it is, or answered with 4.03.",
        },
      },
    },

    quirks = {
      "list",
      default = {},
      doc = "Profiles of devices that keep less than the specification asks for, besides ours "
        .. "(objects/quirks.lua). All that fit a device count.",
      of = quirk,
    },

    mqtt = {
      "list",
      default = {},
      max = 8,
      doc = "Brokers.",
      of = {
        "table",
        fields = with_tls {
          name = { "string", default = "main", max = 32, doc = "Its name for rules; unique." },
          uri = {
            "string",
            required = true,
            is = "broker",
            like = "mqtt://host[:port] or mqtts://host[:port]",
            doc = "mqtt://host[:1883] or mqtts://host[:8883]",
          },
          version = { "integer", default = 5, min = 4, max = 5, doc = "5, or 4 for MQTT 3.1.1." },
          client_id = {
            "string",
            default = "",
            max = 64,
            doc = "\"\" is tidegate- and the store's identity.",
          },
          username = { "string", default = "", doc = "Who we are to the broker; \"\" for nobody." },
          password = { "string", default = "", secret = true, doc = "Use file() or env()." },
          keepalive = {
            "duration",
            default = "30s",
            min = 5,
            max = 65535,
            doc = "A broker that is silent for longer is taken for gone.",
          },
          reconnect_min = {
            "duration",
            default = "500ms",
            min = 0.01,
            doc = "First wait before a new connect.",
          },
          reconnect_max = {
            "duration",
            default = "30s",
            min = 0.01,
            doc = "Longest wait; waits double up to it, with jitter.",
          },
          inflight = {
            "integer",
            default = 16,
            min = 1,
            max = 16,
            doc = "Messages of QoS 1 and 2 outstanding.",
          },
        },
      },
    },

    dialect = {
      "table",
      doc = "The topics and payloads the gateway speaks by itself.",
      fields = {
        name = {
          "string",
          default = "tidegate",
          values = { "tidegate", "none" },
          doc = "\"none\" leaves all topics to your rules.",
        },
        prefix = {
          "string",
          default = "tidegate",
          max = 128,
          is = "prefix",
          like = 'text such as "tidegate" or "plant/tidegate", at most 25 levels without + # { }',
          doc = "First level of every topic.",
        },
        qos = {
          "integer",
          default = 1,
          min = 0,
          max = 2,
          doc = "QoS of values; states and results go with 1.",
        },
        delivery = {
          "string",
          default = "durable",
          values = { "durable", "queued" },
          doc = "durable: a device is acknowledged when its values are on disk. queued: when they "
            .. "are in memory.",
        },
      },
    },

    scripts = {
      "list",
      default = {},
      doc = "Rules and drivers.",
      of = {
        "table",
        short = "file",
        fields = {
          file = {
            "string",
            required = true,
            doc = "Lua file, from the configuration's folder; drivers/NAME.lua and rules/NAME.lua "
              .. "are found among ours too.",
          },
          name = { "string", max = 64, doc = "Its name in logs; without it the file's." },
          options = { "any", doc = "Handed to the script." },
        },
      },
    },

    script_limits = {
      "table",
      doc = "What one script may use.",
      fields = {
        memory = { "size", default = "32MB", min = 1048576, doc = "Memory of one script." },
        instructions = {
          "integer",
          default = 1000000,
          min = 10000,
          doc = "Lua instructions of one call.",
        },
        burst = { "duration", default = "50ms", min = 0.001, max = 10, doc = "Time of one call." },
      },
    },

    objects = {
      "list",
      default = {},
      of = { "string", on_disk = "folder" },
      doc = "Folders of object definitions (.lua, .xml), besides those in the program.",
    },

    limits = {
      "table",
      doc = "Caps. Over one of them a device gets 5.03 and comes again.",
      fields = {
        devices = { "integer", default = 131072, min = 1, max = 4000000, doc = "Devices known." },
        peers = {
          "integer",
          default = 131072,
          min = 16,
          max = 4000000,
          doc = "Addresses remembered.",
        },
        request_body = {
          "size",
          default = "64kB",
          min = 1024,
          max = 16777216,
          doc = "A device's largest request.",
        },
        response_body = {
          "size",
          default = "256kB",
          min = 1024,
          max = 16777216,
          doc = "A device's largest answer.",
        },
        requests_per_peer = {
          "integer",
          default = 20,
          min = 0,
          max = 16000,
          doc = "Requests a second from one address, in bursts of two seconds' worth; what is "
            .. "over gets no answer, so that a confirmable one comes again. Registrations go on a "
            .. "little longer. Notifications, answers, later blocks of a known device and what "
            .. "comes over NIDD don't count. 0: any number.",
        },
        amplification = {
          "integer",
          default = 0,
          min = 0,
          max = 100,
          doc = "An address that has not proved itself gets at most so many times its request's "
            .. "bytes (136 are free), else 4.01 with Echo. 0: off; 3 suits open networks whose "
            .. "devices know Echo.",
        },
      },
    },
  },
}
