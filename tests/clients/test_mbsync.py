"""mbsync keeps a Maildir and the service alike, whichever side changes."""
import re

import pytest

from far import far_flags, far_mails
from mails import MIXED, letter
import maildir
from program import run


class Mbsync:
    """One account's mbsync and its Maildir."""

    def __init__(self, service, user, folder, tls=None):
        self.near = folder / "near"
        self.near.mkdir()
        self.rc = folder / "mbsyncrc"
        where = f"Port {service.imaps[1]}\nSSLType IMAPS\nCertificateFile {tls}" if tls else f"Port {service.imap[1]}\nSSLType None"
        self.rc.write_text(f"""
IMAPAccount roost
Host localhost
{where}
User {user.name}
Pass {user.password}
AuthMechs LOGIN

IMAPStore far
Account roost

MaildirStore near
Path {self.near}/
Inbox {self.near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
CopyArrivalDate yes
SyncState *
""")

    def sync(self):
        run("mbsync", "-c", self.rc, "all")

    def holds(self, mailbox="INBOX"):
        return maildir.holds(self.near / mailbox)


@pytest.fixture(params=["plain", "tls"])
def mbsync(request, service, user, tmp_path, certificate):
    return Mbsync(service, user, tmp_path, certificate if request.param == "tls" else None)


def state(client, mailbox):
    return client.ok(f'STATUS "{mailbox}" (UIDNEXT UIDVALIDITY MESSAGES HIGHESTMODSEQ)').status


def test_two_ways(mbsync, user):
    a = user.client("a")
    for i in range(5):
        a.append(mail=letter(f"far {i}"), flags="\\Seen" if i % 2 else "")
    a.append(mail=MIXED)
    a.ok("CREATE Work/2026")
    a.append("Work/2026", letter("deep"))
    mbsync.sync()
    assert mbsync.holds() == {"far 0": "", "far 1": "S", "far 2": "", "far 3": "S", "far 4": "", "parts": ""}
    assert mbsync.holds("Work/2026") == {"deep": ""}
    parts = maildir.files(mbsync.near / "INBOX")["parts"].read_bytes()
    assert re.sub(rb"X-TUID: .*\n", b"", parts).replace(b"\n", b"\r\n") == MIXED

    # Near: new, flags, a deletion. Far, at the same time: new, flags, a deletion.
    inbox = mbsync.near / "INBOX"
    maildir.add(inbox, "1000.near", letter("near new"))
    maildir.set_flags(inbox, "far 0", "FS")
    maildir.files(inbox)["far 1"].unlink()
    uids = {subject: uid for subject, (uid, _, _) in far_mails(a, "INBOX").items()}
    a.select()
    a.ok(f"UID STORE {uids['far 2']} +FLAGS (\\Answered)")
    a.ok(f"UID STORE {uids['far 3']} -FLAGS (\\Seen)")
    a.expunge(uids["far 4"])
    a.append(mail=letter("far new"), flags="\\Draft")
    mbsync.sync()
    assert far_flags(a, "INBOX") == {"far 0": {"\\Flagged", "\\Seen"}, "far 2": {"\\Answered"}, "far 3": set(), "parts": set(),
                                     "near new": set(), "far new": {"\\Draft"}}
    assert mbsync.holds() == {"far 0": "FS", "far 2": "R", "far 3": "", "parts": "", "near new": "", "far new": "D"}


def test_again_changes_nothing(mbsync, user):
    a = user.client("a")
    for i in range(20):
        a.append(mail=letter(f"mail {i}"))
    mbsync.sync()
    maildir.add(mbsync.near / "INBOX", "1000.near", letter("near"))
    mbsync.sync()
    far, near = state(a, "INBOX"), sorted(p.name for p in (mbsync.near / "INBOX").rglob("*") if p.is_file())
    for _ in range(2):
        mbsync.sync()
        assert state(a, "INBOX") == far
        assert sorted(p.name for p in (mbsync.near / "INBOX").rglob("*") if p.is_file()) == near


def test_mailboxes_come_and_go(mbsync, user):
    a = user.client("a")
    a.ok("CREATE far-box")
    mbsync.sync()
    for part in ("cur", "new", "tmp"):
        (mbsync.near / "near-box" / part).mkdir(parents=True)
    maildir.add(mbsync.near / "near-box", "1000.near", letter("near"))
    mbsync.sync()
    assert (mbsync.near / "far-box" / "cur").is_dir()
    assert list(far_mails(a, "near-box")) == ["near"]
    a.ok("UNSELECT")
    a.ok("DELETE far-box")
    mbsync.sync()
    assert not (mbsync.near / "far-box" / "cur").exists()
