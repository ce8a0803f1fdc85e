-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Security: one instance per server account. No operation of a Server reaches it, only
-- bootstrap; that is why every `ops` is empty.

local res = {
  [0] = {
    name = "LWM2M Server URI", ops = "", type = "string", mandatory = true, length = { 0, 255 },
    description = "scheme picks the transport: coap, coaps, coap+tcp, coaps+tcp, coap+nidd, tel",
  },
  [1] = {
    name = "Bootstrap-Server", ops = "", type = "boolean", mandatory = true,
    description = "true for the account of the Bootstrap-Server",
  },
  [2] = {
    name = "Security Mode", ops = "", type = "integer", mandatory = true, range = { 0, 4 },
    enum = { [0] = "psk", [1] = "rpk", [2] = "x509", [3] = "nosec", [4] = "est" },
  },
  [3] = {
    name = "Public Key or Identity", ops = "", type = "opaque", mandatory = true,
    description = "PSK identity, own public key or own certificate, by mode",
  },
  [4] = {
    name = "Server Public Key", ops = "", type = "opaque", mandatory = true,
    description = "the server's public key, certificate or its hash, by mode and usage",
  },
  [5] = {
    name = "Secret Key", ops = "", type = "opaque", mandatory = true, sensitive = true,
    description = "pre-shared key or own private key, by mode",
  },
  [6] = {
    name = "SMS Security Mode", ops = "", type = "integer", range = { 0, 255 },
    enum = {
      [0] = "reserved", [1] = "dtls psk", [2] = "secure packet", [3] = "nosec", [4] = "reserved",
    },
    description = "how SMS is protected; 204 to 255 are proprietary",
  },
  [7] = {
    name = "SMS Binding Key Parameters", ops = "", type = "opaque", length = { 6, 6 },
    sensitive = true,
    description = "KIc, KID, SPI and TAR of the secured packets",
  },
  [8] = {
    name = "SMS Binding Secret Key(s)", ops = "", type = "opaque", length = { 16, 48 },
    sensitive = true,
    description = "16, 32 or 48 bytes",
  },
  [9] = {
    name = "LwM2M Server SMS Number", ops = "", type = "string",
    description = "MSISDN the server sends from",
  },
  [10] = {
    name = "Short Server ID", ops = "", type = "integer", range = { 1, 65534 },
    description = "the account's number; must match /1/x/0; left out for a Bootstrap-Server",
  },
  [11] = {
    name = "Client Hold Off Time", ops = "", type = "integer", unit = "s",
    description = "wait before a client-initiated bootstrap",
  },
  [12] = {
    name = "Bootstrap-Server Account Timeout", ops = "", type = "integer", unit = "s",
    description = "the account is dropped this long after a bootstrap; 0 keeps it",
  },
  [13] = {
    name = "Matching Type", ops = "", type = "unsigned", range = { 0, 3 },
    enum = { [0] = "exact", [1] = "sha-256", [2] = "sha-384", [3] = "sha-512" },
    description = "how resource 4 is compared with what the server shows",
  },
  [14] = {
    name = "SNI", ops = "", type = "string",
    description = "server name to ask for when it is not the host of the URI",
  },
  [15] = {
    name = "Certificate Usage", ops = "", type = "unsigned", range = { 0, 3 },
    enum = {
      [0] = "ca constraint", [1] = "service certificate constraint", [2] = "trust anchor",
      [3] = "domain issued",
    },
  },
  [16] = {
    name = "DTLS/TLS Ciphersuite", ops = "", type = "unsigned", multiple = true,
    description = "IANA numbers of the suites to offer",
  },
  [17] = {
    name = "OSCORE Security Mode", ops = "", type = "objlnk",
    description = "the /21 instance to use",
  },
  [18] = {
    name = "Groups To Use by Client", ops = "", type = "unsigned", multiple = true,
    range = { 0, 65535 },
    description = "TLS named groups, best first",
  },
  [19] = {
    name = "Signature Algorithms Supported by Server", ops = "", type = "unsigned",
    multiple = true, range = { 0, 65535 },
    description = "RFC 8446 numbers",
  },
  [20] = {
    name = "Signature Algorithms To Use by Client", ops = "", type = "unsigned", multiple = true,
    range = { 0, 65535 },
    description = "RFC 8446 numbers, best first",
  },
  [21] = {
    name = "Signature Algorithm Certs Supported by Server", ops = "", type = "unsigned",
    multiple = true, range = { 0, 65535 },
    description = "RFC 8446 numbers, for certificates",
  },
  [22] = {
    name = "TLS 1.3 Features To Use by Client", ops = "", type = "unsigned", range = { 0, 65535 },
    description = "bits: 0 PSK, 1 early data, 2 PSK with forward secrecy, 3 certificates",
  },
  [23] = {
    name = "TLS Extensions Supported by Server", ops = "", type = "unsigned",
    range = { 0, 65535 },
    description = "bits; 0 SNI, 1 maximum fragment length, up to 12 Connection ID",
  },
  [24] = {
    name = "TLS Extensions To Use by Client", ops = "", type = "unsigned", range = { 0, 65535 },
    description = "bits as in resource 23",
  },
  [25] = {
    name = "Secondary LwM2M Server URI", ops = "", type = "string", multiple = true,
    length = { 0, 255 },
    description = "other addresses of the same server, same credentials",
  },
  [26] = {
    name = "MQTT Server", ops = "", type = "objlnk",
    description = "the /24 instance to use",
  },
  [27] = {
    name = "LwM2M COSE Security", ops = "", type = "objlnk", multiple = true,
    description = "the /23 instances to use",
  },
  [28] = {
    name = "RDS Destination Port", ops = "", type = "integer", range = { 0, 15 },
    description = "non-IP: port of the server in RDS",
  },
  [29] = {
    name = "RDS Source Port", ops = "", type = "integer", range = { 0, 15 },
    description = "non-IP: own port in RDS",
  },
  [30] = {
    name = "RDS Application ID", ops = "", type = "string",
    description = "non-IP: name to ask the SCEF for the ports",
  },
}

return {
  {
    id = 0, name = "LWM2M Security", version = "1.0",
    urn = "urn:oma:lwm2m:oma:0", lwm2m = "1.0",
    multiple = true, mandatory = true,
    description = "Where a server is and how to speak to it securely; bootstrap writes it.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12],
    },
  },
  {
    id = 0, name = "LWM2M Security", version = "1.1",
    urn = "urn:oma:lwm2m:oma:0:1.1", lwm2m = "1.1",
    multiple = true, mandatory = true,
    description = "Where a server is and how to speak to it securely; bootstrap writes it.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12], [13] = res[13], [14] = res[14], [15] = res[15], [16] = res[16],
      [17] = res[17],
    },
  },
  {
    id = 0, name = "LWM2M Security", version = "1.2",
    urn = "urn:oma:lwm2m:oma:0:1.2", lwm2m = "1.1",
    multiple = true, mandatory = true,
    description = "Where a server is and how to speak to it securely; bootstrap writes it.",
    resources = res,
  },
}
