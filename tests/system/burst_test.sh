#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bursts that the receive buffer of a link holds are served; of larger ones the kernel drops a part, which the log, status, limits and explain tell.
# timeout: 60
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq python3

PORT=$(free_port)
write_config <<END
  limits = { requests_per_peer = 0 },
  links = {
    { kind = "udp", name = "udp0", host = "127.0.0.1", port = $PORT, receive_buffer = "64kB" },
    { kind = "udp", name = "other", host = "127.0.0.1", port = 0, receive_buffer = "128kB" },
  },
END
start_gateway
status() { "$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq -r "$1"; }
limit() { "$TIDEGATE" limits --json -c "$WORK/tidegate.lua" | jq -r "select(.limit == \"receive_buffer\") | $1"; }

# burst COUNT: requests that are not confirmable, while the gateway does not read; how many were answered.
cat >"$WORK/burst.py" <<'END'
import os, signal, socket, sys
port, pid, count = map(int, sys.argv[1:])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.settimeout(2)
os.kill(pid, signal.SIGSTOP)
while open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "T":
    pass
for mid in range(count):
    s.sendto(b"\x54\x01" + mid.to_bytes(2, "big") + b"toke" + b"\xb7nothing", ("127.0.0.1", port))
os.kill(pid, signal.SIGCONT)
answered = 0
try:
    while answered < count:
        s.recv(100)
        answered += 1
except OSError:
    pass
print(answered)
END
burst() { timeout 30 python3 "$WORK/burst.py" "$UDP" "${PID[gateway]}" "$1"; }

is "$(status '.links | map([.name, .receive_buffer, .dropped] | join(" ")) | join(", ")')" "udp0 65536 0, other 131072 0" "status: buffers of the links"
is "$(burst 100)" 100 "a burst that finds room is answered"
is "$(limit '[.max, .hits] | join(",")')" "65536,0" "limits: the smallest of the buffers, nothing was dropped"
like "$("$TIDEGATE" status -c "$WORK/tidegate.lua")" '^link +udp0 udp$' "status: which is nothing to tell"
answered=$(burst 2000)
dropped=$(status '.links[0].dropped')
[ "$answered" -gt 0 ] && [ "$dropped" -gt 0 ]
check $? "a larger one is answered in part ($answered)"
is $((answered + dropped)) 2000 "and the rest counted ($dropped)"
is "$(limit .hits)" "$dropped" "limits: the same"
is "$(status '.links[1].dropped')" 0 "the other link lost nothing"
like "$("$TIDEGATE" status -c "$WORK/tidegate.lua")" "^link +udp0 udp, $dropped datagrams dropped by the kernel\$" "status: for people"
like "$("$TIDEGATE" explain nobody /3/0/0 -c "$WORK/tidegate.lua")" "^datagrams_dropped .* udp0 was full for $dropped datagrams" "explain: a reason for what is missing"
like "$(<"$WORK/gateway.log")" " warn  link datagrams_dropped link=udp0 count=$dropped total=$dropped receive_buffer=65536 " "the log tells it"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
