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
  say "           $SLEEPER in queue mode and $VALVE with firmware (our simulator)"
  start_sleeper
  start_valve
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
  see_device "$SLEEPER" "UDP, in queue mode"
  see_device "$VALVE" UDP
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
  say ""
  say "demo: 4. a device that sleeps gets its command when it wakes"
  wake_and_do
  say ""
  say "demo: 5. new firmware for the $VALVE, block by block"
  update_firmware
}

# A command for a device that can't hear: it is kept, and goes out when the device speaks. Where it woke in the very moment, another one.
wake_and_do() {
  local id line try
  for try in 1 2 3; do
    id="demo-$RANDOM$RANDOM"
    line="{\"id\":\"$id\",\"op\":\"write\",\"path\":\"/3311/0/5851\",\"value\":$try}"
    await 40 "$SLEEPER asleep (topic tidegate/dev/$SLEEPER/state)" is_asleep
    show_topic "$SLEEPER" state '"asleep"'
    say "  \$ mosquitto_pub -p $BROKER -t tidegate/dev/$SLEEPER/cmd -m '$line'"
    mosquitto_pub -h 127.0.0.1 -p "$BROKER" -q 1 -t "tidegate/dev/$SLEEPER/cmd" -m "$line" || give_up "mosquitto_pub failed"
    await 20 "the command kept for $SLEEPER" on_topic "$SLEEPER" result "\"$id\".*\"state\": *\"(waiting|done)\""
    on_topic "$SLEEPER" result "\"$id\".*\"state\": *\"waiting\"" && break
    ((try < 3)) || give_up "$SLEEPER was awake whenever it was told something"
  done
  show_topic "$SLEEPER" result "\"$id\".*\"waiting\""
  say "  … $SLEEPER sleeps; its next value wakes it"
  await 30 "the command carried out by $SLEEPER" on_topic "$SLEEPER" result "\"$id\".*\"state\": *\"done\""
  show_topic "$SLEEPER" result "\"$id\".*\"done\""
  in_log "$SLEEPER" "^write /3311/0/5851 $try" || give_up "$SLEEPER did not get the write"
  say "    and the device itself says: $(grep "^write" "$WORK/$SLEEPER.log" | tail -1)"
  SEEN_ANSWERS=$((SEEN_ANSWERS + 1))
}

is_asleep() { grep -E -- "^tidegate/dev/$SLEEPER/state " "$WORK/topics.log" | tail -1 | grep -q '"state": *"asleep"'; }

# A new version, made here, goes to the valve; the gateway knows what it ran before and sees what it runs afterwards.
update_firmware() {
  local socket="$WORK/data/control.sock" image="$WORK/$VALVE-2.0.bin"
  "$TG_ROOT/tests/fake/device/make_image" "$image" 2.0 "$VALVE" 500000 || give_up "no image could be made"
  say "  \$ tidegate firmware add $VALVE-2.0.bin --name $VALVE-2.0 --version 2.0"
  "$BIN/tidegate" firmware add "$image" --name "$VALVE-2.0" --version 2.0 --socket "$socket" >"$WORK/image.log" ||
    give_up "the image was not taken"
  say "  \$ tidegate firmware update $VALVE $VALVE-2.0 --wait"
  "$BIN/tidegate" firmware update "$VALVE" "$VALVE-2.0" --wait --timeout 60 --socket "$socket" || give_up "the update of $VALVE failed"
  await 10 "the end of the update on MQTT" on_topic "$VALVE" firmware '"state": *"done"'
  show_topic "$VALVE" firmware '"state": *"done"'
  cmp -s "$image" "$WORK/installed.bin" || give_up "$VALVE got another image than the one sent"
  in_log "$VALVE" '^firmware version 2.0' || give_up "$VALVE does not run the new version"
  say "    and the device itself says: $(grep -m1 '^firmware version' "$WORK/$VALVE.log")"
}

look_further() {
  local socket="$WORK/data/control.sock"
  say ""
  say "demo: it goes on. To look further, in another terminal:"
  say "  mosquitto_sub -p $BROKER -v -t 'tidegate/#'                     everything there is"
  say "  $BIN/tidegate devices --socket $socket"
  say "  $BIN/tidegate read garden /3/0 --socket $socket"
  say "  $BIN/tidegate firmware status --socket $socket"
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
