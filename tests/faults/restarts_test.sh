#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N10 and N20: see restarts.py.
# timeout: 180
exec python3 "$(dirname "$0")/restarts.py"
