#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/setup with a fake apt: installs what is missing and nothing else, tries again, and names what it cannot get.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# fake NAME: a command of that name, from standard input, in front of the path.
fake() {
  mkdir -p "$WORK/bin"
  { echo '#!/bin/bash' && cat; } >"$WORK/bin/$1"
  chmod +x "$WORK/bin/$1"
}

# A machine: a package is installed when it has a line in $WORK/installed; apt-get logs what it is asked.
machine() {
  rm -rf "${WORK:?}/bin" && : >"$WORK/installed" && : >"$WORK/asked" && : >"$WORK/unknown" && echo 0 >"$WORK/update_failures"
  export WORK
  fake dpkg-query <<'END'
[ "$2" = '-f=${Depends}' ] && echo "clang-14 (>= 14)" && exit
grep -qx "${!#}" "$WORK/installed" && printf installed
END
  fake apt-cache <<'END'
case $1 in
policy) grep -qx "$2" "$WORK/unknown" || echo "  Candidate: 1.0" ;;
show) [ "$2" = libclang-rt-14-dev ] ;;
esac
END
  fake apt-get <<'END'
echo "$*" >>"$WORK/asked"
packages=()
for word; do
  case $word in
  update) left=$(cat "$WORK/update_failures") && echo $((left - 1)) >"$WORK/update_failures" && [ "$left" -le 0 ] && exit 0 || exit 100 ;;
  -* | install | DPkg* | Acquire*) ;;
  *) packages+=("$word") ;;
  esac
done
for word in "${packages[@]}"; do grep -qx "$word" "$WORK/unknown" && exit 100; done
printf '%s\n' "${packages[@]}" >>"$WORK/installed"
END
  fake sudo <<<'exec "$@"'
  fake debconf-set-selections <<<'cat >"$WORK/answers"'
  fake sleep <<<'true'
}

setup() { PATH="$WORK/bin:$PATH" "$ROOT/tools/setup" "$@"; }
installed() { grep -qx "$1" "$WORK/installed"; }
asked_for() { grep -c "$1" "$WORK/asked"; }

machine
says "--print lists what is missing" '^libuv1-dev$' setup --print build
passes "and installs nothing" test ! -s "$WORK/asked"
passes "a bare machine gets the packages" setup
passes "among them the loop's" installed libuv1-dev
passes "build needs no test tools" test "$(grep -cx lua-busted "$WORK/installed")" = 0
: >"$WORK/asked"
says "a second run finds all there" '^setup: all [0-9]+ packages are there$' setup
passes "and asks apt for nothing" test ! -s "$WORK/asked"

passes "the test group comes on top" setup test
passes "with the runtime of clang's major version" installed libclang-rt-14-dev
passes "tshark's question is answered beforehand" grep -q '^wireshark-common .* boolean false' "$WORK/answers"
fake node <<<'true'
fake npm <<<'true'
fake java <<<'true'
fake javac <<<'true'
fake mvn <<<'true'
says "a machine's own Node and Java are left alone" '^0$' bash -c \
  "PATH='$WORK/bin:$PATH' '$ROOT/tools/setup' --print all | grep -cE '^(nodejs|npm|maven|default-jdk-headless)\$'"

machine
echo 2 >"$WORK/update_failures"
passes "a list server that hiccups twice is asked three times" setup build
passes "three times" test "$(asked_for update)" = 3

machine
echo 9 >"$WORK/update_failures"
says "without fresh lists the old ones are tried" 'apt-get update failed; trying with the lists that are there' setup build

machine
echo libcbor-dev >"$WORK/unknown"
fails_with "a package that cannot be had is named, with the cure" 'could not install libcbor-dev: no package of that name' setup build
passes "the others are installed all the same" installed libuv1-dev

machine
passes "an unknown group is refused with the usage" bash -c "'$ROOT/tools/setup' everything 2>&1 | grep -q Usage; test \${PIPESTATUS[0]} = 2"
finish
