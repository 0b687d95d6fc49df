"""The supervisor alone: `roost up` with children that are small scripts, so that only its own rules are on trial."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ROOST_BIN", ROOT / "build/bin"))

# Notes its pid and its arguments, says that it serves, and does as DIR/behave-NAME tells it.
FAKE = f"""#!{sys.executable} -S
import os, signal, sys, time
argv = sys.argv
base = argv[argv.index("-C") + 1]
name = "directory" if "--directory" in argv else "shard-" + argv[argv.index("--shard") + 1] if "--shard" in argv else (
    argv[argv.index("--protocol") + 1] + "-" + argv[argv.index("--index") + 1])
def note(what):
    with open(base + "/story", "a") as f:
        f.write(what + " " + name + "\\n")
def behave():
    try:
        return open(base + "/behave-" + name).read()
    except FileNotFoundError:
        return ""
def term(*_):
    if "deaf" not in behave():
        note("term")
        sys.exit(0)
signal.signal(signal.SIGTERM, term)
signal.signal(signal.SIGHUP, lambda *_: note("hup"))
note("start")
if "exit" in behave():
    sys.exit(3)
fd = int(argv[argv.index("--ready-fd") + 1])
os.write(fd, b"!")
os.close(fd)
while True:
    time.sleep(60)
