#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The hot path costs no more instructions than recorded in tests/bench/instructions.txt, decoders no more than twice what libcbor's does, and the
# checks would say so if they did.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"

output=$(tools/count_instructions)
status=$?
[ $status != 77 ] || skip_all "${output#SKIP }"
printf '# %s\n' "$output"
is $status 0 "an update and a notification cost what they did, give or take 5 %"
now=$(sed -n 's/^\([0-9]*\) instructions for .*/\1/p' <<<"$output")

# record FACTOR: the record, in per cent of what was counted now.
record() { sed "s/^instructions: .*/instructions: $((now * $1 / 100))/" tests/bench/instructions.txt >"$WORK/record"; }
record 94
output=$(tools/count_instructions --against "$WORK/record")
is $? 1 "6 % more than recorded is a failure"
like "$output" 'more than 5 % above' "and says so"
record 96
tools/count_instructions --against "$WORK/record" >/dev/null
is $? 0 "4 % more is none"
sed -i 's/^compiler: .*/compiler: gcc 1.0 pdp11/' "$WORK/record"
output=$(tools/count_instructions --against "$WORK/record")
is $? 77 "the number of another compiler is not compared with"
like "$output" 'is of gcc 1.0 pdp11' "which is said"

output=$(tools/count_instructions --decoders)
is $? 0 "decoding SenML CBOR and TLV costs at most twice what libcbor's streaming decoder does"
printf '%s\n' "$output" | sed 's/^/# /'
like "$output" '^senml_cbor_8_decode: [1-9][0-9]* % of' "SenML CBOR was counted"
like "$output" '^tlv_8_decode: [1-9][0-9]* % of' "TLV was counted"
output=$(tools/count_instructions --decoders 20)
is $? 1 "a fifth of it would be exceeded"
like "$output" '^more than 20 %$' "which is said"
done_testing
