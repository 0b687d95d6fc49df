"""service.py: a whole Roost service in a folder of its own, made of the real processes.

The binaries are those of $ROOST_BIN (default: build/bin of this tree), so that the sanitized build runs the same tests.
"""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from client import Client, Lmtp, TIMEOUT_S, SLOW, until

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("ROOST_BIN", ROOT / "build/bin")).resolve()

# What no log may hold after a run, whatever the test did.
TROUBLE = re.compile(r"must fail|ERROR: AddressSanitizer|runtime error|LeakSanitizer")


def free_ports(n):
    """Ports nobody has now, all different. They are none of those that the kernel gives to connections: whoever connects to whatever,
    while a service starts or starts anew, takes no port from it."""
    lowest_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    socks = []
    try:
        while len(socks) < n:
            socks.append(socket.socket())
            try:
                socks[-1].bind(("127.0.0.1", random.randrange(10_000, lowest_given) if lowest_given > 12_000 else 0))
            except OSError:
                socks.pop().close()
        return [s.getsockname()[1] for s in socks]
    finally:
        for s in socks:
            s.close()


class Service:
    """roost init, up, and whatever a test does to it. Owns its folder and its processes; stop() ends them."""

    def __init__(self, conf="", init=()):
        self.dir = Path(tempfile.mkdtemp(prefix="roost-talk-"))
        self.folder = self.dir / "service"
        self.out, self.err = self.dir / "stdout", self.dir / "stderr"
        imap, imaps, lmtp = free_ports(3)
        self.imap, self.imaps, self.lmtp = ("127.0.0.1", imap), ("127.0.0.1", imaps), ("127.0.0.1", lmtp)
        self.process = None
        self.killed = 0            # children that tests killed: those ends are expected
        self.roost("init", self.folder, "--imap", f"127.0.0.1:{imap}", "--imaps", f"127.0.0.1:{imaps}",
                   "--lmtp", f"127.0.0.1:{lmtp}", *init, inside=False)
        self.configure("hash_cost = min\nfailed_login_delay = 100ms\n" + conf)

    def configure(self, conf):
        """Sets keys of roost.conf: `key = value` lines replace those that stand there."""
        path = self.folder / "roost.conf"
        text = path.read_text()
        for line in conf.splitlines():
            key = line.split("=")[0].strip()
            if key:
                text, n = re.subn(rf"(?m)^{key} = .*$", line.strip(), text)
                text += "" if n else line.strip() + "\n"
        path.write_text(text)

    def roost(self, *words, stdin=b"", inside=True, check=True):
        """The admin's program, as a process."""
        command = [BIN / "roost", *(["-C", self.folder] if inside else []), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60 * SLOW, check=False)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
        return done

    # life

    def up(self):
        ready_before = self._ready_lines()
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.process = subprocess.Popen([BIN / "roost", "-C", self.folder, "up"], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err, start_new_session=True)

        def ready():
            assert self.process.poll() is None, f"roost up ended:\n{self.log()}"
            return self._ready_lines() > ready_before
        until(ready, 3 * TIMEOUT_S)
        return self

    def _ready_lines(self):
        return self.out.read_text().splitlines().count("ready") if self.out.exists() else 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=3 * TIMEOUT_S)
        self.process = None

    def restart(self):
        self.stop()
        return self.up()

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        return self.err.read_text(errors="replace") if self.err.exists() else ""

    def trouble(self):
        """Lines of the log that should never be there."""
        lines = self.log().splitlines()
        bad = [line for line in lines if TROUBLE.search(line)]
        ended = [line for line in lines if " child_ended " in line]
        return bad + (ended if len(ended) > self.killed else [])

    # processes

    def children(self):
        """pid to command line, of the supervisor's children."""
        pid = self.process.pid
        found = {}
        for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):       # it ended while we looked
                found[int(p)] = Path(f"/proc/{p}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def pids(self, role):
        """role: directory, shard, imap or lmtp."""
        marks = {"directory": "--directory", "shard": "--shard ", "imap": "--protocol imap", "lmtp": "--protocol lmtp"}
        return [pid for pid, line in self.children().items() if marks[role] in line]

    def kill(self, role, signal_no=signal.SIGKILL, index=0):
        """Ends one child; the supervisor starts another."""
        pid = self.pids(role)[index]
        self.killed += 1
        os.kill(pid, signal_no)
        return pid

    def status(self):
        return json.loads(self.roost("status", "--json").stdout)

    # people

    def user_add(self, name, password="pw", quota=None):
        self.roost("user", "add", name, *(["--quota", str(quota)] if quota else []), stdin=password.encode() + b"\n")
        return User(self, name, password)

    def client(self, name="client", tls=False, **how):
        return Client(self.imaps if tls else self.imap, name, tls, **how)

    def lmtp_client(self, **how):
        return Lmtp(self.lmtp, **how)

    def deliver(self, name, mail, *words):
        """roost deliver, as an admin would."""
        return self.roost("deliver", name, *words, stdin=mail)

    def frontend_of(self, client):
        """The pid of the process that a client talks to."""
        (_, theirs), (_, ours) = client.wire.sock.getpeername(), client.wire.sock.getsockname()
        inode = until(lambda: socket_inode(theirs, ours))
        for pid in self.pids("imap"):
            for fd in Path(f"/proc/{pid}/fd").iterdir():
                try:
                    if os.readlink(fd) == f"socket:[{inode}]":
                        return pid
                except FileNotFoundError:
                    continue
        raise AssertionError("nobody holds that connection")


def socket_inode(server_port, client_port):
    """Of the server's end of a loopback connection; None: not there."""
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        cells = row.split()
        ports = [int(cells[i].split(":")[1], 16) for i in (1, 2)]
        if ports == [server_port, client_port] and cells[9] != "0":
            return cells[9]
    return None


class User:
    """Somebody with an account, and their clients."""

    def __init__(self, service, name, password):
        self.service, self.name, self.password = service, name, password
        self.clients = []

    def client(self, name="a", mailbox=None, tls=False, enable=None, examine=False):
        """A logged-in client; with `mailbox`, that one selected; `enable` before."""
        c = self.service.client(name, tls)
        self.clients.append(c)
        c.login(self.name, self.password)
        if enable:
            c.ok(f"ENABLE {enable}")
        if mailbox:
            c.select(mailbox, "EXAMINE" if examine else "SELECT")
        return c

    def apart(self, *names, mailbox="INBOX", enable=None):
        """Clients of which the first two are served by different processes."""
        first = self.client(names[0], mailbox, enable=enable)
        home = self.service.frontend_of(first)
        for _ in range(64):
            second = self.client(names[1], enable=enable)
            if self.service.frontend_of(second) != home:
                break
            second.close()
            self.clients.remove(second)
        else:
            raise AssertionError("all connections went to one process")
        if mailbox:
            second.select(mailbox)
        return [first, second] + [self.client(name, mailbox, enable=enable) for name in names[2:]]

    def close(self):
        for c in self.clients:
            c.close()
        self.clients = []


def pss_bytes(pid):
    """Memory of a process, shared pages counted in part."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) * 1024


def pause():
    """Long enough for news to have come if it was going to."""
    time.sleep(0.1 * SLOW)
