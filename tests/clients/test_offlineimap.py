"""offlineimap3 brings one account to a Maildir and changes back."""
import pytest

from far import far_flags, far_mails
from mails import letter
import maildir
from program import run


@pytest.fixture
def offlineimap(service, user, tmp_path):
    rc = tmp_path / "offlineimaprc"
    rc.write_text(f"""
[general]
accounts = roost
metadata = {tmp_path}/metadata
[Account roost]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {tmp_path}/near
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {service.imap[1]}
remoteuser = {user.name}
remotepass = {user.password}
ssl = no
starttls = no
""")

    def sync():
        done = run("offlineimap", "-c", rc, "-u", "basic", "-o")
        assert b"ERROR" not in done.stdout + done.stderr
        return tmp_path / "near"
    return sync


def test_there_and_back(offlineimap, user):
    a = user.client("a")
    for i in range(4):
        a.append(mail=letter(f"far {i}"), flags="\\Seen" if i % 2 else "")
    a.ok("CREATE Work/2026")
    a.append("Work/2026", letter("deep"))
    near = offlineimap()
    assert maildir.holds(near / "INBOX") == {"far 0": "", "far 1": "S", "far 2": "", "far 3": "S"}
    assert maildir.holds(near / "Work.2026") == {"deep": ""}

    maildir.add(near / "INBOX", "1000.near", letter("near new"))
    maildir.set_flags(near / "INBOX", "far 0", "FS")
    maildir.files(near / "INBOX")["far 1"].unlink()
    uids = {subject: uid for subject, (uid, _, _) in far_mails(a, "INBOX").items()}
    a.select()
    a.ok(f"UID STORE {uids['far 2']} +FLAGS (\\Answered)")
    a.expunge(uids["far 3"])
    a.append(mail=letter("far new"))
    offlineimap()
    assert far_flags(a, "INBOX") == {"far 0": {"\\Flagged", "\\Seen"}, "far 2": {"\\Answered"}, "near new": set(), "far new": set()}
    assert maildir.holds(near / "INBOX") == {"far 0": "FS", "far 2": "R", "near new": "", "far new": ""}

    before = a.ok("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)").status
    offlineimap()
    assert a.ok("STATUS INBOX (UIDNEXT HIGHESTMODSEQ)").status == before
