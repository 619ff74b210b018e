#!/bin/sh
# Makes .venv: `setup.sh run` with what the Hub needs, `setup.sh dev` with the tools for tests and checks as well.
# POSIX sh; run from the project's folder. Costs nothing when nothing changed. PYTHON chooses the interpreter.
set -eu

kind=${1:?run or dev}
venv=.venv
oldest=11
newest=14

say() { printf '%s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Everything that a change of must be followed by another setup. The folder counts: scripts in a venv name it.
fingerprint() {
    {
        pwd
        cat "$1" pyproject.toml scripts/protos.py scripts/setup.sh
        find proto/exekra -name '*.proto' | LC_ALL=C sort | while read -r file; do cat "$file"; done
    } | cksum
}

is_ready() {
    [ -f "$venv/ready-$1" ] && [ -x "$venv/bin/python" ] && [ -d proto/gen/exekra ] &&
        [ "$(cat "$venv/ready-$1")" = "$(fingerprint "$2")" ]
}

fits() {
    "$1" -c "import sys; sys.exit(not ((3, $oldest) <= sys.version_info[:2] <= (3, $newest)))" >/dev/null 2>&1
}

makes_venvs() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

candidates() {
    minor=$newest
    while [ "$minor" -ge "$oldest" ]; do
        printf 'python3.%s\n' "$minor"
        minor=$((minor - 1))
    done
    printf 'python3\npython\n'
}

# Sets $python. Prefers one that can make virtual environments by itself.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" || fail "PYTHON=$PYTHON is not a Python between 3.$oldest and 3.$newest"
        python=$PYTHON
        return
    fi
    python=
    for candidate in $(candidates); do
        fits "$candidate" || continue
        [ -n "$python" ] || python=$candidate
        if makes_venvs "$candidate"; then
            python=$candidate
            return
        fi
    done
    [ -n "$python" ] || fail "Python 3.$oldest to 3.$newest is needed and none was found ($(python3 --version 2>&1 || true)): \
install one, or name it with PYTHON=/path/to/python"
}

# Debian and Ubuntu ship Python without ensurepip.
require_venv() {
    makes_venvs "$python" && return
    package="$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing $package"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -q && apt-get install -q -y --no-install-recommends "$package"; } >"${TMPDIR:-/tmp}/exekra-apt.log" 2>&1 ||
            fail "apt-get could not install $package; see ${TMPDIR:-/tmp}/exekra-apt.log"
        makes_venvs "$python" && return
    fi
    fail "$python cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install $package"
}

make_venv() {
    # One that was moved, or whose Python is gone, is no use.
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 &&
        [ "$(cat "$venv/made-in" 2>/dev/null || pwd)" = "$(pwd)" ] && fits "$venv/bin/python"; then
        return
    fi
    find_python
    require_venv
    say "making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "$python could not make $venv"
    pwd >"$venv/made-in"
}

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"
}

# Shows how many packages came so far; pip's own words are kept in .venv/setup.log and shown when it fails.
install_packages() {
    total=$(grep -c '^[a-z0-9].*==' "$1")
    say "installing $total packages of $1"
    # The exit status of pip, not of the loop, decides: it is carried in a file.
    { pip install --require-hashes --only-binary :all: --progress-bar off -r "$1" && : >"$venv/installed"; } 2>&1 |
        while read -r line; do
            printf '%s\n' "$line" >>"$venv/setup.log"
            case $line in
            Collecting*)
                count=$((${count:-0} + 1))
                [ $((count % 10)) -ne 0 ] || say "  $count of $total fetched"
                ;;
            Installing*) say "  unpacking" ;;
            esac
        done
    if [ ! -f "$venv/installed" ]; then
        tail -n 15 "$venv/setup.log" >&2
        fail "the packages could not be installed; all of pip's words are in $venv/setup.log"
    fi
    rm -f "$venv/installed"
}

main() {
    case $kind in
    run)
        is_ready dev requirements-dev.lock && return
        lock=requirements.lock
        ;;
    dev) lock=requirements-dev.lock ;;
    *) fail "what is $kind? run or dev" ;;
    esac
    if is_ready "$kind" "$lock"; then
        return
    fi
    make_venv
    rm -f "$venv/ready-run" "$venv/ready-dev"
    : >"$venv/setup.log"
    install_packages "$lock"
    say "generating code from the protos"
    "$venv/bin/python" scripts/protos.py >>"$venv/setup.log" 2>&1 || fail "protoc failed; see $venv/setup.log"
    pip install --quiet --no-build-isolation --no-deps -e . >>"$venv/setup.log" 2>&1 ||
        fail "the project itself could not be installed; see $venv/setup.log"
    fingerprint "$lock" >"$venv/ready-$kind"
    say "ready"
}

main
