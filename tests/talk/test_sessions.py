"""How sessions begin and end: TLS, passwords, what is offered when, and being shown the door."""
import base64
import select
import time

import pytest

from client import SLOW, Closed, until
from mails import letter


def plain(user, password="pw", as_user=""):
    return base64.b64encode(f"{as_user}\0{user}\0{password}".encode()).decode()


# ---- capabilities ----

def test_greeting_says_capabilities(service):
    c = service.client("c")
    assert set(c.greeting.code.split()[1:]) == c.capabilities()


@pytest.mark.cap("IMAP4rev1")
def test_capabilities_before_and_after_login(user):
    c = user.service.client("c")
    before = c.capabilities()
    assert {"IMAP4rev1", "IMAP4rev2", "STARTTLS", "AUTH=PLAIN", "AUTH=LOGIN", "SASL-IR", "LITERAL+", "ID", "ENABLE"} <= before
    assert "LOGINDISABLED" not in before              # on loopback
    said = set(c.login(user.name).tagged_code.split()[1:])
    after = c.capabilities()
    assert said == after
    assert {"IMAP4rev1", "UIDPLUS", "MOVE", "QRESYNC", "CONDSTORE", "SEARCHRES"} <= after
    assert not {"STARTTLS", "AUTH=PLAIN", "AUTH=LOGIN", "SASL-IR", "LOGINDISABLED"} & after


@pytest.mark.cap("STARTTLS")
def test_starttls(user):
    c = user.service.client("c")
    c.starttls()
    assert "STARTTLS" not in c.capabilities() and "AUTH=PLAIN" in c.capabilities()
    c.bad("STARTTLS")
    c.login(user.name)
    c.select()


def test_nothing_of_the_clear_survives_starttls(user):
    """Commands that were slipped in before the handshake are not believed (RFC 9051 6.2.1)."""
    c = user.service.client("c")
    c.wire.send(b"1 STARTTLS\r\n2 NOOP\r\n")
    assert c.reply("1").status_word == "OK"
    c.wire.secure()
    c.wire.send(b"3 CAPABILITY\r\n")
    assert c.line().kind == "CAPABILITY"
    assert c.line().tag == "3"


def test_imaps(user):
    a = user.client("a", "INBOX", tls=True)
    a.append()
    b = user.client("b", "INBOX")
    with a.idle():
        b.append()
        a.expect("* 2 EXISTS")
    assert a.wire.sock.version() in ("TLSv1.2", "TLSv1.3")


def test_large_over_tls(user):
    a = user.client("a", "INBOX", tls=True)
    mail = b"a: b\r\n\r\n" + b"0123456789\r\n" * 200_000
    a.append(mail=mail)
    assert a.ok("FETCH 1 BODY.PEEK[]").fetched[1]["BODY[]"] == mail


@pytest.mark.cap("LOGINDISABLED")
def test_no_passwords_in_the_clear(private):
    service = private("allow_plaintext = never")
    user = service.user_add("ann")
    c = service.client("c")
    before = c.capabilities()
    assert "LOGINDISABLED" in before and not {"AUTH=PLAIN", "AUTH=LOGIN"} & before
    c.no("LOGIN ann pw", code="PRIVACYREQUIRED")
    assert c.do(f"AUTHENTICATE PLAIN {plain('ann')}").status_word == "NO"
    c.starttls()
    after = c.capabilities()
    assert "LOGINDISABLED" not in after and "AUTH=PLAIN" in after
    c.login("ann")
    user.client("b", "INBOX", tls=True)


# ---- passwords ----

@pytest.mark.cap("AUTH=PLAIN", "SASL-IR")
def test_authenticate_plain(user):
    c = user.service.client("c")
    c.ok(f"AUTHENTICATE PLAIN {plain(user.name)}")
    c.select()
    d = user.service.client("d")
    d.wire.send(b"1 AUTHENTICATE PLAIN\r\n")
    assert d.line().text in ("+ ", "+")
    d.wire.send(plain(user.name, as_user=user.name).encode() + b"\r\n")
    assert d.reply("1").status_word == "OK"


