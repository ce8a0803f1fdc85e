#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What tells people how to use the program agrees with it: man page and completion with the sources of the command line, the generated
# descriptions of the configuration with a schema.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
TREE=$WORK/tree
PAGE=$ROOT/docs/man/tidegate.1
COMPLETION=$ROOT/config/completion/tidegate.bash
config_doc() { "$ROOT/tools/gen_config_doc.lua" --root "$TREE" "$@"; }

# Commands from the usage text, options from the table, exit codes from the enumeration.
mapfile -t commands < <(sed -nE 's/^ *"  ([a-z]+( \| [a-z]+)?)[ \\].*/\1/p' "$ROOT/bindings/host/main.c" | sed 's/ | /\n/')
mapfile -t options < <(sed -nE 's/.*\{"([a-z]+)", (no|required)_argument.*/--\1/p' "$ROOT/bindings/host/cli.c")
mapfile -t codes < <(sed -nE 's/^  TG_CLI_[A-Z]+ = ([0-9]+).*/\1/p' "$ROOT/bindings/host/cli.h")

found_all() { [ ${#commands[@]} -ge 15 ] && [ ${#options[@]} -ge 8 ] && [ ${#codes[@]} -ge 6 ]; }
passes "commands, options and exit codes are found in the sources" found_all
rendered() { groff -man -Tascii -ww -rLL=100n -P-cbou "$PAGE" >"$WORK/page" 2>"$WORK/warnings"; }
passes "the man page can be read" rendered
passes "without a warning" test ! -s "$WORK/warnings"
for word in "${commands[@]}"; do
  passes "the man page has the command $word" grep -qE "^ {7}$word( |$)" "$WORK/page"
  passes "the completion has the command $word" grep -qE "commands=\".*\b$word\b.*\"" "$COMPLETION"
done
for word in "${options[@]}"; do
  passes "the man page has the option $word" grep -qE -- "$word\b" "$WORK/page"
  passes "the completion has the option $word" grep -qE -- "-W \".*$word\b.*\"" "$COMPLETION"
done
for word in "${codes[@]}"; do
  passes "the man page has the exit code $word" grep -qE "^ {7}$word {2,}[A-Z]" "$WORK/page"
done

fresh
mkdir -p "$TREE/config" "$TREE/docs/man"
cp "$ROOT/config/lines.lua" "$TREE/config/"
plant config/schema.lua <<'END'
return {
  "table",
  fields = {
    zeta = { "duration", default = "5m", min = 0.001, max = 86400, doc = "First | in the file." },
    alpha = { "integer", required = true, max = 9, doc = "-1's friend." },
    names = { "list", default = {}, max = 2, of = { "string", max = 7 }, doc = "Names." },
    links = {
      "list",
      max = 3,
      doc = "Links.",
      of = {
        "table",
        short = "kind",
        fields = {
          kind = { "string", values = { "udp", "sms" }, doc = "Kind." },
          deep = { "table", doc = "More.", fields = { key = { "string", secret = true, doc = "A key." } } },
        },
        variants = { key = "kind", udp = { port = { "size", min = 1024, doc = "Port." } }, sms = {} },
      },
    },
  },
}
END
printf '%s\n' head '.\" configuration: begin (written by tools/gen_config_doc.lua)' old '.\" configuration: end' tail |
  plant docs/man/tidegate.1
says "a key is a row: type, range, default, meaning" '^\| `zeta` \| duration \| 1ms to 1d \| `"5m"` \| First \\\| in the file. \|$' config_doc
says "a key that must be there says so" '^\| `alpha` \| integer \| at most 9 \| required \|' config_doc
says "a list tells how many and what" '^\| `names` \| list of string \| at most 2 entries, each at most 7 bytes \| `\{\}` \|' config_doc
says "a list of tables is a section" '^Links. A list of at most 3. Text alone stands for `\{ kind = ... \}`. Each entry holds:$' config_doc
says "a table in a table is written with dots, a secret is told" '^\| `deep.key` .* Never shown in any output' config_doc
says "each kind has a section" '^## links with kind = "udp"$' config_doc
says "with keys of its own" '^\| `port` \| size \| at least 1kB \|' config_doc
in_order() { config_doc | grep -oE '^\| `(zeta|alpha|names)' | tr -dc 'a-z\n' | xargs | grep -qx 'zeta alpha names'; }
passes "keys come in the order of the schema" in_order
says "the man page has the same" '^\\fBzeta\\fR \(duration; 1ms to 1d; default "5m"\)$' config_doc --man
says "nothing in it is taken for a request" '^\\-1\\\(aqs friend\.$' config_doc --man
around() { config_doc --man | sed -n '1p;$p' | xargs | grep -qx 'head tail' && ! config_doc --man | grep -qx old; }
passes "what stands around the section stays, what stood in it goes" around
plant docs/man/tidegate.1 <<<'no markers'
fails_with "a page without markers is refused" 'lacks the markers' config_doc --man

finish
