#!/bin/sh
# Makes a database for one test and prints its address. The first call starts a PostgreSQL server for all of them, in a folder for
# temporary files, with a socket and no port; the server goes away with everything it holds when nobody has been connected for a while.
#   sh tests/postgres.sh            a new database
#   DIEMTIN_TEST_POOLED=1 …         the same behind pgbouncer in transaction mode
#   sh tests/postgres.sh --server   a server of its own, to be stopped and started: prints its folder; `ctl.sh stop|start` in it
# PostgreSQL does not run as root: root runs it as the user postgres, which Debian's package makes.
set -eu

idle=60 # seconds without a connection or a new database after which the server goes away

say() { echo "tests/postgres.sh: $*" >&2; }

bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)")
[ -x "$bin/initdb" ] || { say "PostgreSQL is not installed: run 'apt-get install postgresql' (or 'sh check.sh', which does)"; exit 1; }
bin=$(dirname "$(readlink -f "$bin/initdb")")

as() { # runs a command as a user that may run PostgreSQL
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi
}

start() { # makes a server in a folder and starts it
    mkdir -p "$1" && chmod 711 "$1"
    mkdir "$1/data" && chmod 700 "$1/data"
    [ "$(id -u)" != 0 ] || chown postgres "$1" "$1/data"
    as "$bin/initdb" -D "$1/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >"$1/made.log" 2>&1
    cat >>"$1/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$1'
fsync = $2
max_connections = 400
shared_buffers = 64MB
CONF
    cat >"$1/pgbouncer.ini" <<INI
[databases]
* = host=$1
[pgbouncer]
listen_port = 6432
unix_socket_dir = $1
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 400
server_idle_timeout = 5
pidfile = $1/pgbouncer.pid
logfile = $1/pgbouncer.log
INI
    # Any name may come, and each is somebody for the server.
    sed -i 's/^\* = .*/& user=postgres/' "$1/pgbouncer.ini"
    cat >"$1/ctl.sh" <<CTL
#!/bin/sh
# start or stop this server, or a pooler before it (pgbouncer in transaction mode, port 6432)
cd /
run() { if [ "\$(id -u)" = 0 ]; then exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "\$@"; else exec "\$@"; fi; }
case "\$1" in
    start) run "$bin/pg_ctl" -D "$1/data" -l "$1/server.log" -w start ;;
    stop) run "$bin/pg_ctl" -D "$1/data" -m immediate -w stop ;;
    pool) run pgbouncer -q -d "$1/pgbouncer.ini" ;;
    unpool) [ ! -f "$1/pgbouncer.pid" ] || kill "\$(cat "$1/pgbouncer.pid")" ;;
    *) exit 2 ;;
esac
CTL
    sh "$1/ctl.sh" start </dev/null >>"$1/made.log" 2>&1 9>&- || { cat "$1/made.log" >&2; exit 1; }
}

sql() { as "$bin/psql" -X -q -A -t -h "$folder" -U postgres -d postgres -c "$1"; }

cd /
if [ "${1:-}" = --server ]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/diemtin-pg.XXXXXX")
    start "$folder" on
    echo "$folder"
    exit
fi

folder="${TMPDIR:-/tmp}/diemtin-pg-$(id -u)${DIEMTIN_TEST_POOLED:+-pooled}"
exec 9>"$folder.lock"
flock 9
if ! sql 'select 1' >/dev/null 2>&1; then
    rm -rf "$folder"
    start "$folder" off
    : >"$folder/used"
    # What ends the server. It holds neither our lock nor our output. Who was just given a database has perhaps not connected yet: so the lock is
    # held from the last look to the end.
    setsid sh -c '
        is_unused() { [ $(($(date +%s) - $(stat -c %Y "$folder/used"))) -ge "$idle" ]; }
        bin=$1 folder=$2 idle=$3
        while sleep 5; do
            count=$("$bin/psql" -X -A -t -h "$folder" -U postgres -d postgres -c "select count(*) from pg_stat_activity where backend_type = '"'client backend'"' and pid <> pg_backend_pid()" 2>/dev/null) || count=0
            [ "$count" = 0 ] || touch "$folder/used"
            is_unused || continue
            exec 9>"$folder.lock"
            flock 9
            if is_unused; then break; fi
            exec 9>&-
        done
        sh "$folder/ctl.sh" unpool
        sh "$folder/ctl.sh" stop
        rm -rf "$folder"
    ' sh "$bin" "$folder" "$idle" </dev/null >/dev/null 2>&1 9>&- &
fi
name="t$$_$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"
sql "create database $name" >&2
touch "$folder/used"
if [ -n "${DIEMTIN_TEST_POOLED:-}" ]; then
    command -v pgbouncer >/dev/null || { say "pgbouncer is not installed: run 'apt-get install pgbouncer'"; exit 1; }
    [ -f "$folder/pgbouncer.pid" ] || sh "$folder/ctl.sh" pool </dev/null >/dev/null 2>&1 9>&-
    echo "postgres://postgres@/$name?host=$folder&port=6432"
    exit
fi
echo "postgres://postgres@/$name?host=$folder"
