#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N5: see disk_errors.py.
# timeout: 180
exec python3 "$(dirname "$0")/disk_errors.py"
