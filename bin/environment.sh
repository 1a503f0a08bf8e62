# Read by the other commands: the Python environment in .venv, made from a lock file with hashes, and what it needs from
# the system. As root on Debian, missing system packages are installed; otherwise the sentence says which command to run.
# Exit codes as in src/torihiki/project/local/refusals.py.

ROOT=$(cd "$(dirname "$0")/.." && pwd)
VENV="$ROOT/.venv"

refuse() { # code, sentence
    echo "torihiki: $2" >&2
    exit "$1"
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

install_packages() { # package…
    echo "Installing from Debian: $*"
    local said
    said=$(install_quietly "$@" 2>&1) || refuse 20 "apt-get install $* failed:
$(tail -n 15 <<<"$said")"
    lists_are_fresh=yes
}

install_quietly() { # package…
    export DEBIAN_FRONTEND=noninteractive
    [ -n "${lists_are_fresh:-}" ] || apt-get update -q || return
    apt-get install -qy --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

# ---- Python

is_fit() { # python: 3.11 or later, able to make an environment
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for PYTHON in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        is_fit "$PYTHON" && return 0
    done
    return 1
}

need_python() {
    find_python && return
    may_install && install_packages python3 python3-venv && find_python && return
    refuse 17 "Python 3.11 or later with its venv module is needed. Install it: apt-get install python3 python3-venv"
}

# ---- the packages of the lock file

need_packages() { # lock file
    local state
    state=$(cd "$ROOT" && sha256sum "$1")
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/$1.stamp" 2>/dev/null)" = "$state" ] && "$VENV/bin/python" -c ''; then
        return
    fi
    need_python
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m venv --clear "$VENV" ||
        refuse 16 "$VENV cannot be made. Is $ROOT writable for this user?"
    echo "Installing the Python packages of $1"
    (cd "$ROOT" && "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --only-binary :all: --require-hashes -r "$1") || packages_failed "$1"
    echo "$state" >"$VENV/$1.stamp"
}

packages_failed() { # lock file
    [ "$(df -Pk "$ROOT" | awk 'NR == 2 { print $4 }')" -gt 204800 ] ||
        refuse 12 "The disk of $ROOT is full; the Python packages could not be installed."
    refuse 20 "The Python packages of $1 could not be installed; pip's reason stands above. Start again once it is removed."
}

# ---- PostgreSQL

has_postgres() {
    command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}

need_postgres() {
    has_postgres && return
    may_install || refuse 13 "PostgreSQL 15 or later is needed. Install it: sudo apt-get install postgresql \
(or point DATABASE_URL and its sisters to a server elsewhere)"
    # Only here, where there was no PostgreSQL: its package would start a cluster of its own, which nobody asked for.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    install_packages postgresql
}

run_torihiki() {
    export PYTHONPATH="$ROOT/src"
    exec "$VENV/bin/python" -m torihiki.project.cli "$@"
}
