"""mirror.py: what a client believes of its mailbox, from nothing but what it was told.

It applies every untagged line as the RFCs say a client should, and complains at once about lines that no client could
apply: a number beyond what EXISTS said, a UID that changes, an expunge where none is allowed.
"""

HOLDS = ("FETCH", "STORE", "SEARCH")


def uid_list(text):
    out = []
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        out.extend(range(int(lo), int(hi or lo) + 1))
    return out


class Row:
    def __init__(self, uid=None, flags=None, modseq=0):
        self.uid, self.flags, self.modseq = uid, flags, modseq

    def __repr__(self):
        return f"{self.uid}:{sorted(self.flags) if self.flags is not None else '?'}"


class Mirror:
    """Rows by position. `highest` is the newest HIGHESTMODSEQ the server vouched for."""

    def __init__(self, client):
        self.client = client
        self.rows = []
        self.highest = self.uidvalidity = None

    def take(self, reply, command=""):
        """Applies all lines of a reply (or of what was said while idling)."""
        for line in reply.lines:
            self._line(line, command)
        tagged = getattr(reply, "tagged", None)
        if tagged is not None:
            self._code(tagged)
        return reply

    def _line(self, line, command):
        assert not (line.kind in ("EXPUNGE", "VANISHED") and command.split(" ")[0] in HOLDS and "EARLIER" not in line.text), \
            f"{line!r} during {command}"
        if line.kind == "EXISTS":
            assert line.number >= len(self.rows), f"{line!r} after {len(self.rows)}"
            self.rows += [Row() for _ in range(line.number - len(self.rows))]
        elif line.kind == "EXPUNGE":
            assert 1 <= line.number <= len(self.rows), f"{line!r} of {len(self.rows)}"
            del self.rows[line.number - 1]
        elif line.kind == "VANISHED":
            self._vanished(line)
        elif line.kind == "FETCH":
            self._fetch(line)
        self._code(line)

    def _vanished(self, line):
        earlier = "(EARLIER)" in line.text
        gone = set(uid_list(line.text.split(" ")[-1]))
        before = len(self.rows)
        known = {row.uid for row in self.rows}
        self.rows = [row for row in self.rows if row.uid not in gone]
        for _ in gone - known if not earlier else ():       # of those we only know that they exist
            unknown = [row for row in self.rows if row.uid is None]
            assert unknown, f"{line!r}: more than ever existed"
            self.rows.remove(unknown[0])
        assert earlier or before - len(self.rows) == len(gone)

    def _fetch(self, line):
        assert 1 <= line.number <= len(self.rows), f"{line!r} of {len(self.rows)}"
        row, got = self.rows[line.number - 1], line.fetched
        if "UID" in got:
            assert row.uid in (None, got["UID"]), f"{line!r} was {row}"
            row.uid = got["UID"]
        if "MODSEQ" in got:
            assert got["MODSEQ"][0] >= row.modseq, f"{line!r}: was {row.modseq}"
            row.modseq = got["MODSEQ"][0]
        if "FLAGS" in got:
            row.flags = frozenset(got["FLAGS"]) - {"\\Recent"}

    def _code(self, line):
        if not line.code:
            return
        name, _, value = line.code.partition(" ")
        if name == "HIGHESTMODSEQ":
            self.highest = int(value)
        elif name == "UIDVALIDITY":
            self.uidvalidity = int(value)

    # what a client does to stay informed

    def select(self, mailbox):
        self.rows = []
        self.take(self.client.select(mailbox))
        self.learn()

    def learn(self):
        """Asks about those it only knows to exist."""
        for _ in range(50):                        # new ones may come meanwhile, but not for ever
            unknown = [i for i, row in enumerate(self.rows) if row.uid is None or row.flags is None]
            if not unknown:
                return
            first = unknown[0]
            from_uid = self.rows[first].uid or max((row.uid or 0 for row in self.rows[:first]), default=0) + 1
            self.take(self.client.ok(f"UID FETCH {from_uid}:* (UID FLAGS)"))
        raise AssertionError(f"it cannot learn about {self.rows[unknown[0]]}, number {first + 1} of {len(self.rows)}")

    def resume(self, mailbox):
        """A new session that says what it knows (RFC 7162 3.2.5)."""
        rows = [row for row in self.rows if row.uid is not None]
        reply = self.client.ok(f"SELECT {mailbox} (QRESYNC ({self.uidvalidity} {self.highest}))")
        now = {row.uid: row for row in rows}
        for line in reply.of("VANISHED"):
            for uid in uid_list(line.text.split(" ")[-1]):
                now.pop(uid, None)
        exists = reply.exists
        for line in reply.of("FETCH"):
            got = line.fetched
            assert line.number <= exists
            now[got["UID"]] = Row(got["UID"], frozenset(got["FLAGS"]) - {"\\Recent"}, got["MODSEQ"][0])
        self.rows = [now[uid] for uid in sorted(now)]
        for line in reply.lines + [reply.tagged]:
            self._code(line)
        assert len(self.rows) == exists, f"{len(self.rows)} rows, {exists} exist: {self.rows}"

    def known(self):
        return {row.uid: row.flags for row in self.rows}
