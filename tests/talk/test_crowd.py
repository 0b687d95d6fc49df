"""A crowd at one mailbox: whatever they all do at once, each client's picture, made of what it was told, is the truth."""
import random

import pytest

from mails import letter
from mirror import Mirror

KINDS = [None, "CONDSTORE", "QRESYNC", "IMAP4rev2", "QRESYNC IMAP4rev2"]
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "red", "Blue"]


class Member:
    """One of the crowd: a client, its picture, and a taste for random commands."""

    def __init__(self, user, name, kind, luck):
        self.user, self.name, self.kind, self.luck = user, name, kind, luck
        self.client = user.client(name, enable=kind)
        self.picture = Mirror(self.client)
        self.picture.select("INBOX")
        self.pending = None                        # tag and command under way

    def numbers(self):
        n = len(self.picture.rows)
        if not n:
            return None
        return ",".join(str(self.luck.randint(1, n)) for _ in range(self.luck.randint(1, 3)))

    def uids(self):
        known = [row.uid for row in self.picture.rows if row.uid]
        return ",".join(str(self.luck.choice(known)) for _ in range(self.luck.randint(1, 3))) if known else None

    def choose(self):
        flags = " ".join(self.luck.sample(FLAGS, self.luck.randint(0, 2)))
        mode = self.luck.choice(["FLAGS", "+FLAGS", "-FLAGS"])
        numbers, uids = self.numbers(), self.uids()
        always = [("NOOP",), ("CHECK",), ("APPEND INBOX (" + flags + ")", letter()), ("SEARCH ALL",), ("UID SEARCH ALL",),
                  ("STATUS INBOX (MESSAGES UIDNEXT)",), ("IDLE",), ("EXPUNGE",), ("FETCH 1:* (UID)",), ("LIST \"\" *",)]
        if not numbers or not uids:
            return self.luck.choice([a for a in always if not a[0].startswith("FETCH")])
        return self.luck.choice(always + [
            (f"STORE {numbers} {mode} ({flags})",), (f"UID STORE {uids} {mode} ({flags})",),
            (f"STORE {numbers} {mode}.SILENT ({flags})",), (f"UID STORE {uids} {mode}.SILENT ({flags})",),
            (f"STORE {numbers} +FLAGS (\\Deleted)",), (f"UID STORE {uids} +FLAGS (\\Deleted)",),
            (f"FETCH {numbers} (FLAGS)",), (f"UID FETCH {uids} (FLAGS BODY[TEXT])",), (f"FETCH {numbers} BODY[TEXT]",),
            (f"COPY {numbers} INBOX",), (f"UID COPY {uids} other",), (f"UID MOVE {uids} other",), (f"MOVE {numbers} INBOX",),
            (f"UID EXPUNGE {uids}",), (f"UID STORE {uids} (UNCHANGEDSINCE 5) +FLAGS (red)",)])

    def begin(self):
        command = self.choose()
        self.pending = self.client.start(*command), command[0]

    def finish(self):
        tag, command = self.pending
        if command == "IDLE":
            self.client.wire.send(b"DONE\r\n")
        reply = self.client.reply(tag)
        assert reply.status_word == "OK" or reply.tagged_code in ("EXPUNGEISSUED",) or "MODIFIED" in (reply.tagged_code or ""), \
            f"{self.name} ({self.kind}) {command}: {reply!r}"
        if ".SILENT" in command:                   # also of the rest, if some were gone
            self.believe(command)
        self.picture.take(reply, command)

    def believe(self, command):
        """Our own silent STORE is known without being told."""
        words = command.split(" ")
        by_uid = words[0] == "UID"
        numbers = {int(n) for n in words[2 if by_uid else 1].split(",")}
        flags = frozenset(command[command.index("(") + 1:-1].split())
        for position, row in enumerate(self.picture.rows, 1):
            if (row.uid if by_uid else position) not in numbers or row.flags is None:
                continue
            row.flags = row.flags | flags if "+FLAGS" in command else row.flags - flags if "-FLAGS" in command else flags

    def come_again(self):
        """Hangs up and, if it can, resumes from what it knows."""
        if not self.kind or "QRESYNC" not in self.kind:
            return
        self.client.close()
        self.client = self.picture.client = self.user.client(self.name, enable=self.kind)
        self.picture.resume("INBOX")


@pytest.mark.parametrize("seed", range(4))
def test_crowd(user, seed):
    luck = random.Random(seed)
    first = user.client("first")
    first.ok("CREATE other")
    for _ in range(5):
        first.append()
    crowd = [Member(user, f"m{i}n", KINDS[i % len(KINDS)], luck) for i in range(7)]
    for step in range(120):
        for member in crowd:
            member.begin()
        for member in crowd:
            member.finish()
        for member in crowd:
            member.picture.learn()
        if step % 20 == 19:
            luck.choice(crowd).come_again()
        if step % 30 == 29:
            agree(first, crowd)
    agree(first, crowd)


def agree(first, crowd):
    first.select()
    truth = {m["UID"]: frozenset(m["FLAGS"]) - {"\\Recent"} for m in first.ok("UID FETCH 1:* (UID FLAGS)").fetched.values()}
    first.ok("UNSELECT")
    for member in crowd:
        member.picture.take(member.client.ok("NOOP"))
        member.picture.learn()
        assert member.picture.known() == truth, f"{member.name} ({member.kind})"