@pytest.mark.cap("AUTH=LOGIN")
def test_authenticate_login(user):
    c = user.service.client("c")
    c.wire.send(b"1 AUTHENTICATE LOGIN\r\n")
    assert base64.b64decode(c.line().text[2:]).lower().startswith(b"user")
    c.wire.send(base64.b64encode(user.name.encode()) + b"\r\n")
    assert base64.b64decode(c.line().text[2:]).lower().startswith(b"pass")
    c.wire.send(base64.b64encode(b"pw") + b"\r\n")
    assert c.reply("1").status_word == "OK"


def test_authenticate_cancelled(user):
    c = user.service.client("c")
    c.wire.send(b"1 AUTHENTICATE PLAIN\r\n")
    c.line()
    c.wire.send(b"*\r\n")
    assert c.reply("1").status_word == "BAD"
    c.wire.send(b"2 AUTHENTICATE PLAIN\r\n")
    c.line()
    c.wire.send(b"!not base64!\r\n")
    assert c.reply("2").status_word == "BAD"
    c.no("AUTHENTICATE NO-SUCH-MECHANISM")
    c.login(user.name)


def test_wrong_passwords(user):
    c = user.service.client("c")
    c.no(f"LOGIN {user.name} wrong", code="AUTHENTICATIONFAILED")
    c.no("LOGIN nobody pw", code="AUTHENTICATIONFAILED")
    c.no(f"AUTHENTICATE PLAIN {plain(user.name, 'wrong')}", code="AUTHENTICATIONFAILED")
    c.bad("SELECT INBOX")
    c.login(user.name.upper())                        # case does not matter in names


def test_passwords_of_odd_letters(service):
    password = 'q"uo\\te pass wört'
    service.roost("user", "add", "oddpass", stdin=password.encode() + b"\n")
    c = service.client("c")
    c.ok("LOGIN oddpass", password.encode())
    d = service.client("d")
    d.ok(f"AUTHENTICATE PLAIN {plain('oddpass', password)}")


# ---- small talk ----

@pytest.mark.cap("ID")
def test_id(user):
    c = user.service.client("c")
    assert '"name" "Roost"' in c.ok("ID NIL").of("ID")[0].text
    c.ok('ID ("name" "test" "version" "1")')
    c.login(user.name)
    c.ok("ID ()") if c.do("ID ()").status_word == "OK" else None
    c.bad("ID")


@pytest.mark.cap("ENABLE", "IMAP4rev2")
def test_enable(user):
    c = user.service.client("c")
    c.bad("ENABLE IMAP4rev2")                         # not before login
    c.login(user.name)
    assert c.ok("ENABLE QRESYNC NONSENSE").of("ENABLED")[0].text == "* ENABLED QRESYNC"
    assert c.ok("ENABLE NONSENSE").of("ENABLED")[0].text == "* ENABLED"
    assert "IMAP4rev2" in c.ok("ENABLE IMAP4rev2 CONDSTORE").of("ENABLED")[0].text
    c.select()
    assert c.ok("SEARCH ALL").of("ESEARCH") and not c.ok("SEARCH ALL").of("SEARCH")


def test_rev2_select(user):
    a = user.client("a", enable="IMAP4rev2")
    a.append()
    reply = a.select()
    assert reply.of("LIST") and reply.recent is None and reply.code("UNSEEN") is None
    assert reply.exists == 1 and reply.code("UIDNEXT") == "2"
    a.ok("CREATE x")
    assert a.select("x").lines[0].code == "CLOSED"


def test_states(user):
    c = user.service.client("c")
    for command in ("SELECT INBOX", "LIST \"\" *", "STATUS INBOX (MESSAGES)", "FETCH 1 UID", "IDLE", "NAMESPACE"):
        c.bad(command)
    c.login(user.name)
    for command in ("FETCH 1 UID", "EXPUNGE", "CLOSE", "CHECK", f"LOGIN {user.name} pw", "STARTTLS", "AUTHENTICATE PLAIN"):
        c.bad(command)
    c.select()
    c.no("SELECT nowhere")
    c.bad("FETCH 1 UID")                              # a failed SELECT leaves nothing selected


