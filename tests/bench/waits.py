#!/usr/bin/env python3
"""What everybody else waits for while one user does something big: their NOOPs, one every half millisecond.

    tests/bench/waits.py [--big N]

One line for each thing done to a mailbox of N messages (copies of one): how long it took, the p99 and the longest of the other's NOOPs
meanwhile, and so far the longest turns of the shard and of the frontend, and the shard's in messages. NOOP asks the shard. Part of `make tail`. Times are shown, not judged; what a turn may
hold is (tests/budget).
"""
import argparse
import multiprocessing
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "talk"))

from client import Wire  # noqa: E402 (it lies beside the conversations)
from service import Service  # noqa: E402

# Done in this order to a mailbox "big": what, and words that make it ready again where that needs some.
ACTS = [
    ("first SELECT", None, "SELECT big"),
    ("STORE", None, "STORE 1:* +FLAGS.SILENT (\\Flagged)"),
    ("FETCH FLAGS", None, "FETCH 1:* (FLAGS)"),
    ("SEARCH, all", None, "SEARCH SUBJECT x"),
    ("COPY", "CREATE there", "COPY 1:* there"),
    ("DELETE", None, "DELETE there"),
    ("MOVE", "CREATE away", "MOVE 1:* away"),
    ("STORE \\Deleted", "SELECT away", "STORE 1:* +FLAGS.SILENT (\\Deleted)"),
    ("COPY to INBOX", None, "COPY 1:* INBOX"),
    ("RENAME INBOX", "SELECT away", "RENAME INBOX old"),
    ("EXPUNGE", None, "EXPUNGE"),
]


class Talker:
    def __init__(self, service, user):
        self.wire = Wire(service.imap)
        self.wire.line()
        self.ok(f"LOGIN {user.name} {user.password}")

    def ok(self, words):
        self.wire.send(f"t {words}\r\n".encode())
        while not (line := self.wire.line(600)).startswith(b"t "):
            pass
        assert line.startswith(b"t OK"), line
        return line


def ask_all_the_time(service, user, pipe):
    """Somebody with a small mailbox. Whenever the pipe speaks, it is told the waits since the last time."""
    talker, waited = Talker(service, user), []
    talker.ok("SELECT INBOX")
    while True:
        start = time.perf_counter()
        talker.ok("NOOP")
        waited.append(time.perf_counter() - start)
        time.sleep(0.0005)
        if pipe.poll():
            pipe.recv()
            pipe.send(waited)
            waited = []


def fill(a, n):
    """n copies of one message."""
    a.ok("CREATE big")
    a.wire.send(b"t APPEND big {25+}\r\nSubject: x\r\n\r\nfor nobody\r\n")
    while not a.wire.line().startswith(b"t OK"):
        pass
    a.ok("SELECT big")
    have = 1
    while have < n:
        more = min(have, n - have)
        a.ok(f"COPY 1:{more} big")
        a.ok("NOOP")
        have += more


def since(other):
    other.send(None)
    return sorted(other.recv())


def show(service, other, a, name, words):
    time.sleep(1.5)                          # a checkpoint of what went before
    since(other)
    began = time.perf_counter()
    a.ok(words)
    took = time.perf_counter() - began
    time.sleep(1.5)                          # and of this
    waits = since(other)
    says = {p["name"]: p["says"] for p in service.status()["processes"]}
    lags = [says[name]["lag_us"]["max"] / 1000 for name in ("shard-0", "imap-0")]
    print(f"{name:16}" + "".join(f" {ms:9.2f}" for ms in (took * 1000, waits[len(waits) * 99 // 100] * 1000, waits[-1] * 1000, *lags)) +
          f" {says['shard-0'].get('turn_messages_max', 0):9}", flush=True)


def table(service, n):
    user, small = service.user_add("big"), service.user_add("small")
    fill(Talker(service, user), n)
    service.restart()
    a, (other, theirs) = Talker(service, user), multiprocessing.Pipe()
    asker = multiprocessing.Process(target=ask_all_the_time, args=(service, small, theirs), daemon=True)   # no lock is shared with it
    asker.start()
    print(f"{n:16}" + "".join(f" {word:>9}" for word in ("took, ms", "p99", "longest", "shard", "frontend", "messages")))
    for name, ready, words in ACTS:
        if ready:
            a.ok(ready)
        show(service, other, a, name, words)
    asker.terminate()
    asker.join()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--big", type=int, default=100_000)
    options = p.parse_args()
    service = Service(init=("--shards", "1", "--frontends", "1")).up()
    try:
        table(service, options.big)
    finally:
        service.remove()


if __name__ == "__main__":
    main()
