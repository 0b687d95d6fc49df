"""What is listed and what is expunged is compared with what was stored: by its words, not by its number."""
import imaplib
import re
import socket
import threading

import pytest

from servers import PASSWORD, load


def login(server, user):
    options = dict(zip(server.options()[::2], server.options()[1::2]))
    host, port = options["--imap"].rsplit(":", 1)
    imap = imaplib.IMAP4(host, int(port))
    imap.login(user, PASSWORD)
    return imap


def test_listings_of_letters_like_real_ones(server):
    mail = ("--first-user", 9, "--users", 1, "--seed", 5, "--sizes", "1024:100000:mail")
    assert load("fill", *server.options(), *mail, "--letters", 120)[0] == 0
    for scenario, *more in (("headers",), ("webmail", "--day", 1)):
        status, report, said = load("run", scenario, *server.options(), *mail, "--rounds", 2, *more)
        assert status == 0, (said, report and report["checks"])


FORGED = [
    (rb"Subject: .", b"Subject: ?", "ENVELOPE"),
    (rb"From: [^<]*<", b"From: Nobody <", "ENVELOPE"),
    (rb"Message-ID: <6-1", b"Message-ID: <6-2", "ENVELOPE"),
    (rb"\r\nDate: ...", b"\r\nDate: Sun", "ENVELOPE"),
    (rb"Content-Transfer-Encoding: \w+", b"Content-Transfer-Encoding: binary", "BODYSTRUCTURE"),
    (rb"\r\n$", b"\r\nmore\r\n", "BODYSTRUCTURE"),
]


@pytest.mark.parametrize("what, by, told", FORGED)
def test_a_listing_that_is_not_of_the_letter_is_noticed(server, what, by, told):
    """The server is honest, and lists another message than the one whose number it bears."""
    mail = ("--users", 1, "--seed", 6, "--bytes", 1024)
    assert load("fill", *server.options(), *mail, "--first-user", 10, "--letters", 1)[0] == 0
    imap = login(server, "user0010")
    imap.select("INBOX")
    letter = imap.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1]
    imap.logout()
    forged, n = re.subn(what, by, letter, count=1)
    assert n == 1
    imap = login(server, "user0011")
    imap.select("INBOX")
    imap.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
    imap.expunge()
    assert imap.append("INBOX", None, None, forged)[0] == "OK"
    imap.logout()
    status, report, said = load("run", "headers", *server.options(), *mail, "--first-user", 11, "--rounds", 1)
    assert status == 1 and told in report["checks"]["first"], (said, report["checks"])


def test_a_folder_of_letters_is_filled_in_whole(server, tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.eml").write_text(f"From: a@load.example\nDate: Mon, 4 Mar 2024 10:00:00 +0000\nSubject: {n}\n\nhello\n")
    words = (*server.options(), "--first-user", 15, "--users", 1, "--eml", tmp_path)
    status, _, said = load("fill", *words)
    assert status == 0, said
    imap = login(server, "user0015")
    assert imap.select("INBOX") == ("OK", [b"3"])
    imap.logout()
    status, _, said = load("run", "headers", *words, "--rounds", 2)
    assert status == 0, said


def letters_in(server, user):
    imap = login(server, user)
    imap.select("INBOX")
    fields = imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (X-Load-Letter)])")[1]
    imap.logout()
    return sorted(int(part[1].strip().rsplit(b"-", 1)[1]) for part in fields if isinstance(part, tuple))


def test_a_mailbox_is_filled_by_several_connections_and_to_the_end_later(server):
    for letters in (50, 170):
        status, _, said = load("fill", *server.options(), "--first-user", 16, "--users", 1, "--connections", 3, "--bytes", 1024, "--letters", letters)
        assert status == 0, said
        assert letters_in(server, "user0016") == list(range(1, letters + 1))


class Between:
    """A server in front of another that changes what clients ask."""

    def __init__(self, server, what, by):
        self.to, self.what, self.by = login_address(server), what, by
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.imap = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(self.to)
            for a, b, change in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.pass_on, args=(a, b, change), daemon=True).start()

    def pass_on(self, a, b, change):
        while part := a.recv(65536):
            b.sendall(re.sub(self.what, self.by, part) if change else part)
        b.shutdown(socket.SHUT_WR)


def login_address(server):
    host, port = dict(zip(server.options()[::2], server.options()[1::2]))["--imap"].rsplit(":", 1)
    return host, int(port)


@pytest.mark.parametrize("what, by, told", [
    (rb"STORE 6:10 ", b"STORE 1:5 ", "EXPUNGE of a letter that was not deleted"),      # as many go, but others
    (rb"STORE 6:10 ", b"STORE 6:9 ", "expunge"),
    (rb"EXPUNGE", b"NOOP", "expunge"),
])
def test_an_expunge_of_others_is_noticed(server, what, by, told):
    between = Between(server, what, by)
    status, report, said = load("run", "expunge", "--imap", between.imap, "--users", 1, "--connections", 1, "--rounds", 1, "--batch", 5)
    between.listener.close()
    assert status == 1 and told in report["checks"]["first"], (said, report and report["checks"])
