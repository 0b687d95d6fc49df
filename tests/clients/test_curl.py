"""curl reads, searches and appends."""
import pytest

from far import far_mails
from mails import MIXED, letter
from program import run


@pytest.fixture(params=["imap", "imaps"])
def curl(request, service, user, certificate):
    port = service.imaps[1] if request.param == "imaps" else service.imap[1]

    def call(path, *options, **how):
        url = f"{request.param}://localhost:{port}/{path}"
        return run("curl", "-sS", "--cacert", certificate, "-u", f"{user.name}:{user.password}", *options, url, **how).stdout
    return call


def test_list(curl, user):
    user.client("a").ok("CREATE Archive/2026")
    listed = curl("").decode().splitlines()
    assert [line.split()[-1] for line in listed if "INBOX" in line or "Archive/2026" in line] != []
    assert any("Archive/2026" in line for line in listed)


def test_fetch(curl, user):
    a = user.client("a")
    uid = a.append(mail=MIXED)
    assert curl(f"INBOX;UID={uid}") == MIXED
    assert curl(f"INBOX;UID={uid};SECTION=1") == b"caf=C3=A9"
    assert curl(f"INBOX;UID={uid};SECTION=HEADER") == MIXED[:MIXED.index(b"\r\n\r\n") + 4]
    assert curl("INBOX;MAILINDEX=1;SECTION=TEXT") == MIXED[MIXED.index(b"\r\n\r\n") + 4:]


def test_search(curl, user):
    a = user.client("a")
    for subject in ("one", "two", "three"):
        a.append(mail=letter(subject))
    assert curl("INBOX?SUBJECT%20t").split() == [b"*", b"SEARCH", b"2", b"3"]


def test_append(curl, user, tmp_path):
    mail = letter("uploaded", "line\r\n" * 200_000)
    file = tmp_path / "mail"
    file.write_bytes(mail)
    curl("INBOX", "-T", file)
    (_, flags, got), = far_mails(user.client("a"), "INBOX").values()
    assert flags == {"\\Seen"} and got == mail                # curl always says \Seen


def test_custom_requests(curl, user):
    user.client("a").append(mail=letter("hi"))
    assert b"\\Flagged" in curl("INBOX", "-X", "STORE 1 +FLAGS (\\Flagged)")
    assert b"MESSAGES 1" in curl("", "-X", "STATUS INBOX (MESSAGES)")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_sasl(curl, mechanism):
    assert b"INBOX" in curl("", "--login-options", f"AUTH={mechanism}")


def test_wrong_password(service, user):
    run("curl", "-sS", "-u", f"{user.name}:wrong", f"imap://localhost:{service.imap[1]}/", code=67)


def test_starttls(service, user, certificate):
    run("curl", "-sS", "--ssl-reqd", "--cacert", certificate, "-u", f"{user.name}:pw", f"imap://localhost:{service.imap[1]}/")
