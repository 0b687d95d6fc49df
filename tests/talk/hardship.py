"""hardship.py: stands by while a test misbehaves, and says afterwards what it cost the service.

hardship(user) is a with-block: it must end in time, no process may have grown by more than a stated bound at its worst moment
or have died, and afterwards the same user is served as if nothing had happened.
"""
import contextlib
import os
import re
import threading
import time
from pathlib import Path

from client import SLOW, Timeout, until
from mails import letter

MIB = 1 << 20
SAMPLE_S = 0.005

# The sanitizer's allocator keeps what is freed in quarantine and pads the rest: its memory says nothing about ours.
MEASURED = os.environ.get("ROOST_SLOW") != "1"


def own_bytes(pid):
    """What the process has for itself: page cache that it maps is everybody's, and goes when it is needed. 0: it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(kib) for kib in re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", text, re.M)) * 1024


def descriptors(service):
    """How many the processes of the service hold, by pid."""
    return {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in service.children()}


class Watch(threading.Thread):
    """Samples the memory of every process of a service until told to stop."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.names = {pid: " ".join(line.split()[3:6]) for pid, line in service.children().items()}
        self.before = {pid: own_bytes(pid) for pid in self.names}
        self.peak = dict(self.before)
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(SAMPLE_S):
            for pid in self.names:
                self.peak[pid] = max(self.peak[pid], own_bytes(pid))

    def stop(self):
        self.over.set()
        self.join()

    def growth(self):
        """The worst of it: bytes by process."""
        return {f"{self.names[pid]} ({pid})": self.peak[pid] - self.before[pid] for pid in self.names}

    def check(self, bound_bytes):
        if MEASURED:
            grown = {name: n for name, n in self.growth().items() if n > bound_bytes}
            assert not grown, f"grew beyond {bound_bytes}: {grown}"


@contextlib.contextmanager
def watched(service, bound_bytes):
    """No process of the service grows beyond the bound inside."""
    watch = Watch(service)
    try:
        yield watch
    finally:
        watch.stop()
    watch.check(bound_bytes)


@contextlib.contextmanager
def hardship(user, seconds=10, mib=8):
    service = user.service
    alive, start = set(service.children()), time.monotonic()
    with watched(service, int(mib * MIB)) as watch:
        yield watch
        took = time.monotonic() - start
    assert set(service.children()) == alive, f"a process died:\n{service.log()[-2000:]}"
    assert took < seconds * SLOW, f"it took {took:.1f} s"
    still_serves(user)


def still_serves(user):
    """Mail in by APPEND and LMTP, out by FETCH, for somebody who behaves."""
    c = user.service.client("calm")
    c.login(user.name, user.password)
    c.ok("CREATE calm")
    c.append("calm", letter("by append"))
    assert [code for code, _ in deliver_once(user, f"{user.name}+calm", letter("by lmtp"))] == [250]
    c.select("calm")
    fetched = c.ok("FETCH 1:* (ENVELOPE BODY.PEEK[TEXT])").fetched
    assert [fetched[n]["ENVELOPE"][1] for n in (1, 2)] == ["by append", "by lmtp"]
    c.ok("CLOSE")
    c.ok("DELETE calm")
    c.logout()


def deliver_once(user, to, mail):
    lmtp = user.service.lmtp_client()
    try:
        return lmtp.deliver(mail, to)
    finally:
        lmtp.close()


@contextlib.contextmanager
def nothing_leaks(service, bound_bytes=2 * MIB):
    """Descriptors are as many as before, and memory nearly what it was, soon after the block."""
    before = descriptors(service)
    own = {pid: own_bytes(pid) for pid in before}
    yield
    until(lambda: all(n <= before[pid] for pid, n in descriptors(service).items()))
    def kept():
        return {service.children()[pid]: own_bytes(pid) - n for pid, n in own.items() if own_bytes(pid) - n > bound_bytes}
    if MEASURED:
        with contextlib.suppress(Timeout):
            until(lambda: not kept())
        assert not kept(), "memory was not given back"
