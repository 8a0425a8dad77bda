#!/usr/bin/env bash
# check_abi.sh PROBE HEADERS DUMP SUPPRESSIONS: compares the structs of the plugin interface, as the library PROBE uses them, with the dump of
# the release. A member that moved, changed or went is an error; one that was appended is not. OPENL2TP_WRITE_ABI=1 writes the dump anew.
set -euo pipefail
probe=$1 headers=$2 dump=$3 suppressions=$4
new=$(mktemp)
trap 'rm -f "$new"' EXIT
abidw --no-corpus-path --no-comp-dir-path --headers-dir "$headers" --out-file "$new" "$probe"
if [ "${OPENL2TP_WRITE_ABI:-}" = 1 ]; then
  cp "$new" "$dump"
  echo "written: $dump"
  exit 0
fi
abidiff --no-added-syms --suppressions "$suppressions" "$dump" "$new"
echo "the plugin interface is that of the release"
