#!/bin/sh
# Installs Debian packages where this user may (root, with apt), else says in one line what is
# missing. Never fails: `.ci/system_packages.sh WHY PROGRAM-OR-LIBRARY=PACKAGE ...`
set -u
why=$1; shift
missing=
for pair in "$@"; do
    thing=${pair%%=*}
    case $thing in
        lib*) { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q "$thing" && continue ;;
        *)    command -v "$thing" >/dev/null 2>&1 && continue ;;
    esac
    missing="$missing ${pair#*=}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ -z "${HIMS_NO_APT:-}" ]; then
    echo "Installing$missing ($why) ..."
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 -- the list is meant to be split
    if apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 </dev/null \
        || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 </dev/null
    then exit 0; fi
fi
echo "Not installed:$missing ($why)."
exit 0
