#!/bin/bash
# roost.sh start|stop|wipe|pid|version: one Roost in $PEER_DIR, spoken to as the rivals' scripts are
#   IMAP_PORT IMAPS_PORT LMTP_PORT   on loopback
#   PEER_USERS PEER_PASS             user0001 ..., all with this password
#   ROOST_INIT                       more for `roost init`: "--shards 1 --frontends 1"
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${ROOST_BIN:-$root/build/bin}
: "${PEER_USERS:=3000}" "${PEER_PASS:=testpass}" "${ROOST_INIT:=}"
dir=$PEER_DIR/service

roost() { "$bin/roost" -C "$dir" "$@"; }

make_service() {
	mkdir -p "$PEER_DIR"
	# shellcheck disable=SC2086 # ROOST_INIT is words
	"$bin/roost" init "$dir" --imap "127.0.0.1:$IMAP_PORT" --imaps "127.0.0.1:$IMAPS_PORT" --lmtp "127.0.0.1:$LMTP_PORT" $ROOST_INIT
	sed -i 's/^max_connections_per_user = .*/max_connections_per_user = 1000000/' "$dir/roost.conf"      # the rivals have no such limit either
}

start() {
	: >"$PEER_DIR/ready"
	"$bin/roost" -C "$dir" up </dev/null >"$PEER_DIR/ready" 2>>"$PEER_DIR/log" &
	echo $! >"$PEER_DIR/pid"
	for _ in $(seq 600); do
		grep -q ready "$PEER_DIR/ready" && return
		kill -0 "$(cat "$PEER_DIR/pid")" 2>/dev/null || break
		sleep 0.05
	done
	echo "Roost did not start; see $PEER_DIR/log" >&2
	exit 1
}

# Passwords hashed at the least cost: the rivals' are not hashed at all.
make_users() {
	seq -f "user%04g" 1 "$PEER_USERS" | sed "s/\$/:$PEER_PASS/" >"$PEER_DIR/users"
	roost user import "$PEER_DIR/users" --hash-cost min
}

stop() {
	[ -s "$PEER_DIR/pid" ] || return 0
	local pid
	pid=$(cat "$PEER_DIR/pid")
	kill -TERM "$pid" 2>/dev/null || true
	for _ in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	rm -f "$PEER_DIR/pid"
}

# Of other programs than this tree's, who knows the commit?
version() {
	local of="in $bin"
	[ "$bin" = "$root/build/bin" ] && of=$(git -C "$root" describe --always --dirty 2>/dev/null || true)
	echo "$("$bin/roost" --version) $of"
}

case ${1:-} in
start)
	[ -d "$dir" ] || make_service
	start
	[ -e "$PEER_DIR/users" ] || make_users
	;;
stop) stop ;;
wipe) stop; rm -rf "$dir" "$PEER_DIR/users" ;;
pid) cat "$PEER_DIR/pid" ;;
version) version ;;
*) echo "usage: $0 start|stop|wipe|pid|version" >&2; exit 2 ;;
esac
