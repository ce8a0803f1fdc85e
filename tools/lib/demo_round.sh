# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What tools/demo shows, step by step, and how it checks that it was so. Sourced by tools/demo after demo_parts.sh.

SEEN_DEVICES=0
SEEN_ANSWERS=0

start_all() {
  say ""
  say "demo: starting an MQTT broker, an operator's network (T8 NIDD), a boiler on a serial line and the gateway"
  start_broker
  start_scef
  start_gateway
  say "  broker   mqtt://127.0.0.1:$BROKER"
  say "  SCEF     http://127.0.0.1:$SCEF, relays for $NIDD_DEVICES"
  say "  gateway  coap://127.0.0.1:$UDP"
  local name kind="our simulator, tg-fake-device"
  [ "$PEERS" = yes ] && kind="stock Wakaama clients, LwM2M 1.0"
  say "  devices  $UDP_DEVICES over UDP, $NIDD_DEVICES over NIDD ($kind); boiler over Modbus RTU"
  for name in $UDP_DEVICES; do start_device "$name" "$UDP"; done
  for name in $NIDD_DEVICES; do start_device "$name" "$(relay_of "$name")"; done
}

# First message on a topic of a device that fits a pattern.
on_topic() { grep -qE -- "^tidegate/dev/$1/$2 .*$3" "$WORK/topics.log"; }
show_topic() { grep -E -- "^tidegate/dev/$1/$2 .*$3" "$WORK/topics.log" | tail -1 | cut -c1-160 | sed 's/^/    /'; }

see_device() {
  await 40 "$1 online (topic tidegate/dev/$1/state)" on_topic "$1" state '"state": *"online"'
  SEEN_DEVICES=$((SEEN_DEVICES + 1))
  say "  $1 is online over $2"
}

see_value() {
  await 40 "a value of $1 (topics tidegate/dev/$1/v/…)" on_topic "$1" "v/$2" '"v":'
  show_topic "$1" "v/$2" '"v":'
}

# command EP JSON-MEMBERS: publishes a command as anybody could, and waits for its result.
command_to() {
  local name=$1 members=$2 id="demo-$RANDOM$RANDOM"
  local line="{\"id\":\"$id\",$members}"
  say "  \$ mosquitto_pub -p $BROKER -t tidegate/dev/$name/cmd -m '$line'"
  mosquitto_pub -h 127.0.0.1 -p "$BROKER" -q 1 -t "tidegate/dev/$name/cmd" -m "$line" || give_up "mosquitto_pub failed"
  await 40 "a result of $name with id $id" on_topic "$name" result "\"id\": *\"$id\".*\"state\": *\"(done|failed|expired|cancelled|unknown)\""
  show_topic "$name" result "\"$id\""
  on_topic "$name" result "\"id\": *\"$id\".*\"state\": *\"done\"" || give_up "the command to $name did not end well"
  RESULT=$(grep -E -- "^tidegate/dev/$name/result .*\"$id\"" "$WORK/topics.log" | tail -1)
  SEEN_ANSWERS=$((SEEN_ANSWERS + 1))
}

# write_and_read EP PATH JSON-VALUE: a value is written, then read back.
write_and_read() {
  command_to "$1" "\"op\":\"write\",\"path\":\"$2\",\"value\":$3"
  command_to "$1" "\"op\":\"read\",\"path\":\"$2\""
  [[ $RESULT == *"\"$2\":$3"* || $RESULT == *"\"$2\": $3"* ]] || give_up "$1 answered something else than $3 at $2"
}

play_round() {
  local name path=/3311/0/5851 value=42 shown=3303/0/5700
  if [ "$PEERS" = yes ]; then path=/3/0/14 value='"+05"' shown=3/0/9; fi
  say ""
  say "demo: 1. devices appear: they register, and the gateway tells it on MQTT"
  for name in $UDP_DEVICES; do see_device "$name" UDP; done
  for name in $NIDD_DEVICES; do see_device "$name" "NIDD, through the SCEF"; done
  see_device boiler "Modbus"
  say ""
  say "demo: 2. their values arrive on MQTT, each on a topic of its own"
  see_value "${UDP_DEVICES%% *}" "$shown"
  see_value "${NIDD_DEVICES%% *}" "$shown"
  see_value boiler 3303/0/5700
  say ""
  say "demo: 3. commands sent over MQTT reach a device on each bearer, and the answers come back"
  write_and_read "${UDP_DEVICES%% *}" "$path" "$value"
  write_and_read "${NIDD_DEVICES%% *}" "$path" "$value"
  write_and_read boiler /3308/0/5900 22.5
  await 5 "the register written at the boiler" in_log boiler '^write 1/holding 10 225'
  say "    and the boiler itself says: $(grep -m1 '^write' "$WORK/boiler.log")"
}

look_further() {
  local socket="$WORK/data/control.sock"
  say ""
  say "demo: it goes on. To look further, in another terminal:"
  say "  mosquitto_sub -p $BROKER -v -t 'tidegate/#'                     everything there is"
  say "  $BIN/tidegate devices --socket $socket"
  say "  $BIN/tidegate read garden /3/0 --socket $socket"
  say "  less $WORK/tidegate.lua                                        the configuration"
  say "  less $WORK/gateway.log                                         what the gateway says"
  say "Values as they come; Ctrl-C stops everything."
  say ""
}

# New lines of the topics log as `garden /3303/0/5700 = 21.5`.
follow() {
  local line skip value='^tidegate/dev/([^/]+)/v(/[^ ]+) .*"v": *([^,}]+)' state='^tidegate/dev/([^/]+)/state .*"state": *"([a-z]+)"'
  skip=$(wc -l <"$WORK/topics.log")
  while :; do
    while IFS= read -r line <&9; do
      if ((skip > 0)); then skip=$((skip - 1)); continue; fi
      if [[ $line =~ $value ]]; then
        say "  ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} = ${BASH_REMATCH[3]}"
      elif [[ $line =~ $state ]]; then
        say "  ${BASH_REMATCH[1]} is ${BASH_REMATCH[2]}"
      fi
    done
    all_alive
    sleep 0.5
  done 9<"$WORK/topics.log"
}
