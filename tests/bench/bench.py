#!/usr/bin/env python3
"""Roost beside Dovecot and Cyrus: writes the plan of this machine (ports, folders, who is there) and plays it with roost-load.

    tests/bench/bench.py [--default] [--out FOLDER] [--keep FOLDER] [options of `roost-load peers`]

What is measured stands in peers.conf. Rivals come from PEERS_DIR (../shared/peers): Dovecot when it is installed, Cyrus when it
is installed or unpacked in CYRUS_ROOT; who is absent is skipped with a word. --default adds Roost as `roost init` makes it.
--keep: the servers' folders stay in FOLDER, stopped, and the next run finds their mailboxes filled: for a comparison in pieces.
Reports go to build/bench: bench.json, bench.md, bench.html. Exit codes are those of `roost-load peers`.
"""
import argparse
import contextlib
import fcntl
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "talk"))

from service import BIN, free_ports  # noqa: E402  (it lies beside the conversations)

BENCH = ROOT / "tests" / "bench"
PEERS = pathlib.Path(os.environ.get("PEERS_DIR", ROOT.parent / "shared" / "peers")).resolve()
USERS = 540
PASSWORD = "testpass"


def ports_of(place, name):
    """Of a kept folder the same again: Roost's configuration names them."""
    kept = place / f"{name}.ports"
    if not kept.exists():
        kept.write_text(" ".join(str(p) for p in free_ports(3)))
    return dict(zip(("IMAP", "IMAPS", "LMTP"), kept.read_text().split()))


class Server:
    """One section of the plan, and what is left when all is over."""

    def __init__(self, place, name, script, settle, to_fill="", rival=True, **env):
        self.name, self.script, self.settle, self.to_fill, self.rival = name, script, settle, to_fill, rival
        self.ports = ports_of(place, name)
        self.env = dict({f"{k}_PORT": v for k, v in self.ports.items()}, PEER_DIR=place / name, PEER_USERS=USERS, PEER_PASS=PASSWORD,
                        PATH=os.environ["PATH"] + ":/usr/sbin", **env)
        with open(place / "wipe", "a") as wipe:
            wipe.write(shlex.join(["env", *(f"{k}={v}" for k, v in self.env.items()), str(script), "wipe"]) + "\n")

    def stop(self):
        """A kept one may still run: the bench before was killed."""
        subprocess.run([self.script, "stop"], env={**os.environ, **{k: str(v) for k, v in self.env.items()}}, check=True)

    def section(self):
        keys = {verb: f"{self.script} {verb}" for verb in ("start", "stop", "pid", "version")}
        if self.to_fill:
            keys["start-to-fill"] = f"{self.to_fill} {self.script} start"
        keys.update({k.lower(): f"127.0.0.1:{v}" for k, v in self.ports.items()}, password=PASSWORD)
        lines = [f'\t{k} = "{v}"' for k, v in keys.items()]
        lines.append("\tenv = { " + ", ".join(f'"{k}={v}"' for k, v in self.env.items()) + " }")
        lines += [f"\tsettle = {self.settle}", f"\trival = {'true' if self.rival else 'false'}"]
        return f"server {self.name} {{\n" + "\n".join(lines) + "\n}\n"


def wipe(place):
    """Stops what its servers left running, and removes all."""
    if (place / "wipe").exists():
        subprocess.run(["sh", place / "wipe"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(place, ignore_errors=True)


def owned(place):
    """A lock that lasts as long as we do; None: somebody else has it."""
    lock = open(place / "owner", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


@contextlib.contextmanager
def scratch(kind):
    """A folder for servers, wiped at the end; SIGTERM is an end, too. Those of the dead, who were killed outright, are wiped first."""
    above = pathlib.Path(os.environ.get("BENCH_DIR", "/var/tmp"))
    for left in above.glob(f"roost-{kind}-*"):
        if lock := owned(left):
            wipe(left)
            lock.close()
    place = pathlib.Path(tempfile.mkdtemp(prefix=f"roost-{kind}-", dir=above))
    place.chmod(0o755)
    lock = owned(place)
    signal.signal(signal.SIGTERM, lambda sign, frame: sys.exit(1))
    try:
        yield place
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        wipe(place)
        lock.close()


@contextlib.contextmanager
def kept(folder):
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    yield folder.resolve()


def roost(place, name, init, rival=True):
    return Server(place, name, BENCH / "roost.sh", 1.0, rival=rival, ROOST_INIT=init, ROOST_BIN=BIN)


def dovecot(place):
    """It hibernates idle sessions after 10 s and ends spare processes 5 s later. Flags are not synced whatever is set."""
    if not (PEERS / "dovecot.sh").exists():
        return f"no {PEERS}/dovecot.sh"
    if not shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin"):
        return "it is not installed (apt-get install dovecot-core dovecot-imapd dovecot-lmtpd)"
    return Server(place, "dovecot", PEERS / "dovecot.sh", 16.0, to_fill="DOVECOT_FSYNC=never")


def cyrus(place):
    root = os.environ.get("CYRUS_ROOT", "")
    if not (PEERS / "cyrus.sh").exists():
        return f"no {PEERS}/cyrus.sh"
    if not (pathlib.Path(root or "/") / "usr/lib/cyrus/bin/master").exists():
        return "it is neither installed nor unpacked in CYRUS_ROOT"
    unsynced = any(pathlib.Path("/usr/lib").glob("*/libeatmydata.so"))
    return Server(place, "cyrus", PEERS / "cyrus.sh", 5.0, to_fill="CYRUS_FAST_FILL=1" if unsynced else "", CYRUS_ROOT=root)


def servers_of(place, options):
    servers = [roost(place, "roost", "--shards 1 --frontends 1")]
    for name, make in (() if options.alone else (("dovecot", dovecot), ("cyrus", cyrus))):
        rival = make(place) if os.geteuid() == 0 else "it must be started by root"
        if isinstance(rival, str):
            print(f"SKIPPED {name}: {rival}", flush=True)
        else:
            servers.append(rival)
    if options.default:
        servers.append(roost(place, "roost-default", "", rival=False))
    return servers


def play(plan, out, words):
    """The player of the plan stops all servers, however it ends: it is asked to, and waited for."""
    out.mkdir(parents=True, exist_ok=True)
    peers = subprocess.Popen([BIN / "roost-load", "peers", plan, "-o", out / "bench.json", "--markdown", out / "bench.md",
                              "--html", out / "bench.html", *words])
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda s, frame: peers.send_signal(signal.SIGTERM))
    return peers.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--default", action="store_true")
    p.add_argument("--alone", action="store_true")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    p.add_argument("--keep", type=pathlib.Path)
    options, words = p.parse_known_args()
    with kept(options.keep) if options.keep else scratch("bench") as place:
        servers = servers_of(place, options)
        for server in servers:
            server.stop()
        plan = place / "plan.conf"
        plan.write_text("".join(s.section() for s in servers) + f'include("{BENCH / "peers.conf"}")\n')
        return play(plan, options.out, words)


if __name__ == "__main__":
    sys.exit(main())
