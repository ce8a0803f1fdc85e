#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A DNS that does not answer: see names.py.
# timeout: 120
exec python3 "$(dirname "$0")/names.py"