def test_logout(user):
    a = user.client("a")
    reply = a.ok("LOGOUT")
    assert reply.kinds() == ["BYE"]
    with pytest.raises(Closed):
        a.line()


# ---- the door ----

@pytest.mark.parametrize("verb, stdin", [("disable", b""), ("passwd", b"new\n"), ("del", b"")])
def test_admin_cuts_sessions_within_a_second(user, verb, stdin):
    a, b = user.apart("a", "b")
    tag = b.start("IDLE")
    assert b.line().tag == "+"
    user.service.roost("user", verb, user.name, stdin=stdin)
    start = time.monotonic()
    assert b.hears_the_end().kinds()[-1:] in (["BYE"], [])
    a.hears_the_end()
    assert time.monotonic() - start < 1 * SLOW
    c = user.service.client("c")
    c.no(f"LOGIN {user.name} pw", code="AUTHENTICATIONFAILED")
    if verb == "disable":
        user.service.roost("user", "enable", user.name)
        c.login(user.name)
    if verb == "passwd":
        c.login(user.name, "new")


def test_admin_stops_mail_at_once(user):
    """Also to a recipient whom LMTP looked up a moment ago, and remembers for a minute."""
    lmtp = user.service.lmtp_client()
    for verb, code in (("passwd", 250), ("disable", 550), ("enable", 250), ("del", 550)):
        user.service.roost("user", verb, user.name, stdin=b"new\n")
        until(lambda: lmtp.deliver(letter(), user.name)[0][0] == code)


def test_other_users_are_not_cut(people):
    ann, bob = people("ann"), people("bob")
    a, b = ann.client("a", "INBOX"), bob.client("b", "INBOX")
    ann.service.roost("user", "disable", ann.name)
    a.hears_the_end()
    b.append()
    assert b.ok("NOOP").exists == 1 or b.ok("FETCH 1 UID").fetched


def test_users_do_not_see_each_other(people):
    ann, bob = people("ann"), people("bob")
    a, b = ann.client("a", "INBOX"), bob.client("b", "INBOX")
    a.ok("CREATE secret")
    a.append()
    assert b.ok("NOOP").exists is None
    assert set(b.ok('LIST "" *').listed) == {"INBOX"}


def test_autologout(private):
    service = private("idle_timeout = 3s\nlogin_timeout = 3s")
    user = service.user_add("ann")
    silent = service.client("silent")
    a, b, busy = (user.client(name, "INBOX") for name in ("a", "b", "busy"))
    b.start("IDLE")
    assert b.line().tag == "+"
    waiting = {c.wire.sock: c for c in (silent, a, b)}
    while waiting:
        busy.ok("NOOP")
        for sock in select.select(list(waiting), [], [], 0.05)[0]:
            assert waiting.pop(sock).hears_the_end().kinds()[-1] == "BYE"
    busy.ok("NOOP")


def test_too_many_connections_of_one_user(private):
    service = private("max_connections_per_user = 3")
    user = service.user_add("ann")
    clients = [user.client(f"c{i}") for i in range(3)]
    extra = service.client("extra")
    assert extra.do("LOGIN ann pw").status_word == "NO"
    clients[0].logout()
    until(lambda: extra.do("LOGIN ann pw").status_word == "OK")


# ---- quota ----

def test_over_quota(people):
    ann = people("ann", quota=100_000)
    a = ann.client("a", "INBOX")
    mail = letter(body="x" * 40_000)
    a.append(mail=mail)
    a.append(mail=mail)
    a.no("APPEND INBOX", mail, code="OVERQUOTA")
    a.ok("CREATE x")
    a.no("COPY 1 x", code="OVERQUOTA")
    a.ok("MOVE 1 x")                                 # adds nothing
    (code, text), = ann.service.lmtp_client().deliver(mail, ann.name)
    assert code == 552 and text.startswith("5.2.2")
    a.expunge(2)
    a.ok("APPEND INBOX", mail)
    (code, _), = ann.service.lmtp_client().deliver(letter(), ann.name)
    assert code == 250
