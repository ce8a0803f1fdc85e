#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N13: see clock.py.
# timeout: 180
exec python3 "$(dirname "$0")/clock.py"
