#!/usr/bin/env bash
# Prints the Debian packages of the given parts of r-services/apt-packages.txt, one per line. Without arguments it
# prints all parts except `image`, which only containers need.
# Exits 2 with one line if a part does not exist.
set -euo pipefail
readonly list=${0%/*}/../r-services/apt-packages.txt

parts() { sed -n 's/^\[\(.*\)\].*/\1/p' "$list" | tr ' ' '\n' | sort -u; }

packages_of() {
    awk -v part="$1" '
        { sub(/#.*/, ""); gsub(/[ \t]+$/, "") }
        /^\[.*\]$/ { inside = index(" " substr($0, 2, length($0) - 2) " ", " " part " "); next }
        NF && inside' "$list"
}

for part in "$@"; do
    if ! parts | grep -qxF -e "$part"; then
        printf 'apt_packages.sh: r-services/apt-packages.txt has no part %s; it has: %s\n' \
            "'$part'" "$(parts | tr '\n' ' ')" >&2
        exit 2
    fi
done
# shellcheck disable=SC2046 # a list of words on purpose
[ $# -gt 0 ] || set -- $(parts | grep -vxF image)
for part in "$@"; do packages_of "$part"; done | sort -u
