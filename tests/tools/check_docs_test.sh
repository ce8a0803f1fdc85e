#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/check_docs finds prototypes without a doc comment and Path lines that disagree; tools/gen_path_doc orders the journey.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
check() { "$ROOT/tools/check_docs" --root "$WORK/tree"; }
SPDX='/* SPDX-License-Identifier: Apache-2.0 */'

header() { { printf '%s\n/** What this is for. */\n#include <x.h>\n' "$SPDX" && cat; } | plant core/base/a.h; }

fresh
header <<'END'
/** A callback type. */
typedef int (*tg_a_fn)(void *arg);

/** Bytes. */
typedef struct tg_a {
  int (*call)(int);
} tg_a_t;

_Static_assert(sizeof(int) == 4, "int");

/** Does a thing. */
TG_MUST_CHECK int tg_a_do(int what, tg_a_fn callback)
    TG_PRINTF(1, 2);

/** Inline. */
static inline int tg_a_one(void) {
  return (1);
}
#define TG_A_CALL(x) tg_a_do(x)
END
passes "documented prototypes pass; types, macros and assertions need nothing" check

fresh
header <<<'int tg_a_do(int what);'
fails_with "a prototype without a comment is found" '^core/base/a.h:4: tg_a_do\(\) has no doc comment' check

fresh
header <<'END'
/** Two at once. */
int tg_a_do(int what);
int tg_a_undo(int what);
END
fails_with "one comment does not serve two prototypes" '^core/base/a.h:6: tg_a_undo\(\) has no doc comment' check

fresh
header <<'END'
/* An ordinary comment. */
int tg_a_do(int what);
END
fails_with "an ordinary comment is not enough" '^core/base/a.h:5: tg_a_do\(\)' check

fresh
header <<'END'
/** Far away. */

int tg_a_do(int what);
END
fails_with "a comment with a blank line below it is not enough" '^core/base/a.h:6: tg_a_do\(\)' check

fresh
plant core/base/b.c <<<'int x;'
fails_with "a file without SPDX line is found" '^core/base/b.c:1: no SPDX line' check

# spine STEM TEXT PATH: one spine file.
spine() { printf '%s\n/* %s\n * Path: %s */\n' "$SPDX" "$2" "$3" | plant "core/$1.c"; }

fresh
spine link/link_udp "Bytes arrive. More words." "the socket -> this -> coap_ingress.c"
spine coap/coap_ingress "Decodes them." "link_udp.c -> this -> report.c"
spine server/report "Makes records." "core/coap/coap_ingress.c -> this -> the twin"
passes "Path lines that agree pass" check
says "the journey is written in order, first sentence only" '^\| 1 \| .*link_udp.c.* \| Bytes arrive. \| the socket \| .coap_ingress.c. \|$' \
  "$ROOT/tools/gen_path_doc" --root "$WORK/tree"
says "the last step names where it ends" '^\| 3 \| .*core/server/report.c.* \| the twin \|$' "$ROOT/tools/gen_path_doc" --root "$WORK/tree"

spine server/report "Makes records." "link_udp.c -> coap_ingress.c -> core/server/report.c -> the twin -> the rules"
passes "a longer chain and the file's own name are understood" check

spine server/report "Makes records." "coap_egress.c -> this -> the twin"
fails_with "a Path line that names a missing file is found" '^core/server/report.c:3: Path names coap_egress.c, which is not in the tree' check

spine server/report "Makes records." "the sky -> this -> the twin"
fails_with "Path lines that disagree are found" '^core/coap/coap_ingress.c:3: Path names core/server/report.c, whose' check

spine server/report "Makes records." "somewhere"
fails_with "a Path line of another shape is found" '^core/server/report.c:3: cannot read this Path line' check

finish
