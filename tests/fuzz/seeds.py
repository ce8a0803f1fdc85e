#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds that have names into the corpora of the targets whose inputs are steps or rows: tests/fuzz/seeds.py. The shapes are
those that the heads of the targets tell; what is reached from there is found by fuzzing (tests/fuzz/run --merge)."""

import os
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def write(target, **seeds):
    folder = os.path.join(CORPUS, target)
    os.makedirs(folder, exist_ok=True)
    for name, content in seeds.items():
        with open(os.path.join(folder, name.replace("_", "-")), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())


def part(content):
    content = content if isinstance(content, bytes) else content.encode()
    assert len(content) < 256
    return bytes([len(content)]) + content


def path(*ids):
    return bytes([len(ids)]) + b"".join(struct.pack(">H", i) for i in ids)


def texts():
    cases = {0: ("0042", "18446744073709551616"), 1: ("-1.5e-3", "1e400", "0.1"), 2: ("/3/0/1/2", "3/0", "/", "/65535", "//"),
             3: ("3:0", "1.1", "65535:65535"), 4: ("0..255", "-1.5-2", "1,2,3"), 5: ("a/+/c\na/b/c", "#\n$SYS/x", "a/#\na", "+\n"),
             6: ("a%2Fb", "%", "plain", "a b"), 7: ("127.0.0.1:5683", "[fe80::1%lo]:1", "[::]:5683@[::1]:1"),
             8: (b"\x04\x7f\x00\x00\x01\x16\x33", b"\x06" + bytes(22)), 9: ("http://a/b/\nhttp://a/b/c\nhttps://x/y/c", "a@b", "12345"),
             10: (b"\x01\x0abytes=0-99", b"\x10\x04bytes=-5", b"\x10\x04bytes=5-2"), 11: ("QUJD", "QUI=", "-_-_", "0aFf"),
             14: ("tlv", "11542", "x"), 12: ("\u00e9\U0001f600", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
             13: (b"\x03pmin=10&pmax=60&gt=5&lt=1&st=0.5", b"\x83epmin=1&epmax=2&edge=1&con=1&hqmax=3", b"\x02gt=1", b"\x03pmin=10&pmin", b"\x83edge=2", b"\x83hqmax=x", b"\x83pmin=x",
                  b"\x83pmin=99999999999", b"\x83pmax=1&pmin=5", b"\x83epmin=5&epmax=1", b"\x83gt=5&lt=4&st=3", b"\x03con=1", b"\x04pmin=1", b"\x05gt=1", b"\x06gt=1", b"\x87gt=x", b"\x00pmin=1")}
    for kind, list_ in cases.items():
        for number, text in enumerate(list_):
            text = text if isinstance(text, bytes) else text.encode()
            write("texts", **{f"reader_{kind:02}_{number}": bytes([kind]) + text})


def registrations():
    links = '</lwm2m>;rt="oma.lwm2m";ct="110 112 11542",</lwm2m/3/0>;ver=1.2,</lwm2m/1>;ver="1.1",</lwm2m/3303/0/5700>,</lwm2m/0/0>'
    write("register", all_of_1_1=f"ep=a&lt=60&lwm2m=1.1&b=UT&Q&sms=49151\n{links}", of_1_0="ep=a&lt=60&b=UQS&lwm2m=1.0\n</1>,</3/0>",
          long_version="ep=a&lwm2m=1.0.0&x=1\n</>;ct=11543,</3/0>", twice="ep=a&ep=b\n</3>,</3>", no_value="ep=\n<>", bad_sms="sms= \n",
          open_quote='lt=x\n</3>;rt="', long_ep="ep=" + "e" * 256 + "\n</99999/0>", formats='Q=1\n</>;ct="0 40 42 60 112 11542 11543 7",</9>;ver=x')
    head = lambda enabler=0x10100, lifetime=300: (b"\x02" + struct.pack(">QQ", 12345, 1800000000000) + struct.pack(">III", enabler, lifetime, 0))
    rest = lambda link=b"fuzz0", alt=b"", who=b"\x00", obs=b"\x00\x00": (
        b"\x01\x10" + struct.pack(">h", 110) + part(link) + part(b"A") + part(alt) + part(b"49151") + part(b"wire") + part(b"x y") +
        part(b"home") + b"\x1f" + b"\x00\x02" + path(3, 0) + path(3303, 0) + b"\x00\x01" + struct.pack(">HI", 3, 0x10002) + who + obs)
    who = (b"\x01" + b"\x01" + part("ACME") + b"\x00" + b"\x01" + part("") + struct.pack(">h", 11542) + b"\x02\x01\x01" + b"\x00\x02" +
           path(3303) + part("pmin=10") + path(3, 0, 9) + part(""))
    one = path(3303) + b"\x01\x00" + struct.pack(">I", 7) + b"t" * 8 + struct.pack(">h", 110) + b"\x00"
    many = path() + b"\x00\x01" + struct.pack(">I", 0) + b"u" * 8 + struct.pack(">h", 320) + b"\x02" + path(3, 0, 9) + path(3303, 0, 5700)
    write("registration_row", plain=head() + rest(), forever=head(lifetime=0) + rest(), with_notes=head() + rest(who=who, alt=b"/lwm2m"),
          observed=head() + rest(obs=b"\x00\x02" + one + many), other_link=head() + rest(link=b"gone"), cut=(head() + rest())[:40],
          too_many=head() + rest(obs=b"\x00\xff" + one), of_another_version=b"\x01" + head()[1:] + rest())
    row = lambda longest, shortest, found: b"\x01" + struct.pack(">IIq", longest, shortest, found)
    write("window_row", fresh=part(row(0, 0, 0)) + b"\x08\x20\x00\x00\x20\x00\x00\x20\x00", found=part(row(5000, 9000, 1800000000000)) + b"\x03\x10\x00" * 6,
          doubtful=part(row(60000, 0, 0)) + b"\x03\x01\x00" * 4 + b"\xf8\x01\x00", newer=part(b"\x09" + row(1, 2, 3)[1:]), old=part(row(9, 8, 1)))


def firmware_rows():
    text = [part(word) for word in ("dev1", "fw2", "camp", "t1", "udp0", "0123456789abcdef", "1.0", "2.0", "it begins")]
    row = lambda state=3, verdict=0, flags=0x1FF, severity=1, result=255, texts=text: (
        b"\x01" + struct.pack(">QBBBBHBBB", 7, state, verdict, 1, 2, flags, severity, result, 3) + struct.pack(">QQQQQQ", 61, 100, 2048, 1, 2, 3) + b"".join(texts))
    versions = {f"of_version_{number}": bytes([number]) + row()[1:] for number in range(1, 4)}
    write("fw_row", returning=row(6, 7), returning_to_nothing=row(6, 0), verdict_too_early=row(3, 7), flags_beyond=row(flags=0x200), no_campaign=row(texts=text[:2] + [b"\x00"] + text[3:]),
          bad_campaign=row(texts=text[:2] + [part("a/b")] + text[3:]), more=row() + b"x", **versions)


def t8():
    go = b"\x0c"
    ready = b"\x02\x10\x00" + part("[]") + go + b"\x02\x11\x00" + part('{"self":"http://scef/3gpp-nidd/v1/as/configurations/1","maximumPacketSize":8000}') + go
    callback = lambda body, how=0: b"\x00" + bytes([how]) + part(body)
    uplink = '{"niddConfiguration":"@0","externalId":"a@x","data":"QAEAAQ=="}'
    reply = lambda how, body="", nth=0: bytes([2, how, nth]) + part(body) + go
    own = '[{"self":"@0","externalId":"a@x","notificationDestination":"%s","duration":"2030-01-01T00:00:00Z","status":"%s"}]'
    held = "0123456789abcdef0123456789abcdef\nhttp://scef/3gpp-nidd/v1/as/configurations/7"
    write("t8_http", uplink=b"\x02\x00" + ready + callback(uplink), held_uplink=b"\x02\x00" + ready + callback(uplink, 16) + b"\x06",
          statuses=b"\x00\x00" + ready + callback('{"niddConfiguration":"@0","externalId":"a@x","status":"TERMINATED"}') + b"\x1c" +
          callback('{"niddConfiguration":"@0","status":"TERMINATED_UE_NOT_AUTHORIZED"}') + callback('{"niddConfiguration":"@0","status":"ACTIVE"}'),
          downlink=b"\x06\x00" + ready + b"\x05\x32" + part("hello") + b"\x02\x01\x00" + part('{"self":"http://scef/d/1","deliveryStatus":"BUFFERING"}') +
          callback('{"niddDownlinkDataTransfer":"http://scef/d/1","deliveryStatus":"SUCCESS"}') + b"\x0e",
          downlink_fails=b"\x02\x00" + ready + b"\x05\x10" + part("x") + b"\x02\x0a\x80" + part('{"cause":"TRIGGERED","requestedRetransmissionTime":"2030-01-01T00:00:00Z"}'),
          oauth=b"\x0a\x00" + b"\x02\x00\x00" + part('{"access_token":"secret","expires_in":60}') + ready + b"\xfc" + b"\x02\x05\x00" + part(""),
          oauth_refused=b"\x1a\x00" + b"\x02\x04\x00" + part('{"error":"invalid_client"}'),
          remembered=b"\x22" + part(held) + reply(0, (own % ("@2", "ACTIVE"))[:-1] + ',{"self":"http://scef/c/8","externalId":"a@x","notificationDestination":"@2x"}]') + reply(2) + reply(0, '[{"self":"@0/downlink-data-deliveries/5"},{"self":"http://other/1"},5]') + reply(2) + reply(7),
          not_recalled=b"\x22" + part(held) + reply(0, own % ("@2", "ACTIVE")) + reply(10) + b"\x05\x10" + part("x") + go + reply(1, "{}"),
          read_alone=b"\x22" + part(held) + reply(0, "[]") + reply(0, own[1:-1] % ("http://elsewhere", "ACTIVE")) + reply(2) + reply(0, "[]"),
          gone=b"\x22" + part(held) + reply(0, "[]") + reply(7) + reply(0x11, "{}"), terminated=b"\x22" + part(held) + reply(0, own % ("@2", "TERMINATED")) + reply(0x11, "{}"),
          not_authorized=b"\x22" + part(held) + reply(0, own % ("@2", "TERMINATED_UE_NOT_AUTHORIZED")) + b"\xfc" + reply(0, "{}"),
          renewed=b"\x26\x00" + reply(0, "[]") + reply(0x11, '{"duration":"2027-01-15T08:30:00Z"}') + b"\xfc" + reply(0, '{"duration":"2027-02-15T08:30:00Z"}') + b"\xfc\xfc" + reply(4, "{}") + reply(2) + reply(0x11),
          renewal_fails=b"\x06\x00" + reply(0, "[]") + reply(0x11, "{}") + b"\xfc\xfc" + reply(11) + b"\xfc" + reply(4, '{"cause":"X"}') + reply(0x11),
          listed=b"\x24\x00" + reply(0, '[{"self":"http://scef/c/3","msisdn":"491511234567","notificationDestination":"@2","status":"ACTIVE"},{"self":"http://scef/c/4","notificationDestination":"@2"},1]') + reply(2) + reply(0),
          list_fails=b"\x00\x00" + reply(0xC1) + b"\xfc" + reply(5) + b"\xfc" + reply(0, "{") + reply(0x11, "{}") + reply(4, '{"cause":"NO"}'),
          created_denied=b"\x02\x00" + reply(0, "[]") + reply(0x11, '{"status":"TERMINATED_UE_NOT_AUTHORIZED"}') + b"\xfc", created_too_late=b"\x02\x00" + reply(0, "[]") + b"\x07\x02" + reply(0x11, "{}") + reply(2),
          refused_uplinks=b"\x02\x00" + ready + callback('{"niddConfiguration":"@0","data":"=="}') + callback('{"niddConfiguration":"@1x","data":"AA=="}') + callback('{"data":"AA=="}') +
          callback('{"niddConfiguration":"@0","externalId":"b@x","data":"AA=="}') + callback('{"deliveryStatus":"SUCCESS"}') + callback('{"niddConfiguration":"@0","status":"X"}') +
          callback('{"gmdResults":[]}') + callback('{"subscription":"x"}') + callback('{"data":5}') + callback(uplink, 4 << 2) + callback(uplink, 4 << 5),
          downlinks=b"\x02\x00" + ready + b"".join(b"\x05" + bytes([how]) + part("x" * how) for how in (0, 4, 8, 0x14, 0xF2)) + go + reply(0x11, '{"deliveryStatus":"BUFFERING_TEMPORARILY_NOT_REACHABLE"}') +
          reply(10, '{"problemDetail":{"cause":"UE_NOT_REACHABLE"},"requestedRetransmissionTime":"2027-01-15T09:00:00.5+01:00"}') + reply(7) + reply(0x11, "{}") + b"\x0e\xfc",
          early_news=b"\x02\x00" + ready + b"\x05\x12" + part("x") + go + callback('{"niddDownlinkDataTransfer":"http://scef/d/2","deliveryStatus":"FAILURE","cause":"x","requestedRetransmissionTime":"2030-01-01T00:00:00Z"}') +
          reply(1, '{"self":"http://scef/d/2","deliveryStatus":"BUFFERING"}') + callback('{"niddDownlinkDataTransfer":"http://scef/d/9","deliveryStatus":"FAILURE"}'),
          token_bad=b"\x0a\x00" + reply(0, '{"access_token":"a b"}') + b"\xfc" + reply(0, '{"access_token":"t","expires_in":"x"}') + reply(5) + reply(0, '{"access_token":"u","expires_in":99999999}') + reply(0, "[]"),
          moved=b"\x02\x00" + b"\x02\x40\x00" + part("[]") + part("https://other/3gpp-nidd/v1/as/configurations"),
          wrong_calls=b"\x00\x00" + ready + b"\x00\x02" + part("/t8/nidd/nobody") + part("{}") + callback("{}", 12) + callback("[", 64) + callback("{}", 96),
          comes_and_goes=b"\x02\x00" + ready + b"\x07\x02\x07\x00\x07\x04" + part("b@y") + b"\x07\x06" + part("b@y") + b"\xfc\xfc",
          later=b"\x00\x00" + b"\x02\x09\x85" + part("") + b"\xc4" + b"\x02\xc1\x00" + part("") + b"\xfc" + b"\x02\x0b\x8a" + part(""))


def options(*list_):
    """Options of a CoAP message, ascending."""
    out, last = b"", 0
    for number, value in list_:
        delta, last = number - last, number
        extended = b"" if delta < 13 else bytes([delta - 13]) if delta < 269 else struct.pack(">H", delta - 269)
        out += bytes([(delta if delta < 13 else 13 if delta < 269 else 14) << 4 | len(value)]) + extended + value
    return out


def engine():
    get = lambda mid, *list_: b"\x00" + part(b"\x40\x03" + struct.pack(">H", mid) + options(*list_) + b"\xff1")
    write("coap_engine", sizes=get(1, (11, b"rd"), (28, b"\x10"), (60, b"\x20")), proxy=get(2, (35, b"coap://a")) + get(3, (39, b"coap")), long_size=get(4, (28, b"12345"), (60, b"12345")),
          request_tag=get(5, (27, b"\x08"), (292, b"t")) + get(6, (27, b"\x18"), (292, b"t")), twice=get(7, (60, b"\x01"), (60, b"\x02")), location=get(8, (8, b"a"), (14, b"\x05"), (20, b"q")),
          many_options=b"\x00" + part(b"\x40\x01\x00\x09" + options(*[(15, b"")] * 70)), many_segments=b"\x00" + part(b"\x40\x01\x00\x0a" + options(*[(11, b"")] * 70)),
          acknowledged=b"\x06\x02\x00\x00" + b"\x04\x02\x20\x45" + b"\x06\x02\x00\x02" + b"\x04\x02\x20\x00", echoed=get(11, (252, b"0123")), of_no_response=get(12, (258, b"\x1a")))


def server():
    register, pass_on = b"\x02\x00", b"\x2e"
    answer = lambda how, format_, payload: b"\x03" + bytes([how, format_]) + part(payload)
    senml = '[{"bn":"/3/0/","n":"1","v":5},{"n":"0","vs":"ACME"}]'
    command = lambda op, what=0, text=b"": b"\x05" + bytes([op, what]) + part(text)
    write("server", registers=b"\x01" + register + pass_on + answer(0, 5, senml) + b"\xce",
          notifies=b"\x01" + register + pass_on + answer(8, 0x15, senml) + pass_on + answer(8, 0x15, senml) + answer(12, 0x25, senml) + answer(13, 0x35, senml),
          updates=b"\x00" + register + b"\x01\x01\x10" + part("lt=90&sms=123&b=U") + part("") + b"\x01\x01\x12" + part("") + part("</3/0>,</1/0>") +
          b"\x01\x01\x12" + part("") + part("</3/0>;ver=1.2,</9/0>") + b"\x01\x01\x10" + part("lt=x") + part("") + b"\x01\x01\x30" + part("") + part(""),
          updates_versions=b"\x00\x02\x04" + 2 * (b"\x01\x01\x12" + part("sms=1") + part('</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>;ver=1.2')) + b"\x01\x01\x12" + part("sms=22") + part("</3/0>;ver=1.1") +
          b"\x01\x01\x12" + part("") + part("</3>,</9>;ver=1.1"), updates_bare=b"\x20\x02\x10" + b"\x01\x0d\x10" + part("") + part("") + b"\x01\x13\x10" + part("") + part(""),
          updates_without=b"\x01" + register + pass_on + answer(8, 0x15, senml) + pass_on + answer(8, 0x15, senml) + b"\x01\x01\x12" + part("") + part("</1/0>") + pass_on,
          moves=b"\x21\x02\x10" + pass_on + answer(8, 0x15, senml) + pass_on + answer(8, 0x15, senml) + b"\x01\x13\x10" + part("") + part("") + answer(12, 0x35, senml) + answer(12, 0xC5, senml) + b"\x01\x0d\x30" + part("") + part("") + answer(12, 0x55, senml),
          moves_by_register=b"\x21\x02\x10" + pass_on + b"\x02\x20" + pass_on, named_by_its_link=b"\x00\x01\x00\x12" + part("lt=60&lwm2m=1.1") + part("</3/0>"),
          ends=b"\x01\x02\x10" + pass_on + answer(8, 0x15, senml) + pass_on + answer(8, 0x15, senml) + b"".join(answer(0x54 | nth, 0x05, "") for nth in range(4)),
          ends_without=b"\x01\x02\x10" + pass_on + answer(8, 0x15, senml) + pass_on + answer(8, 0x15, senml) + b"".join(answer(4 | nth, 0x05, senml) for nth in range(4)),
          moves_by_notification=b"\x21\x02\x10" + pass_on + answer(8, 0x15, senml) + b"".join(answer(12 | nth, 0xA5 + 16 * nth, senml) for nth in range(4)) + pass_on + answer(12, 0xF5, senml),
          files=b"\x00\x00" + part(b"\x40\x01\x00\x09\xb2fw\x01x\x61\x00") + b"\x00" + part(b"\x40\x01\x00\x0a\xb2fw\x01x\xc1\x16"),
          sends=b"\x12" + register + b"\x01\x02\x15" + part("") + part(senml) + b"\x01\x02\x19" + part("") + part(b"\xc1\x01\x05"),
          asks=b"\x00" + register + b"".join(command(op, op & 7, b"pmin=10") + answer(0, 5, senml) for op in range(0, 20)),
          writes=b"\x20" + b"\x02\x05" + b"".join(command(op, 40 + op) + answer(0x20, 0, "") for op in range(0, 20)),
          old=b"\x00\x02\x0a" + command(0, 1) + answer(0, 10, '{"bn":"/3/0/","e":[{"n":"1","v":5}]}') + command(0, 1) + answer(0, 9, b"\xc1\x01\x05"),
          discovers=b"\x00" + register + command(5, 1) + answer(0, 2, "</3/0>;pmin=10,</3/0/1>") + command(5, 1) + answer(0x90, 2, "<"),
          others=b"\x00" + b"\x01\x04\x00" + part("") + part("") + b"\x01\x03\x10" + part("ep=a") + part("") + b"\x01\x00\x12" + part("lt=60") + part("</3/0>") + b"\x01\x00\x12" + part("ep=a&lt=x") + part("</3/0>") +
          b"\x01\x08\x12" + part("lt=60") + part("</3/0>") + b"\x01\x05\x00" + part("fw/x") + part("") + part("") +
          b"\x01\x05\x10" + part("fw/x") + part("") + part("") + b"\x01\x05\x00" + part("3/0") + part("") + part(""),
          sleeps=b"\x00\x02\x01" + command(0, 1) + b"\x0f\x17\x1f" + answer(0x50, 5, senml) + b"\xfe\xfe",
          raw=b"\x00\x00" + part(b"\x40\x02\x00\x01\xb2rd\x11\x28\x34ep=r\x05lt=60\xff</3/0>") + b"\x00" + part(b"\x40\x01\x00\x02\xbb.well-known\x04core"))


def lines():
    ask = lambda op, more="": '{"id":"%s","op":"%s","ep":"dev1"%s}\n' % (op[:4], op, more)
    write("control", facts="\x00" + "".join(ask(op) for op in ("status", "limits", "devices", "scripts", "reload", "log", "queue", "firmware_images", "campaigns")),
          reads="\x00" + ask("read", ',"path":"/3/0/1"') + ask("discover", ',"path":"/3","depth":1') + ask("observe", ',"path":"/3/0/1","follow":true') +
          ask("read_composite", ',"paths":["/3/0/1","/1/0"]') + ask("observe_composite", ',"paths":["/3/0/1"]') + "!\x01\n",
          writes="\x00" + ask("write", ',"path":"/3/0/1","value":5') + ask("update", ',"path":"/3/0","values":{"/3/0/1":5,"/3/0/0":"x"}') +
          ask("write_composite", ',"values":{"/3/0/1":1}') + ask("create", ',"path":"/3","values":{"1":true}') + ask("attributes", ',"path":"/3/0/1","attributes":{"pmin":10}'),
          others="\x00" + ask("execute", ',"path":"/3/0/9","args":"0"') + ask("delete", ',"path":"/3/0"') + ask("trigger", ',"transport":"U"') + ask("disable", ',"seconds":5') +
          ask("prefer", ',"transport":"T"') + ask("mute", ',"value":true') + ask("bootstrap") + ask("cancel", ',"path":"/3/0/1"') + ask("cancel_command", ',"command":1'),
          updates="\x02" + ask("firmware_add", ',"name":"fw2","file":"/tmp/x","version":"2"') + "!\x04\n" + ask("firmware_update", ',"image":"fw2","wait":true') + "!\x28\n" +
          ask("firmware_status") + ask("firmware_apply") + ask("firmware_cancel") + ask("firmware_remove", ',"name":"fw2"') + "!\x88\n",
          campaigns="\x00" + ask("campaign_start", ',"name":"m","image":"fw2","wave":1,"limits":{"nb":4}') + "!\x58\n" + ask("campaign_pause", ',"name":"m"') +
          ask("campaign_resume", ',"name":"m"') + ask("campaign_show", ',"name":"m"') + ask("campaign_cancel", ',"name":"m"') + ask("campaigns"),
          queue="\x00?" + ask("read", ',"path":"/3/0/1"') + "?" + ask("write", ',"path":"/3/0/1","value":5,"durable":true,"replace_key":"k"') + ask("queue") +
          '{"op":"queue"}\n{"op":"cancel_command","command":"1"}\n{"op":"queue","ep":"nobody"}\n!\x06\n{"op":"devices","ep":"dev*"}\n{"op":"devices","ep":"' + "e" * 256 + '"}\n',
          sleeps="\x00!\x02\n" + ask("read", ',"path":"/3"').replace("dev1", "dev2") + "?" + ask("read", ',"path":"/3"') + "?" + ask("read", ',"path":"/1"') + "?c\n",
          numbers="\x00" + ask("campaign_start", ',"name":"m","image":"fw2","wave":-1') + ask("firmware_update", ',"image":"fw2","method":"x"') + ask("firmware_update", ',"image":"fw2","severity":9'),
          goes_first="\x10?" + ask("read", ',"path":"/3"') + "?" + ask("observe", ',"path":"/3","follow":true') + ask("log", ',"follow":true'),
          scripts="\x00" + '{"op":"reload","name":"bad"}\n{"op":"reload","name":"x"}\n',
          drafts="\x00" + "".join(ask("write", ',"path":"/3/0/14","value":%s' % v) for v in ("18446744073709551615", "1.5", "null", "{}", "[]", "true", '"x"', '"1","type":"integer"', '"x","type":"nothing"', '"AQ==","type":"opaque"')) +
          ask("write", ',"path":"/3","value":1') + ask("write", ',"path":"/3/0","values":{"/4/0/1":1}') + ask("execute", ',"path":"/3"') + ask("read", ',"path":"/3","timeout":0') +
          ask("execute", ',"path":"/3/0/4","retry":1') + ask("delete", ',"path":"/3/0","format":"tlv"') + ask("read", ',"path":"/3","format":"x"') + ask("read", ',"path":"/3","format":"tlv","priority":9'),
          explain="\x00" + ask("explain", ',"path":"/3/0/1"') + ask("explain", ',"path":"/9"') + '{"op":"explain","ep":"dev2","path":"/3303/0/5700"}\n{"op":"explain","ep":"x"}\n',
          wrong='\x04{"op":"nothing"}\n[]\nx\n{"id":"' + "i" * 70 + '","op":"status"}\n' + ask("read") + ask("campaign_start") + ask("firmware_images") + "\n")
    say = lambda op, more="": '\x00{"id":"%s","op":"%s"%s}\n' % (op[:8], op, more)
    write("mqtt_command", reads="\x00" + say("read", ',"path":"/3/0/9"') + "\x01\x80" + say("read", ',"path":"/3/0/9"') + say("discover", ',"path":"/3"') + "\x01\x40",
          writes="\x00" + say("write", ',"path":"/3/0/14","value":"+02:00","timeout":60') + say("update", ',"path":"/3303/0","values":{"/3303/0/5601":1.5}') +
          say("create", ',"path":"/3303","values":{"5700":1}') + say("write_composite", ',"values":{"/3/0/14":"x","/1/0/1":300}') + "\x01\x00",
          others="\x01" + say("execute", ',"path":"/3/0/4","args":"0=\'x\'","retry":true') + say("attributes", ',"path":"/3303/0/5700","attributes":{"pmin":10,"gt":false}') +
          say("trigger", ',"transport":"U"') + say("disable", ',"seconds":5') + say("prefer", ',"transport":"T","instance":0') + say("mute", ',"value":true') + "\x02\x03",
          composites="\x00" + say("read_composite", ',"paths":["/3/0/9","/3303"]') + say("observe_composite", ',"paths":["/3/0/9"]') + say("cancel") + say("bootstrap"),
          depth="\x00" + say("discover", ',"path":"/3","depth":2') + say("discover", ',"path":"/3","depth":4'),
          several="\x00" + say("update", ',"path":"/3303/0","values":{"/3303/0/5601":1,"/3303/0/5600":18446744073709551615,"/3303/0/5602":"x"}') +
          say("update", ',"path":"/1/0","values":{"2":5,"1":6,"3":true}') + say("write", ',"path":"/3/0","value":1'),
          opaque="\x00" + say("write", ',"path":"/3/0/0","value":{"base64":"AQID"}') + say("write", ',"path":"/3/0/0","value":[3,0]') + "\x01\xa0",
          deadline="\x00" + say("read", ',"path":"/3/0/9","deadline":"2099-11-27T12:00:00.5+02:00"') + say("read", ',"path":"/3","deadline":4102444800') + say("read", ',"path":"/3","deadline":"x"'),
          durable="\x04" + say("write", ',"path":"/3/0/14","value":"x","durable":true,"replace_key":"k","priority":3') + say("write", ',"path":"/3/0/14","value":"x","durable":false'),
          not_stored="\x02" + say("write", ',"path":"/3/0/14","value":"x"') + "\x04",
          again="\x00" + say("read", ',"path":"/3/0/9"') + "\x04\x01\x80\x04", firmware="\x00" + say("firmware_update", ',"image":"fw2"') + say("firmware_apply") +
          "\x05" + '{"id":"c","op":"campaign_start","name":"m","image":"i","limits":{"nb":4},"wave":1}\n' + "\x05[]\n\x05x\n" + '\x05{"id":"d","op":"campaign_pause"}\n',
          wrong="\x00\x00\n\x00[1]\n\x00x\n" + say("nothing") + '\x00{"op":"read"}\n' + '\x00{"id":"a","op":"read","path":"/0/0","ep":1}\n\x06{"id":"b","op":"read","path":"/3"}\n\x07{}\n' +
          say("read", ',"path":3') + say("read", ',"path":"/3/0/9/1/1"') + say("mute", ',"value":1') + say("read", ',"timeout":0,"path":"/3"'),
          long_words='\x00\x00{"id":"a","op":"' + "x" * 3000 + '"}\n\x00{"id":"b","' + "y" * 3000 + '":1}\n',
          long_path="\x00" + say("read", ',"path":"/' + "1" * 110000 + '"'))



def lua():
    write("config", least="return {}", full="""return {
  name = "gw", data_dir = "d", log = { level = "debug" }, control = { socket = "c", mode = "0660" }, store = { path = ":memory:", outbox_max = "1MB" },
  links = { { kind = "udp", name = "u", port = 5683, host = "::", ack_timeout = "2s", max_retransmit = 2 } },
  server = { default_lifetime = "1d", observe = { { path = "/3303/0/5700", pmin = "10s", pmax = "1m", gt = 1.5, st = 2, ep = "a*" }, "/3/0/9" }, rebind = "any" },
  mqtt = { { name = "m", uri = "mqtt://127.0.0.1", keepalive = 30, version = 4, username = "u", password = env("TG_NO", "p") } },
  dialect = { name = "tidegate", prefix = "t", qos = 0 }, scripts = { { name = "a", file = "a.lua", options = { x = 1, y = { "z" }, [3] = true } } },
  quirks = { { manufacturer = "A*", unsigned_tlv = true, block = 256, content_format = "tlv" } }, limits = { devices = 5 }, policy = { on_error = "refuse" },
  firmware = { folder = "f", http = { listen = "[::1]:0", url = "http://a" }, move = { from = "u", transport = "U", back = "N", above = "1kB" } } }""",
          nidd="""return { links = { { kind = "nidd", name = "n", api_root = "http://a", scs_as_id = "s", provider = "p", devices = { "a@b", "491511234567" },
  callback = { host = "127.0.0.1", port = 0, url = "https://gw.example.org/" }, duration = "1d", max_latency = "1h", token_url = "http://a/t", client_id = "i",
  client_secret = "s", header = "A: b" }, { kind = "nidd", name = "m", api_root = "http://a", scs_as_id = "s", callback = { url = "https://g/t8/nidd" } } }, scripts = { { file = "x/y.lua" } } }""",
          nidd_short="""return { links = { { kind = "nidd", api_root = "http://a", scs_as_id = "s" } } }""", bad_observe="return { server = { observe = { { path = '/3303', pmin = 5, pmax = 1, lt = 9, gt = 1 } } } }",
          unknown_key="return { nmae = 1, links = { { kind = 'udp', prot = 5 } } }", not_a_table="return 5", syntax="return {", error="error('x')", bare_error="error('x', 0)", no_text="error({})",
          twice="return { name = 'a', name = 'b' }", functions="return { name = env('PATH', 'gw'):sub(1, 9), log = include('/dev/null') }", no_env="return { name = env('TG_NO') }",
          file="return { name = file('/proc/sys/kernel/ostype') }", lines="--[[ x ]] return { -- y\n [\"name\"] = [==[z]==] ; }", in_itself="return include('/proc/self/fd/3')",
          objects="return { objects = { '/proc', 'nowhere' }, data_dir = '/d', store = { path = '/s' }, mqtt = { { uri = 'mqtts://a', ca_file = '/etc/hostname' } } }",
          bytes_mark="\ufeffreturn { name = 'a' }", loop="local t = {} while #t < 100 do t[#t + 1] = { kind = 'udp', port = #t } end return { links = t }")
    head = "id = 1000, name = 'A', urn = 'urn:x', version = '1.0', multiple = true, mandatory = false"
    one = "{ " + head + ", resources = { [0] = { name = 'x', ops = 'RW', type = '%s'%s } } }"
    heads = ("id = 70000", "id = 1", head.replace("'A'", "''"), head.replace("'A'", "1"), head.replace("'A'", "'a\\0b'"), head.replace("true", "1"), head.replace("1.0", "1"),
             head, head + ", resources = 1", head + ", resources = { x = {} }", head + ", resources = { [70000] = {} }", head + ", resources = { [0] = 1 }", head + ", [2] = 'A'",
             head + ", nmae = 1", head + ", resources = { [0] = { name = 'x', ops = 'E', type = 'string' } }", head + ", resources = { [0] = { name = 'x', ops = 'X', type = 'string' } }")
    types = (one % ("number", ""), one % ("string", ", range = { 1, 2 }"), one % ("integer", ", range = { 2, 1 }"), one % ("integer", ", range = 5"), one % ("none", ""), one % ("string", ", nmae = 1"))
    write("object_lua", valve="return { " + head + """, description = "d", lwm2m = "1.1", resources = {
  [1] = { name = "State", type = "boolean", ops = "RW", mandatory = true }, [2] = { name = "Level", type = "integer", range = { 0, 100 }, unit = "%", ops = "R" },
  [3] = { name = "Key", type = "opaque", ops = "", sensitive = true, multiple = true }, [4] = { name = "Close", ops = "E" }, [5] = { name = "F", type = "float", ops = "R", range = { -1.5, 2 } } } }""",
          two="return { " + one % ("objlnk", "") + ", " + (one % ("time", "")).replace("1000", "1001") + " }", twice="return { " + one % ("string", "") + ", " + one % ("string", "") + " }",
          twice_but_other="return { " + one % ("string", "") + ", " + one % ("integer", "") + " }", twice_another_name="return { " + one % ("string", "") + ", " + (one % ("string", "")).replace("'A'", "'B'") + " }",
          not_a_table="return 1", syntax="return {", spins="while true do end", raises="error('x')", empty="return {}", list_of_others="return { 1, 2 }",
          **{f"wrong_head_{number:02}": "return { " + text + " }" for number, text in enumerate(heads)}, **{f"wrong_type_{number}": "return " + text for number, text in enumerate(types)})
    pattern = lambda p, t: part(p) + t.encode()
    write("vm_pattern", words=pattern("(%w+)=(%w+)", "k=v; x=y"), balanced=pattern("%b()", "(a(b)c)"), frontier=pattern("%f[%a]%a+", "THE (quick) fox"),
          lazy=pattern("^%s*(.-)%s*$", "  trim  "), back=pattern("(.)%1", "aabb"), position=pattern("()a()", "banana"), sets=pattern("[^%d%-a-c]]?", "x]9-b"),
          broken=pattern("[a", "a"), ends=pattern("%", "%"), optional=pattern("colou?r$", "the color"), zero=pattern("a\0b", "a\0b"), hungry=pattern(".-.-.-.-b", "aaaaaaaaaaaa"),
          classes=pattern("%a%c%d%g%l%p%s%u%w%x%A%C%D%G%L%P%S%U%W%X", "a\n1"), anchor=pattern("^()", ""), deep=pattern("((((((a))))))", "a"))


def main():
    texts()
    registrations()
    firmware_rows()
    t8()
    engine()
    server()
    lines()
    lua()


if __name__ == "__main__":
    main()
