#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pymodbus's slave and our Modbus driver in a real gateway, over RTU on a pair of pseudo-terminals and over TCP: values of every type on MQTT,
# writes that the slave sees, exceptions, silence, a slave that comes back.
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer pymodbus venv/bin/python
require socat

# Two units of registers; what is wide has its high word first but where the name says swapped.
cat >"$WORK/registers.json" <<'END'
{ "units": {
  "1": {
    "input": { "0": 215, "1": [ -55 ] },
    "holding": { "10": 600, "20": [ 16812, 0 ], "30": [ 0, 16812 ], "40": [ 65534, 61072 ], "50": [ 16437, 32768, 0, 0 ],
                 "60": 65535, "70": [ 16975, 18764, 17746, 11575 ], "80": [ 0, 0, 0, 0 ], "90": [ 0, 0, 0, 7 ] },
    "coil": { "0": 1 },
    "discrete": { "3": 1 } },
  "2": { "holding": { "0": 7 } } } }
END
MAP='map = {
  { path = "/3303/0/5700", fn = "input", address = 0, type = "int16", scale = 0.1 },
  { path = "/3303/1/5700", fn = "input", address = 1, type = "int16", scale = 0.1 },
  { path = "/3308/0/5900", fn = "holding", address = 10, type = "int16", scale = 0.1, write = true },
  { path = "/3300/0/5700", fn = "holding", address = 20, type = "float32" },
  { path = "/3300/1/5700", fn = "holding", address = 30, type = "float32", word_order = "little" },
  { path = "/3300/2/5700", fn = "holding", address = 40, type = "int32" },
  { path = "/3300/3/5700", fn = "holding", address = 50, type = "float64" },
  { path = "/3300/4/5700", fn = "holding", address = 60, type = "uint16", offset = -1 },
  { path = "/3/0/2", fn = "holding", address = 70, type = "string8" },
  { path = "/3341/0/5527", fn = "holding", address = 80, type = "string8", write = true },
  { path = "/3300/5/5700", fn = "holding", address = 90, type = "uint64" },
  { path = "/3311/0/5850", fn = "coil", address = 0, write = true },
  { path = "/3302/0/5500", fn = "discrete", address = 3 },
  { path = "/3300/6/5700", unit = 2, fn = "holding", address = 0 },
}'

start_slave() { # CARRIER
  if [ "$1" = tcp ]; then
    spawn "slave-tcp" "$PEERS/modbus-slave" --map "$WORK/registers.json" --port "$TCP"
  else
    spawn "slave-rtu" "$PEERS/modbus-slave" --map "$WORK/registers.json" --tty "$WORK/slave.tty" --baud 19200
  fi
  need "$DEADLINE" says "slave-$1" "^listening $1 "
}

over() {
  local ep=plc-$1 slave=slave-$1 path value
  told "$1: the driver's device is there" "$ep/state" '"online"' '"kind":"driver"'
  gives "$1: and among the devices" "\"ep\":\"$ep\",\"state\":\"online\".*\"/3300/6\"" devices
  while read -r path value; do
    told "$1: $path" "$ep/v$path" "\"v\":$value,"
  done <<'END'
/3303/0/5700 21.5
/3303/1/5700 -5.5
/3308/0/5900 60(\.0)?
/3300/0/5700 21.5
/3300/1/5700 21.5
/3300/2/5700 -70000(\.0)?
/3300/3/5700 21.5
/3300/4/5700 65534(\.0)?
/3/0/2 "BOILER-7"
/3300/5/5700 7(\.0)?
/3311/0/5850 true
/3302/0/5500 true
/3300/6/5700 7(\.0)?
END
  tell "$slave" 'set input 0 222'
  told "$1: a change is told" "$ep/v/3303/0/5700" '"v":22.2,' '"src":"driver"'

  gives "$1: a register is read at once" '"path":"/3303/0/5700","value":22.2,' read "$ep" /3303/0/5700
  gives "$1: a register is written" '"state":"done"' write "$ep" /3308/0/5900 72.5
  seen "$1: the slave has it" "$slave" '^write 1/holding 10 725$'
  gives "$1: below zero" '"state":"done"' write "$ep" /3308/0/5900 -- -12.5
  seen "$1: the slave has it" "$slave" '^write 1/holding 10 (-125|65411)$'
  told "$1: MQTT has it" "$ep/v/3308/0/5900" '"v":-12.5,'
  gives "$1: a coil is written" '"state":"done"' write "$ep" /3311/0/5850 false
  seen "$1: the slave has it" "$slave" '^write 1/coil 0 0$'
  told "$1: MQTT has it" "$ep/v/3311/0/5850" '"v":false,'
  gives "$1: a text is written" '"state":"done"' write "$ep" /3341/0/5527 oven
  seen "$1: the slave has it in four registers" "$slave" '^write 1/holding 80 28534 25966 0 0$'
  commanded "$1: a register is written by a command on MQTT" "$ep" '"op":"write","path":"/3308/0/5900","value":55.5' '"state":"done"'
  seen "$1: the slave has it" "$slave" '^write 1/holding 10 555$'
  gives "$1: what does not fit is refused" '"state":"failed"' write "$ep" /3308/0/5900 99999
  gives "$1: what is read-only is refused" '"state":"failed"' write "$ep" /3303/0/5700 1
  gives "$1: what is not in the map is refused" '"state":"failed"' read "$ep" /3303/9/5700

  tell "$slave" 'fault holding 10 4'
  gives "$1: an exception is told by its name" 'device failure' read "$ep" /3308/0/5900
  tell "$slave" 'fault holding 10 0'
  tell "$slave" 'silent on'
  gives "$1: silence is a timeout" '"error":"timeout"' read "$ep" /3308/0/5900
  tell "$slave" 'silent off'
  tell "$slave" 'set input 0 333'
  told "$1: values come again when it speaks" "$ep/v/3303/0/5700" '"v":33.3,'

  stop "$slave"
  start_slave "$1"
  tell "$slave" 'set input 0 444'
  told "$1: and when it was away" "$ep/v/3303/0/5700" '"v":44.4,'
}

TCP=$(free_port)
spawn wire socat "pty,raw,echo=0,link=$WORK/slave.tty" "pty,raw,echo=0,link=$WORK/master.tty"
need "$DEADLINE" test -e "$WORK/slave.tty" -a -e "$WORK/master.tty"
start_slave rtu
start_slave tcp
start_interop -- "scripts = {
  { file = \"drivers/modbus.lua\", name = \"plc-rtu\", options = { port = \"$WORK/master.tty\", baud = 19200, period = 0.3, timeout = 0.5, $MAP } },
  { file = \"drivers/modbus.lua\", name = \"plc-tcp\", options = { host = \"127.0.0.1\", tcp_port = $TCP, period = 0.3, timeout = 0.5, $MAP } },
},"
over rtu
over tcp
end_interop
