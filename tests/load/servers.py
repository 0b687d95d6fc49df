"""servers.py: what the load generator is pointed at: the null server, Roost, and the rivals if they are there."""
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "talk"))

from service import BIN, Service, free_ports  # noqa: E402  (found by the line above)

SANITIZED = "build-san" in str(BIN)
PEERS = pathlib.Path(os.environ.get("PEERS_DIR", ROOT.parent / "shared" / "peers"))
USERS, PASSWORD = 8, "testpass"    # whose mailboxes are filled
ALL_USERS = USERS + 8               # others, for tests that want mailboxes of their own


def load(*words, timeout=60, quiet=("--quiet",), **popen):
    """roost-load; its exit status, its report (None: it wrote none) and what it said."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        verb = words[0]
        done = subprocess.run([BIN / "roost-load", *map(str, words), *([*quiet, "-o", out.name] if verb in ("run", "fill", "import") else [])],
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **popen)
        text = pathlib.Path(out.name).read_text()
    return done.returncode, json.loads(text) if text else None, done.stdout + done.stderr


class Null:
    """tests/load/null_server.c, with or without a lie."""

    def __init__(self, *options, **popen):
        self.process = subprocess.Popen([ROOT / "build/tests/null_server", *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, **popen)
        self.imap, self.lmtp = self.process.stdout.readline().split()

    def options(self):
        return ["--imap", self.imap, "--lmtp", self.lmtp]

    def remove(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class Roost:
    name = "roost"

    def __init__(self):
        self.service = Service(init=("--shards", "1", "--frontends", "1")).up()
        for n in range(1, ALL_USERS + 1):
            self.service.roost("user", "add", f"user{n:04}", "--hash-cost", "min", stdin=f"{PASSWORD}\n".encode())

    def options(self):
        s = self.service
        return [word for name in ("imap", "imaps", "lmtp") for word in (f"--{name}", "%s:%d" % getattr(s, name))]

    def remove(self):
        trouble = self.service.trouble()
        self.service.remove()
        assert not trouble, trouble


class Peer:
    """A rival, started by its script."""

    def __init__(self, name):
        imap, imaps, lmtp = free_ports(3)
        self.ports = {"imap": imap, "imaps": imaps, "lmtp": lmtp}
        self.dir = tempfile.mkdtemp(prefix="roost-peer-")
        self.name, self.script = name, PEERS / f"{name}.sh"
        self.env = {**os.environ, "PEER_DIR": self.dir, "PEER_USERS": str(ALL_USERS), "PEER_PASS": PASSWORD,
                    "IMAP_PORT": str(imap), "IMAPS_PORT": str(imaps), "LMTP_PORT": str(lmtp)}
        os.chmod(self.dir, 0o755)
        self._do("start")

    def _do(self, verb):
        subprocess.run([self.script, verb], env=self.env, check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def options(self):
        return [word for name, port in self.ports.items() for word in (f"--{name}", f"127.0.0.1:{port}")]

    def remove(self):
        self._do("wipe")         # also what it keeps in memory
        shutil.rmtree(self.dir, ignore_errors=True)


def _has_user(name):
    try:
        return pwd.getpwnam(name) is not None
    except KeyError:
        return False


def missing(kind):
    """Why this server cannot take part; None: it can."""
    if kind == "roost":
        return None
    if not (PEERS / f"{kind}.sh").exists() or os.geteuid() != 0:
        return "no scripts to start rivals with, or no root"
    if kind == "dovecot":
        return None if shutil.which("dovecot") and _has_user("mail") else "Dovecot is not installed"
    return None if os.environ.get("CYRUS_ROOT") else "CYRUS_ROOT does not say where Cyrus is"


def start(kind):
    return Roost() if kind == "roost" else Peer(kind)
