"""mutt, driven by keystrokes on a terminal of its own, with and without QRESYNC and its header cache."""
import os

import pytest

from far import far_flags, far_mails
from mails import MIXED, letter
from program import run

QUIET = "set quit=yes delete=yes mark_old=no confirmappend=no confirmcreate=no move=no wait_key=no sleep_time=0 timeout=1"


class Mutt:
    """One user's mutt. Its folder holds the configuration, the caches and what it saves."""

    def __init__(self, service, user, folder, words):
        self.folder, self.rc = folder, folder / "muttrc"
        (folder / "cache").mkdir()
        self.rc.write_text("\n".join([
            QUIET, *words, f"set imap_user={user.name} imap_pass={user.password}", f"set header_cache={folder}/cache/",
            f"set folder=imap://localhost:{service.imap[1]}/", "set spoolfile=+INBOX record= mbox_type=mbox",
            "set ssl_starttls=no ssl_force_tls=no postponed=", ""]))

    def keys(self, keys, mailbox="+INBOX"):
        """Opens the mailbox, types, and quits."""
        command = f"mutt -n -F {self.rc} -f {mailbox} -e 'push \"{keys}<sync-mailbox><quit>\"'"
        env = {**os.environ, "TERM": "xterm", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        run("script", "-qec", command, "/dev/null", env=env, cwd=self.folder)


@pytest.fixture(params=["basic", "qresync"])
def mutt(request, service, user, tmp_path):
    words = {"basic": ["set imap_condstore=no imap_qresync=no"], "qresync": ["set imap_condstore=yes imap_qresync=yes"]}
    return Mutt(service, user, tmp_path, words[request.param])


def mbox(path):
    """How many messages it holds, and its text."""
    text = path.read_bytes() if path.exists() else b""
    return len([line for line in text.split(b"\n") if line.startswith(b"From ")]), text


def test_reads_all(mutt, user):
    a = user.client("a")
    for i in range(30):
        a.append(mail=letter(f"mail {i}", f"body {i}"))
    a.append(mail=MIXED)
    mutt.keys("<tag-pattern>~A<enter><tag-prefix><copy-message>all<enter>")
    count, text = mbox(mutt.folder / "all")
    assert count == 31
    assert all(f"\nbody {i}\n".encode() in text for i in range(30))
    assert MIXED[MIXED.index(b"\r\n\r\n"):].replace(b"\r\n", b"\n") in text


def test_saves_to_other_folder(mutt, user):
    a = user.client("a")
    for subject in ("stay", "go one", "go two"):
        a.append(mail=letter(subject))
    mutt.keys("<tag-pattern>~s go<enter><tag-prefix><save-message>+Saved<enter>")
    assert list(far_mails(a, "INBOX")) == ["stay"]
    assert list(far_mails(a, "Saved")) == ["go one", "go two"]


def test_flags_and_deletes(mutt, user):
    a = user.client("a")
    for subject in ("read", "flag", "delete", "rest"):
        a.append(mail=letter(subject))
    mutt.keys("<limit>~s read<enter><display-message><exit><limit>~s flag<enter><flag-message><limit>all<enter>"
              "<delete-pattern>~s delete<enter>")
    assert far_flags(a, "INBOX") == {"read": {"\\Seen"}, "flag": {"\\Flagged"}, "rest": set()}


def test_comes_back(mutt, user):
    """What changed while mutt was away is there when it returns with its cache."""
    a = user.client("a")
    for i in range(10):
        a.append(mail=letter(f"mail {i}", f"body {i}"))
    mutt.keys("<flag-message>")
    a.select()
    a.expunge("2:4")
    a.store("1:*", "+FLAGS (\\Answered)")
    a.append(mail=letter("new", "body new"))
    mutt.keys("<tag-pattern>~Q<enter><tag-prefix><copy-message>answered<enter><untag-pattern>~A<enter>"
              "<tag-pattern>~A<enter><tag-prefix><copy-message>all<enter>")
    assert mbox(mutt.folder / "answered")[0] == 7
    count, text = mbox(mutt.folder / "all")
    assert count == 8 and b"\nbody new\n" in text and b"\nbody 3\n" not in text


def test_uploads(mutt, user):
    """From an mbox of its own to the service."""
    text = b"".join(b"From ann@test.example Mon Mar  2 10:00:00 2026\n" + letter(f"up {i}").replace(b"\r\n", b"\n") + b"\n"
                    for i in range(3))
    (mutt.folder / "local").write_bytes(text)
    mutt.keys("<tag-pattern>~A<enter><tag-prefix><copy-message>+Uploaded<enter>", mutt.folder / "local")
    assert list(far_mails(user.client("a"), "Uploaded")) == ["up 0", "up 1", "up 2"]
