"""A real Postfix delivers through our LMTP: what it accepts arrives, what we refuse bounces."""
import itertools
import os
import pathlib
import shutil
import smtplib
import tempfile

import pytest

from client import until
from far import far_mails
from mails import letter
from program import run
from service import free_ports

DOMAIN = "roost.example"
ID = "<1@elsewhere.example>"                # Postfix adds one where there is none

_numbers = itertools.count(1)

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
myhostname = mx.roost.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
notify_classes =
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
lmtp_destination_recipient_limit = 1000
smtputf8_enable = yes
minimal_backoff_time = 1s
queue_run_delay = 1s
"""

MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
retry unix - - n - - error
error unix - - n - - error
lmtp unix - - n - - lmtp
scache unix - - n - 1 scache
"""


class Postfix:
    """A Postfix with a configuration and a queue of its own. Owns its processes; stop() ends them."""

    def __init__(self, lmtp):
        self.folder = folder = pathlib.Path(tempfile.mkdtemp(prefix="roost-postfix-"))
        self.smtp, = free_ports(1)
        folder.chmod(0o755)                                          # its daemons are another user
        (folder / "conf").mkdir()
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        run("chown", "postfix", folder / "data")
        values = {"dir": folder, "domain": DOMAIN, "lmtp": lmtp, "smtp": self.smtp}
        (folder / "conf" / "main.cf").write_text(MAIN.format(**values))
        (folder / "conf" / "master.cf").write_text(MASTER.format(**values))
        self.control("start")

    def control(self, verb):
        run("/usr/sbin/postfix", "-c", self.folder / "conf", verb)

    def stop(self):
        self.control("stop")
        shutil.rmtree(self.folder)

    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def logged(self, recipient, *texts):
        """The delivery's line in the log, with these texts."""
        def line():
            return next((line for line in self.log().splitlines() if f"to=<{recipient}>" in line and
                         all(text in line for text in texts)), None)
        return until(line)

    def send(self, sender, recipients, mail, options=()):
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as smtp:
            smtp.ehlo("client.example")
            smtp.sendmail(sender, recipients, mail, options)


@pytest.fixture(scope="module")
def postfix(service):
    if os.geteuid() != 0:
        pytest.skip("Postfix starts only as root")
    made = Postfix(service.lmtp[1])
    yield made
    made.stop()


@pytest.fixture
def anna(service):
    """A user with a domain, one for each test."""
    someone = service.user_add(f"anna{next(_numbers)}@{DOMAIN}")
    yield someone
    someone.close()


def arrived(user, n):
    """Waits for that many messages in INBOX."""
    client = user.client("a", "INBOX")
    until(lambda: len(client.ok("UID SEARCH ALL").found) >= n)
    return far_mails(client, "INBOX")


def test_plain(postfix, anna):
    body = "\r\n".join(["first", ".", "..dots", "", "x" * 900, "last"])
    sent = letter("plain", body, Message_ID=ID)
    postfix.send("bob@elsewhere.example", [anna.name], sent)
    (_, flags, mail), = arrived(anna, 1).values()
    assert flags == set()
    assert mail.startswith(f"Return-Path: <bob@elsewhere.example>\r\nDelivered-To: {anna.name}\r\nReceived: from".encode())
    assert mail.endswith(sent)


def test_eight_bit(postfix, anna):
    mail = letter("8-bit", "grüße", MIME_Version="1.0", Content_Type="text/plain; charset=utf-8",
                  Content_Transfer_Encoding="8bit", Message_ID=ID)
    postfix.send("bob@elsewhere.example", [anna.name], mail, ["BODY=8BITMIME"])
    (_, _, got), = arrived(anna, 1).values()
    assert got.endswith(mail)


def test_smtputf8(postfix, service):
    """Mailbox names and headers beyond ASCII (RFC 6531)."""
    user = service.user_add(f"jürgen@{DOMAIN}")
    mail = letter("Grüße, ohne Kodierung", "hallo", Message_ID=ID)
    postfix.send("björn@elsewhere.example", [user.name], mail, ["SMTPUTF8", "BODY=8BITMIME"])
    (_, _, got), = arrived(user, 1).values()
    assert got.endswith(mail) and "Return-Path: <björn@elsewhere.example>".encode() in got
    user.close()


def test_many_recipients(postfix, service, tmp_path):
    names = [f"many{i}@{DOMAIN}" for i in range(150)]
    (tmp_path / "users").write_text("".join(f"{name}:pw\n" for name in names))
    service.roost("user", "import", tmp_path / "users")
    postfix.send("bob@elsewhere.example", names, letter("to all"))
    for name in names:
        postfix.logged(name, "status=sent")
    for name in (names[0], names[77], names[149]):
        client = service.client("a")
        client.login(name)
        assert list(far_mails(client, "INBOX")) == ["to all"]
        client.close()


def test_unknown_user_bounces(postfix, anna):
    """Those who exist get it all the same; the sender, who is ours, gets the bounce."""
    postfix.send(anna.name, [f"nobody@{DOMAIN}", anna.name], letter("half"))
    assert "550 5.1.1" in postfix.logged(f"nobody@{DOMAIN}", "status=bounced")
    mails = arrived(anna, 2)
    bounce, = (mail for subject, (_, _, mail) in mails.items() if subject != "half")
    assert bounce.startswith(b"Return-Path: <>\r\n") and b"550" in bounce and b"Status: 5.1.1" in bounce


def test_over_quota_bounces(postfix, service, anna):
    full = service.user_add(f"full@{DOMAIN}", quota=2000)
    postfix.send(anna.name, [full.name], letter("fits"))
    postfix.send(anna.name, [full.name], letter("too big", "x" * 70 + "\r\n" + "y\r\n" * 2000))
    assert "552 5.2.2" in postfix.logged(full.name, "said:")
    assert list(arrived(full, 1)) == ["fits"]
    full.close()


def test_waits_for_us(postfix, service, anna):
    """Postfix keeps the mail until the LMTP process that died has a successor, and delivers once."""
    service.kill("lmtp")
    postfix.send("bob@elsewhere.example", [anna.name], letter("patience"))
    assert list(arrived(anna, 1)) == ["patience"]
