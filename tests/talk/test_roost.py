"""The verbs of `roost` against the whole service; what they did is looked at over IMAP."""
import imaplib
import json
import threading
import time

import pytest

from client import SLOW


def imap(service, name, password="pw"):
    box = imaplib.IMAP4(*service.imap)
    box.login(name, password)
    return box


def fetch_all(box, mailbox, what):
    typ, _ = box.select(f'"{mailbox}"', readonly=True)
    assert typ == "OK"
    return box.fetch("1:*", what)[1]


def mailboxes(service, name):
    return {m["name"]: m for m in json.loads(service.roost("mailbox", "list", name, "--json").stdout)}


def test_a_users_life(private):
    s = private()
    s.roost("user", "add", "Anna", "--quota", "1MiB", stdin=b"first\nsecond\n")
    again = s.roost("user", "add", "anna", stdin=b"x\n", check=False)
    assert again.returncode == 1 and b"already" in again.stderr
    assert s.roost("user", "add", "not a name", stdin=b"x\n", check=False).returncode == 1
    assert s.roost("user", "add", "ben", stdin=b"\n", check=False).returncode == 1
    imap(s, "ANNA", "first").logout()
    s.roost("user", "passwd", "anna", stdin=b"new word")
    with pytest.raises(imaplib.IMAP4.error):
        imap(s, "anna", "first")
    imap(s, "anna", "new word").logout()
    s.roost("user", "disable", "anna")
    assert json.loads(s.roost("user", "show", "anna", "--json").stdout)["disabled"] is True
    with pytest.raises(imaplib.IMAP4.error):
        imap(s, "anna", "new word")
    s.roost("user", "enable", "anna")
    s.roost("user", "quota", "anna", "0")
    shown = json.loads(s.roost("user", "list", "--json").stdout)
    assert [(u["name"], u["quota_bytes"], u["disabled"]) for u in shown] == [("anna", 0, False)]
    s.roost("user", "del", "anna")
    assert s.roost("user", "show", "anna", check=False).returncode == 1
    assert json.loads(s.roost("user", "list", "--json").stdout) == []


def test_two_thousand_users_in_ten_seconds(private):
    s = private()
    lines = [f"u{i}:pw{i}:{i}KiB\n" for i in range(2000)]
    lines[10:10] = ["# a comment\n", "\n", "no password\n", "u1:again\n", "u:p:q\n"]
    path = s.dir / "users"
    path.write_text("".join(lines))
    begun = time.monotonic()
    done = s.roost("user", "import", path, "--hash-cost", "min", check=False)
    assert time.monotonic() - begun < 10 * SLOW
    assert done.returncode == 1 and b"2000 users added, 3 lines refused" in done.stdout
    assert {int(line.split(b":")[1]) for line in done.stderr.splitlines()} == {13, 14, 15}
    imap(s, "u1999", "pw1999").logout()
    assert json.loads(s.roost("user", "show", "u7", "--json").stdout)["quota_bytes"] == 7 * 1024


def test_deliver(private):
    s = private()
    s.user_add("anna")
    assert s.roost("deliver", "nobody", stdin=b"Subject: x\n\nx\n", check=False).returncode == 1
    assert s.roost("deliver", "anna", stdin=b"", check=False).returncode == 1
    s.deliver("anna", b"Subject: one\n\nbare\nline feeds\n")
    s.deliver("anna", b"Subject: two\r\n\r\n" + b"x" * 3000000 + b"\r\n", "-m", "No such")
    got = [part[1] for part in fetch_all(imap(s, "anna"), "INBOX", "(BODY.PEEK[])") if isinstance(part, tuple)]
    assert got[0] == b"Delivered-To: anna\r\nSubject: one\r\n\r\nbare\r\nline feeds\r\n"
    assert len(got) == 2 and got[1].endswith(b"x\r\n") and len(got[1]) > 3000000


def test_import_keeps_what_the_source_knows(private):
    s = private()
    s.user_add("anna")
    (s.dir / "mbox").write_bytes(b"From a@b Thu Jan  1 00:00:10 2015\nSubject: 1\n\n>From x\n\nFrom a@b Fri Jan  2 00:00:10 2015\nSubject: 2\n\ny\n")
    for part in ("cur", "new"):
        (s.dir / "maildir" / part).mkdir(parents=True)
    (s.dir / "maildir/cur/1.a:2,FSP").write_bytes(b"Subject: 3\n\n")
    (s.dir / "maildir/new/2.b").write_bytes(b"Subject: 4\n\n")
    (s.dir / "eml").write_bytes(b"Subject: 5\n\nno end")
    s.roost("import", "anna", "--mbox", s.dir / "mbox", "--maildir", s.dir / "maildir", "--eml", s.dir / "eml", s.dir / "eml", "-m", "Entwürfe/x")
    assert mailboxes(s, "anna")["Entwürfe/x"]["messages"] == 6 and mailboxes(s, "anna")["Entwürfe/x"]["unseen"] == 5
    box = imap(s, "anna")
    rows = {}
    for head, text in (part for part in fetch_all(box, "Entw&APw-rfe/x", "(FLAGS INTERNALDATE BODY.PEEK[])") if isinstance(part, tuple)):
        rows[text.split(b"\r\n")[0]] = (head, text)
    assert b"01-Jan-2015 00:00:10" in rows[b"Subject: 1"][0].replace(b'" 1-', b'"01-') and rows[b"Subject: 1"][1].endswith(b"\r\n\r\nFrom x\r\n")
    assert all(flag in rows[b"Subject: 3"][0] for flag in (b"\\Seen", b"\\Flagged", b"$Forwarded"))
    assert b"FLAGS ()" in rows[b"Subject: 4"][0] or b"FLAGS (\\Recent)" in rows[b"Subject: 4"][0]
    assert rows[b"Subject: 5"][1] == b"Subject: 5\r\n\r\nno end"
    assert s.roost("import", "anna", "--mbox", s.dir / "eml", check=False).returncode == 1


def test_import_survives_kills_exactly_once(private):
    s = private()
    s.user_add("anna")
    n = 2000
    with open(s.dir / "mbox", "w", encoding="ascii") as f:
        for i in range(n):
            f.write(f"From a@b Thu Jan  1 00:00:10 2015\nSubject: {i}\n\n" + "some text\n" * (40000 if i % 500 == 77 else 100) + "\n")
    running = threading.Thread(target=s.roost, args=("import", "anna", "--mbox", s.dir / "mbox", "-m", "Box"))
    running.start()
    for _ in range(3):
        time.sleep(0.3)
        if s.pids("shard"):
            s.kill("shard")
    running.join()
    box = imap(s, "anna")
    subjects = [part[1].strip() for part in fetch_all(box, "Box", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])") if isinstance(part, tuple)]
    assert sorted(subjects) == sorted(b"Subject: %d" % i for i in range(n))


def test_status_tells_of_every_process(private):
    s = private(init=("--shards", "2"))
    status = s.status()
    assert status["ready"] is True
    says = {p["name"]: p["says"] for p in status["processes"]}
    assert set(says) == {"directory", "shard-0", "shard-1", "imap-0", "lmtp-0"}
    assert all(isinstance(says[name], dict) for name in ("directory", "shard-0", "shard-1"))
