#!/bin/bash
# run.sh BINDIR RUNDIR: what `make run` does once everything is built: an example service with user demo, until Ctrl-C.
set -eu
bin=$1 run=$2
here=$(cd "$(dirname "$0")" && pwd)
mail=
up=

# Whatever ends this script ends the service it started, and takes the generated files along.
finish() {
	trap - EXIT INT TERM HUP
	[ -z "$mail" ] || rm -rf "$mail"
	[ -z "$up" ] || { kill -TERM "$up" 2>/dev/null && wait "$up"; } || true
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

roost() { "$bin/roost" -C "$run" "$@"; }

# A running service in RUNDIR is used as it is; otherwise one is started. Its own group: Ctrl-C reaches this script first.
start_service() {
	[ -e "$run/roost.conf" ] || "$bin/roost" init "$run"
	if roost status >/dev/null 2>&1; then
		echo "using the service that runs in $run"
		return
	fi
	: > "$run/ready"
	setsid "$bin/roost" -C "$run" up > "$run/ready" &
	up=$!
	for _ in $(seq 300); do
		grep -q ready "$run/ready" && return
		kill -0 "$up" 2>/dev/null || break
		sleep 0.1
	done
	echo "the service in $run did not start; its lines above say why" >&2
	exit 1
}

import_examples() {
	mail=$(mktemp -d)
	/usr/bin/python3 "$here/examples/make_examples.py" "$mail"
	roost import demo --maildir "$mail/INBOX"
	roost import demo --maildir "$mail/Sent" -m Sent
	roost import demo --maildir "$mail/Archive_2024" -m Archive/2024
	roost import demo --maildir "$mail/Drafts" -m Entwürfe
}

# Addresses as roost.conf has them: the first of each list.
address() { sed -n "s/^$1 = { \"\([^\"]*\)\".*/\1/p" "$run/roost.conf"; }

tell_how() {
	local imap imaps lmtp
	imap=$(address imap) imaps=$(address imaps) lmtp=$(address lmtp)
	cat <<-END

	Roost runs in $run: user demo, password demo. The certificate is self-signed.

	  curl         curl --url 'imap://$imap/INBOX;MAILINDEX=1' -u demo:demo
	  mutt         mutt -f imap://demo:demo@$imap/INBOX
	  Thunderbird  account settings by hand: IMAP, server ${imap%:*}, port ${imap##*:}, no encryption, normal password,
	               or port ${imaps##*:} with SSL/TLS (accept the certificate); user name demo
	  deliver      $bin/roost -C $run deliver demo < message
	  LMTP         $lmtp
	  more         $bin/roost help

	END
}

start_service
if ! roost user show demo >/dev/null 2>&1; then
	echo demo | roost user add demo
	import_examples
fi
tell_how
if [ -z "$up" ]; then
	exit 0
fi
echo "Ctrl-C stops it."
wait "$up"
