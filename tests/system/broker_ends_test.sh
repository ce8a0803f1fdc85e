#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Brokers that end the connection with a reason, and that do not take a message (broker_ends.py).
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto mosquitto_ctrl mosquitto_pub mosquitto_sub python3

exec python3 tests/system/broker_ends.py
