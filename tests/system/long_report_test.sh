#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reports as long as they may be: what is answered 2.04 arrives, all of it (long_report.py).
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto mosquitto_pub mosquitto_sub python3

exec python3 tests/system/long_report.py
