#!/bin/sh
# Makes .venv and installs what is locked: `.ci/set_up.sh run` or `.ci/set_up.sh test`.
# Costs nothing when it is already done: a stamp holds the digest of the lock it was made from.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
case $kind in
    run)  locked=requirements.txt ;;
    test) locked=requirements-test.txt ;;
    *)    echo "usage: $0 run|test" >&2; exit 2 ;;
esac

stamped() { # stamped KIND LOCK: is the environment already what LOCK says?
    [ -x .venv/bin/python ] && [ "$(cat ".venv/.locked-$1" 2>/dev/null)" = "$(cksum < "$2")" ] \
        && .venv/bin/python -c '' 2>/dev/null
}

if stamped "$kind" "$locked"; then exit 0; fi

# Two set-ups at once wait for each other.
if [ -z "${HIMS_SET_UP_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
    exec env HIMS_SET_UP_LOCKED=1 flock .venv.lock "$0" "$kind"
fi

# 1. A Python that really runs: names on the path may be stubs of a version switcher.
python=
for name in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$("$name" -c 'import sys; print(sys.executable)')
        break
    fi
done
if [ -z "$python" ]; then
    echo "HIMS needs Python 3.11 or newer: install it (Debian: apt-get install python3 python3-venv), or name it with PYTHON=/path/to/python3.11." >&2
    exit 1
fi

# 2. Its own environment, so that a Python marked as externally managed stays untouched.
if ! .venv/bin/python -c '' 2>/dev/null; then
    rm -rf .venv
    echo "Making .venv with $python ..."
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --without-pip .venv
    else
        echo "$python cannot make an environment with pip in it: install its venv package (Debian: apt-get install python3-venv) and run this again." >&2
        exit 1
    fi
fi

# 3. The locked packages. uv takes seconds where pip takes minutes; pip does it alone where uv is
# not to be had, or where this machine's pip has an index of its own that uv would not know.
echo "Installing the locked packages ..."
unset PYTHONPATH VIRTUAL_ENV
if .venv/bin/python -m pip --version >/dev/null 2>&1; then pip=".venv/bin/python -m pip"
else pip="$python -m pip --python .venv/bin/python"; fi
pip="$pip --disable-pip-version-check --no-input"
with_uv() {
    case $($pip config list 2>/dev/null) in *.index-url=* | *.no-index=*) return 1 ;; esac
    $pip install -qq --require-hashes -r requirements-set-up.txt 2>/dev/null || return 1
    .venv/bin/uv pip install --quiet --system-certs --compile-bytecode \
        --python .venv/bin/python --require-hashes -r "$locked" 2>/dev/null
}
with_uv || $pip install -qq --require-hashes -r "$locked"
cksum < requirements.txt > .venv/.locked-run
cksum < "$locked" > ".venv/.locked-$kind"
echo "Set up."
