#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N9: see descriptors.py.
# timeout: 180
exec python3 "$(dirname "$0")/descriptors.py"