"""


class Service:
    def __init__(self, tmp, *init):
        self.bin = tmp / "bin"
        self.dir = tmp / "d"
        self.bin.mkdir()
        shutil.copy2(BIN / "roost", self.bin / "roost")
        for name in ("roost-storaged", "roost-frontend"):
            (self.bin / name).write_text(FAKE)
            (self.bin / name).chmod(0o755)
        self.ups = []
        self.roost("init", self.dir, *init)

    def roost(self, *args, code=0, stdin=""):
        r = subprocess.run([self.bin / "roost", *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60)
        assert r.returncode == code, (args, r.stdout, r.stderr)
        return r

    def up(self):
        p = subprocess.Popen([self.bin / "roost", "-C", self.dir, "up"], stdout=subprocess.PIPE,
                             stderr=open(self.dir / "log", "a"), text=True)
        self.ups.append(p)
        return p

    def up_ready(self):
        p = self.up()
        assert p.stdout.readline() == "ready\n", (self.dir / "log").read_text()
        return p

    def pids(self):
        return {name: int(pid) for name, pid in (line.split() for line in (self.dir / "roost.pids").read_text().splitlines())}

    def story(self):
        path = self.dir / "story"
        return path.read_text().splitlines() if path.exists() else []

    def starts(self, name):
        return self.story().count("start " + name)

    def log(self):
        return (self.dir / "log").read_text()


@pytest.fixture
def fake(tmp_path_factory):
    made = []

    def make(*init):
        made.append(Service(tmp_path_factory.mktemp("s"), *init))
        return made[-1]
    yield make
    for s in made:
        for p in s.ups:
            if p.poll() is None:
                p.kill()
            p.wait()


def until(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_init_makes_everything_once(fake):
    s = fake("--shards", "3", "--host", "mail.example.org", "--lmtp", "unix:lmtp.sock")
    for path, mode in (("master.key", 0o600), ("tls/key.pem", 0o600), ("sock", 0o700), ("shards/2", 0o700), ("directory", 0o700)):
        assert (s.dir / path).stat().st_mode & 0o777 == mode, path
    names = subprocess.run(["openssl", "x509", "-in", s.dir / "tls/cert.pem", "-noout", "-ext", "subjectAltName"],
                           capture_output=True, text=True).stdout
    assert "DNS:mail.example.org, DNS:localhost, IP Address:127.0.0.1" in names
    conf = (s.dir / "roost.conf").read_text()
    assert "shards = 3" in conf and "unix:/" in conf
    key = (s.dir / "master.key").read_bytes()
    assert "already" in s.roost("init", s.dir, code=1).stderr
    assert (s.dir / "master.key").read_bytes() == key


@pytest.mark.parametrize("args", [
    ("init",), ("init", "a", "b"), ("init", "x", "--shards", "0"), ("init", "x", "--shards", "many"), ("init", "x", "--imap", "nowhere"),
    ("init", "x", "--imap", "unix:x"), ("init", "x", "--host", "a,b"), ("init", "x", "--json"), ("frob",), ("user",), ("user", "frob"),
    ("up", "--frob"), ("-C",), (), ("help", "frob"), ("user", "add", "x", "--quota", "lots"), ("user", "add", "x", "--hash-cost", "cheap"),
    ("import", "x"), ("import", "x", "y", "--mbox", "z"), ("deliver", "x", "-m", ""),
])
def test_wrong_usage_is_2(tmp_path, args):
    r = subprocess.run([BIN / "roost", *args], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert r.returncode == 2 and (r.stderr.startswith("roost: ") or r.stdout.startswith("usage")), (r.stdout, r.stderr)
    assert not any(tmp_path.iterdir())


def test_version_and_help():
    r = subprocess.run([BIN / "roost", "--version"], capture_output=True, text=True)
    assert r.returncode == 0 and r.stdout.startswith("roost ")
    for args in (["help"], ["help", "user", "add"], ["user", "add", "--help"], ["import", "-h"]):
        r = subprocess.run([BIN / "roost", *args], capture_output=True, text=True)
        assert r.returncode == 0 and r.stdout.startswith("usage: roost")


@pytest.mark.parametrize("args", [("status",), ("stop",), ("user", "list"), ("user", "add", "x"), ("mailbox", "list", "x"), ("deliver", "x"),
                                  ("import", "x", "--eml", "/dev/null")])
def test_verbs_say_that_nothing_runs(fake, args):
    s = fake()
    assert "is not running" in s.roost("-C", s.dir, *args, code=1, stdin="word\n").stderr
    assert "holds no service" in s.roost("-C", s.bin, *args, code=1, stdin="word\n").stderr


def test_storage_first_then_frontends(fake):
    s = fake("--shards", "2", "--frontends", "2")
    s.up_ready()
    started = [line.split()[1] for line in s.story()]
    assert set(started[:3]) == {"directory", "shard-0", "shard-1"} and set(started[3:]) == {"imap-0", "imap-1", "lmtp-0"}
    for pid in list(s.pids().values())[1:]:
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
        assert "roost-storaged" in line or "roost-frontend" in line
        limit = [w for w in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if "open files" in w][0]
        assert int(limit.split()[3]) > 1024


def test_stop_goes_in_order_and_leaves_nobody(fake):
    s = fake("--shards", "2")
    p = s.up_ready()
    pids = s.pids()
    (s.dir / "behave-lmtp-0").write_text("deaf")
    begun = time.monotonic()
    s.roost("stop", "-C", s.dir)
    assert 4.5 < time.monotonic() - begun               # the deaf one is killed after 5 s
    until(lambda: not any(alive(pid) for pid in pids.values()))       # the lock is given up shortly before the very end
    assert p.wait() == 0
    ends = [line.split()[1] for line in s.story() if line.startswith("term")]
    assert ends[0] == "imap-0" and set(ends[1:3]) == {"shard-0", "shard-1"} and ends[3] == "directory"
    assert not (s.dir / "roost.pid").exists()
    s.roost("stop", "-C", s.dir, code=1)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_gracefully(fake, sig):
    s = fake()
    p = s.up_ready()
    pids = s.pids()
    p.send_signal(sig)
    assert p.wait(10) == 0
    until(lambda: not any(alive(pid) for pid in pids.values()))
    assert len([line for line in s.story() if line.startswith("term")]) == 4


def test_hup_reaches_frontends_only(fake):
    s = fake()
    s.up_ready().send_signal(signal.SIGHUP)
    until(lambda: len([line for line in s.story() if line.startswith("hup")]) == 2)
    time.sleep(0.1)
    assert {line for line in s.story() if line.startswith("hup")} == {"hup imap-0", "hup lmtp-0"}


def test_second_up_is_refused(fake):
    s = fake()
    s.up_ready()
    second = s.up()
    assert second.wait(10) == 1 and "running already" in s.log()
    assert all(alive(pid) for pid in s.pids().values())


def test_crashed_child_restarts_at_once_then_backs_off(fake):
    s = fake()
    s.up_ready()
    for n in range(1, 5):
        begun = time.monotonic()
        os.kill(s.pids()["shard-0"], signal.SIGKILL)
        until(lambda: s.log().count("child_ready child=shard-0") == n + 1)
        took_ms = (time.monotonic() - begun) * 1000
    assert s.starts("shard-0") == 5
    waits_ms = [int(ms) for ms in re.findall(r'child_ended child=shard-0 how="signal 9" restart_in_ms=(\d+)', s.log())]
    assert len(waits_ms) == 4 and waits_ms[0] == 0 and waits_ms == sorted(set(waits_ms)) and waits_ms[3] <= took_ms, (waits_ms, took_ms)


def test_damage_is_named_and_tried_again(fake):
    s = fake()
    s.up_ready()
    (s.dir / "behave-shard-0").write_text("exit")
    os.kill(s.pids()["shard-0"], signal.SIGKILL)
    until(lambda: s.log().count("storage_damaged") >= 2)
    (s.dir / "behave-shard-0").unlink()
    until(lambda: s.log().count("child_ready child=shard-0") == 2)


def test_what_never_starts_ends_the_service(fake):
    s = fake()
    (s.dir / "behave-imap-0").write_text("exit")
    p = s.up()
    assert p.wait(20) == 1 and p.stdout.read() == ""
    assert "gave_up child=imap-0" in s.log() and s.starts("imap-0") == 5


def test_children_die_with_the_supervisor_and_the_next_up_works(fake):
    s = fake()
    p = s.up_ready()
    pids = s.pids()
    p.kill()
    second = s.up_ready()
    until(lambda: not any(alive(pid) for name, pid in pids.items() if name != "roost"))
    assert int((s.dir / "roost.pid").read_text()) == second.pid
    s.roost("-C", s.dir, "stop")


def test_status_lists_processes(fake):
    s = fake()
    s.up_ready()
    os.kill(s.pids()["imap-0"], signal.SIGKILL)
    until(lambda: s.log().count("child_ready child=imap-0") == 2)
    status = json.loads(s.roost("status", "--json", "-C", s.dir).stdout)
    assert status["ready"] is True and status["pid"] == s.pids()["roost"]
    by_name = {p["name"]: p for p in status["processes"]}
    assert set(by_name) == {"directory", "shard-0", "imap-0", "lmtp-0"}
    assert by_name["imap-0"]["restarts"] == 1 and by_name["imap-0"]["last_end"] == "signal 9"
    assert by_name["shard-0"]["pid"] == s.pids()["shard-0"]
    assert "imap-0" in s.roost("-C", s.dir, "status").stdout
