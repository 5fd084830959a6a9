#!/bin/sh
# Writes the locked requirements, with the hash of every file the package index serves for every
# platform. Settings of this machine (mirrors, local wheels) are left out on purpose, so that the
# lock means the same everywhere and names no address.
set -eu
cd "$(dirname "$0")/.."

lock() { # lock OUTPUT TITLE [more uv arguments]
    output=$1; title=$2; shift 2
    {
        echo "# $title"
        echo "# Made by \`make lock\` from pyproject.toml; do not edit."
        env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
            .venv/bin/uv pip compile --quiet --no-config --no-header --no-emit-index-url \
            --universal --python-version 3.11 --generate-hashes "$@" pyproject.toml
    } > "$output.new"
    if grep -n -E '^(-i|-f|--index|--extra-index|--find-links|--trusted-host)|file:|https?://' "$output.new"; then
        echo "$output.new names an address; nothing was locked." >&2
        exit 1
    fi
    mv "$output.new" "$output"
}

lock requirements.txt "What HIMS needs to run, and what its simulation needs." --extra simulation
lock requirements-test.txt "What HIMS needs to run and to be tested." --extra simulation --extra test --constraint requirements.txt

# The installer alone, in the version that the tests' set names.
name=requirements-set-up.txt
{
    echo "# What installs the rest."
    echo "# Made by \`make lock\` from pyproject.toml; do not edit."
    sed -n '/^uv==/,/^ *# via/p' requirements-test.txt
} > "$name.new"
mv "$name.new" "$name"
