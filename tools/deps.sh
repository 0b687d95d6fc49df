#!/bin/bash
# deps.sh build|run|check : installs the Debian 12 packages that are missing, and only those. Needs root only if some are.
set -eu
build="gcc make pkg-config libc6-dev liblmdb-dev libsodium-dev libuv1-dev libzstd-dev libutf8proc-dev libconfuse-dev
	libjansson-dev libssl-dev libxxhash-dev"
run="python3"
check="clang libclang-rt-14-dev llvm-14 libcmocka-dev python3-pytest openssl curl isync mutt offlineimap3 postfix nodejs npm procps"

case ${1:-build} in
build) want="$build" ;;
run)   want="$build $run" ;;
check) want="$build $run $check" ;;
*)     echo "usage: $0 build|run|check" >&2; exit 2 ;;
esac

missing=
for p in $want; do
	case $p in
	# Another node than Debian's does as well.
	nodejs|npm) command -v "${p%js}" >/dev/null 2>&1 && continue ;;
	esac
	[ "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null)" = "install ok installed" ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# No daemon is to start by itself because it was installed for a test.
$sudo env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >/dev/null
