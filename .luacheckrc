-- SPDX-License-Identifier: Apache-2.0
std = "lua54"
max_line_length = 100
codes = true

-- The checks are written for a wider window, like the C code.
files["tools"] = { max_line_length = 140 }
files["tests/spec"] = { std = "+busted" }
files["tests/**/*_spec.lua"] = { std = "+busted" }

-- Definition files declare functions that the program defines; parameters are there for the reader.
files["bindings/meta"] = {
  max_line_length = false,
  globals = { "tg" },
  ignore = { "111", "112", "113", "121", "122", "131", "211", "212", "241", "611", "612", "614" },
}

-- Configuration is evaluated in an environment of its own that holds only these (see config/schema.lua).
files["config"] = { read_globals = { "env", "file", "include", "secret" } }
