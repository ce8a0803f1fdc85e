# SPDX-License-Identifier: Apache-2.0
# Script of tg_module(): from the functions of ours that a shared object lacks, the linker's options with which a program shows them.
execute_process(COMMAND ${NM} -D --undefined-only ${MODULE} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "U tg_[a-z0-9_]+" symbols "${symbols}")
set(options "")
foreach(symbol ${symbols})
  string(SUBSTRING ${symbol} 2 -1 symbol)
  string(APPEND options "--require-defined=${symbol}\n--export-dynamic-symbol=${symbol}\n")
endforeach()
file(WRITE ${OUT} "${options}")
