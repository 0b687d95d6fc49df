"""Quotas: limits of users, classes and domains; what is refused where, and what is told (RFC 9208)."""
import json
import re

import pytest

from client import until
from mails import letter


def limited(people, name="ann", **limits):
    """A new user with limits of their own."""
    someone = people(name)
    set_quota(someone, **limits)
    return someone


def set_quota(user, **limits):
    words = [w for k, v in limits.items() for w in (f"--{k}", str(v))]
    user.service.roost("quota", "set", user.name, *words)


def quota(c, root):
    """GETQUOTA: resource to (used, limit)."""
    line, = c.ok(f'GETQUOTA "{root}"').of("QUOTA")
    words = line.words[1]
    return {words[i]: (words[i + 1], words[i + 2]) for i in range(0, len(words), 3)}


def sums(c):
    """What LIST-STATUS adds up to: bytes, messages, mailboxes."""
    status = c.ok('LIST "" "*" RETURN (STATUS (MESSAGES SIZE))')
    boxes = status.status.values()
    return sum(b["SIZE"] for b in boxes), sum(b["MESSAGES"] for b in boxes), len(status.listed)


def standing(service, name):
    user, = json.loads(service.roost("quota", "get", name, "--json").stdout)
    return user


# ---- asking (RFC 9208 4.1) ----

@pytest.mark.cap("QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "QUOTA=RES-MAILBOX")
def test_getquota(people):
    ann = limited(people, storage="100KiB", messages=7, mailboxes=5)
    a = ann.client("a", "INBOX")
    assert {"QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "QUOTA=RES-MAILBOX"} <= a.capabilities()
    assert "QUOTASET" not in a.capabilities()
    assert quota(a, ann.name) == {"STORAGE": (0, 100), "MESSAGE": (0, 7), "MAILBOX": (1, 5)}
    a.append(mail=b"x: " + b"y" * 1020 + b"\r\n\r\n")
    assert quota(a, ann.name) == {"STORAGE": (2, 100), "MESSAGE": (1, 7), "MAILBOX": (1, 5)}     # what is begun counts whole
    a.ok("CREATE b/c")
    assert quota(a, ann.name)["MAILBOX"] == (3, 5)


def test_getquotaroot(people):
    ann = limited(people, mailboxes=5)
    a = ann.client("a")
    for name in ("INBOX", "none/such"):                # a mailbox need not exist
        said = a.ok(f"GETQUOTAROOT {name}")
        assert said.texts == [f"* QUOTAROOT {name} {ann.name}", f"* QUOTA {ann.name} (MAILBOX 1 5)"]
    a.no('GETQUOTAROOT "a//b"', code="CANNOT")
    for bad in ("GETQUOTA", "GETQUOTAROOT", "GETQUOTA a b", "GETQUOTAROOT a b", "SETQUOTA", "SETQUOTA a", "SETQUOTA a (STORAGE)",
                "SETQUOTA a (STORAGE x)", "SETQUOTA a (STORAGE 1", "SETQUOTA a STORAGE 1"):
        a.bad(bad)
    b = ann.service.client("b")
    b.bad("GETQUOTA x")                               # nobody is logged in


def test_without_limits_the_list_is_empty(user):
    a = user.client("a")
    assert a.ok("GETQUOTAROOT INBOX").texts == [f"* QUOTAROOT INBOX {user.name}", f"* QUOTA {user.name} ()"]


def test_that_of_others_is_nobodys_business(people):
    ann, bob = people("ann"), people("bob")
    a = ann.client("a")
    there, nowhere = a.no(f"GETQUOTA {bob.name}", code="NOPERM"), a.no("GETQUOTA nobody", code="NOPERM")
    assert there.tagged.text.split(" ", 1)[1] == nowhere.tagged.text.split(" ", 1)[1]
    a.no(f"SETQUOTA {ann.name} (STORAGE 1)", code="NOPERM")
    assert quota(a, ann.name) == {}


def test_status_deleted_storage(user):
    a = user.client("a", "INBOX")
    a.append(mail=letter(body="x" * 3000))
    a.append(mail=letter(body="y" * 1000))
    a.store(1, "+FLAGS (\\Deleted)")
    size = a.ok("FETCH 1 RFC822.SIZE").fetched[1]["RFC822.SIZE"]
    assert a.ok("STATUS INBOX (DELETED DELETED-STORAGE)").status["INBOX"] == {"DELETED": 1, "DELETED-STORAGE": size}
    assert a.ok('LIST "" INBOX RETURN (STATUS (DELETED-STORAGE))').status["INBOX"] == {"DELETED-STORAGE": size}


# ---- admins ----

@pytest.mark.cap("QUOTASET")
def test_setquota(people):
    boss, ann = people("boss"), limited(people, storage="1MiB", messages=9)
    boss.service.roost("user", "admin", boss.name, "on")
    a, b = ann.client("a"), boss.client("b")
    assert "QUOTASET" in b.capabilities()
    assert quota(b, ann.name) == {"STORAGE": (0, 1024), "MESSAGE": (0, 9)}
    said = b.ok(f"SETQUOTA {ann.name} (STORAGE 510 MAILBOX 3)")     # what is not named is discarded
    assert said.texts == [f"* QUOTA {ann.name} (STORAGE 0 510 MAILBOX 1 3)"]
    assert quota(a, ann.name) == {"STORAGE": (0, 510), "MAILBOX": (1, 3)}
    b.ok(f"SETQUOTA {ann.name} ()")
    assert quota(a, ann.name) == {}
    b.no(f"SETQUOTA {ann.name} (STORAGE 0)", code="CANNOT")
    b.no(f"SETQUOTA {ann.name} (ANNOTATION-STORAGE 5)", code="CANNOT")
    b.no(f"SETQUOTA {ann.name} (STORAGE 9223372036854775807)", code="CANNOT")
    b.no("SETQUOTA nobody (STORAGE 5)", code="NONEXISTENT")
    b.no("GETQUOTA nobody", code="NONEXISTENT")
    b.ok(f"SETQUOTA {boss.name} (MESSAGE 5)")
    assert quota(b, boss.name) == {"MESSAGE": (0, 5)}
    boss.service.roost("user", "admin", boss.name, "off")           # at once, whatever was told at login
    b.no(f"SETQUOTA {ann.name} (STORAGE 1)", code="NOPERM")
    b.no(f"GETQUOTA {ann.name}", code="NOPERM")
    assert "QUOTASET" not in boss.client("c").capabilities()


# ---- what is refused ----

@pytest.mark.parametrize("size,limits", [(5000, {"storage": "4KiB"}), (400_000, {"storage": "100KiB"}), (300, {"messages": 1})])
def test_append_is_refused_before_the_literal(people, size, limits):
    ann = limited(people, **limits)
    a = ann.client("a", "INBOX")
    if "messages" in limits:
        a.append()
    a.wire.send(b"x1 APPEND INBOX {%d}\r\n" % size)
    assert a.line().text.startswith("x1 NO [OVERQUOTA]")          # no "+"
    a.wire.send(b"x2 APPEND INBOX {%d+}\r\n%s\r\n" % (size, b"x" * size))
    assert a.line().text.startswith("x2 NO [OVERQUOTA]")
    a.ok("NOOP")


def test_append_with_room_goes_on(people):
    ann = limited(people, storage="64MiB")
    a = ann.client("a", "INBOX")
    for n in range(3):
        mail = letter(body="x" * 100 * n)
        a.wire.send(b"x%d APPEND INBOX {%d}\r\n" % (n, len(mail)))
        assert a.line().text.startswith("+ ")
        a.wire.send(mail + b"\r\n")
        assert a.reply(f"x{n}").status_word == "OK"


def test_messages(people):
    ann = limited(people, messages=3)
    a = ann.client("a", "INBOX")
    a.append(), a.append()
    a.ok("CREATE x")
    a.no("COPY 1:2 x", code="OVERQUOTA")                         # one fits, two do not: none is copied
    assert a.ok("STATUS x (MESSAGES)").status["x"]["MESSAGES"] == 0
    a.ok("COPY 1 x")
    a.no("APPEND INBOX", b"x: y\r\n\r\n", code="OVERQUOTA")
    a.ok("MOVE 1:2 x")                                           # adds nothing
    a.ok("DELETE x")
    assert quota(a, ann.name) == {"MESSAGE": (0, 3)}
    a.append()


def test_mailboxes(people):
    ann = limited(people, mailboxes=4)
    a = ann.client("a")
    a.no("CREATE a/b/c/d", code="OVERQUOTA")                     # with its parents it is four more
    assert a.ok('LIST "" *').listed.keys() == {"INBOX"}
    a.ok("CREATE a/b/c")
    a.no("CREATE d", code="OVERQUOTA")
    a.no("RENAME INBOX old", code="OVERQUOTA")
    a.no("RENAME a/b/c x/y", code="OVERQUOTA")                   # makes x
    a.ok("RENAME a/b/c y")
    a.ok("DELETE y")
    a.ok("CREATE d")
    assert quota(a, ann.name) == {"MAILBOX": (4, 4)}
    set_quota(ann, mailboxes=2)                                  # what is there stays
    a.no("CREATE e", code="OVERQUOTA")
    a.ok("DELETE d")
    a.ok("RENAME a/b z")
    a.append()


def test_too_much_of_one_resource_is_no_matter_to_another(people):
    ann = people("ann")
    a = ann.client("a", "INBOX")
    a.append(mail=letter(body="x" * 5000))
    set_quota(ann, storage="1KiB", messages=9)
    a.no("APPEND INBOX", b"x: y\r\n\r\n", code="OVERQUOTA")
    a.ok("CREATE x")
    a.ok("STORE 1 +FLAGS (\\Deleted)")
    a.ok("EXPUNGE")
    a.append()


def test_grace_is_for_mail_that_comes_in(people, service):
    ann = limited(people, storage="10KiB", messages=10)
    a = ann.client("a", "INBOX")
    lmtp = service.lmtp_client()
    a.append(mail=b"x" * 10_000)
    a.no("APPEND INBOX", b"x" * 800, code="OVERQUOTA")
    assert lmtp.deliver(b"a: b\r\n\r\n" + b"x" * 500, ann.name)[0][0] == 250       # 10 % beyond
    (code, text), = lmtp.deliver(b"a: b\r\n\r\n" + b"x" * 800, ann.name)
    assert code == 552 and text.startswith("5.2.2")
    assert lmtp.deliver(b"a: b\r\n\r\n" + b"x" * 100, ann.name)[0][0] == 250
    used, limit = quota(a, ann.name)["STORAGE"]
    assert limit < used <= limit * 11 / 10


def test_full_may_mean_later(private):
    service = private("quota_full = defer")
    ann = service.user_add("ann", quota=100)
    bob = service.user_add("bob")
    answers = service.lmtp_client().deliver(letter(body="x" * 200), ann.name, bob.name)     # each recipient by itself
    assert [code for code, _ in answers] == [452, 250] and answers[0][1].startswith("4.2.2")
    ann.client("a").no("APPEND INBOX", b"x" * 200, code="OVERQUOTA")


# ---- soft limits ----

def test_soft_limit_is_told(people):
    ann = limited(people, storage="10KiB")
    a = ann.client("a", "INBOX")
    assert not [t for t in a.ok("APPEND INBOX", b"x" * 5000).texts if "OVERQUOTA" in t]
    said = a.ok("APPEND INBOX", b"y" * 4400)
    assert "* NO [OVERQUOTA] You use 91 % of your storage" in said.texts
    assert said.tagged_code.startswith("APPENDUID")
    assert [t for t in a.ok("SELECT INBOX").texts if "ALERT" in t] == [
        "* OK [ALERT] You use 91 % of your storage"]
    assert not [t for t in a.ok("SELECT INBOX").texts if "ALERT" in t]              # once a session
    b = ann.client("b")
    assert [t for t in b.ok("EXAMINE INBOX").texts if "ALERT" in t]
    a.ok("CREATE x")
    assert "* NO [OVERQUOTA] You use 91 % of your storage" in a.ok("MOVE 1 x").texts
    a.ok("DELETE x")
    assert not [t for t in a.ok("APPEND INBOX", b"x" * 10).texts if "OVERQUOTA" in t]


def test_soft_limit_of_copies(people):
    ann = limited(people, messages=10)
    a = ann.client("a", "INBOX")
    for _ in range(5):
        a.append()
    said = a.ok("COPY 1:4 INBOX")
    assert "* NO [OVERQUOTA] You use 90 % of your messages" in said.texts
    assert said.tagged_code.startswith("COPYUID")


def test_a_letter_warns_once(private):
    service = private('quota_warning = "Empty your bin."')
    ann = service.user_add("ann", quota=20_000)
    service.roost("quota", "class", "default", "--warn", "on", "--soft", "50%")
    a, lmtp = ann.client("a", "INBOX"), service.lmtp_client()

    def mails():
        a.ok("NOOP")
        return [m["BODY[]"].decode() for m in a.ok("FETCH 1:* BODY.PEEK[]").fetched.values()]
    until(lambda: standing(service, "ann")["soft_percent"] == 50)
    lmtp.deliver(letter(body="x" * 8000), "ann")
    assert len(mails()) == 1
    lmtp.deliver(letter(body="x" * 3000), "ann")                 # crosses
    until(lambda: len(mails()) == 3)
    warning, = [m for m in mails() if "Subject: Your mail quota is nearly full" in m]
    assert re.search(r"(?m)^You use 5\d % of your storage\.\r\n\r\nEmpty your bin\.\r$", warning)
    assert "Auto-Submitted: auto-generated" in warning and "Return-Path: <>" in warning
    lmtp.deliver(letter(body="x" * 3000), "ann")
    assert len(mails()) == 4
    a.expunge(1), a.expunge(2)
    lmtp.deliver(letter(body="x" * 7000), "ann")                 # and crosses again
    until(lambda: sum("Your mail quota" in m for m in mails()) == 2)


# ---- classes and domains ----

def test_classes_and_domains(private):
    service = private("default_quota_bytes = 5MiB", init=("--shards", "2"))
    users = {name: service.user_add(name) for name in ("ann", "bob@x.example", "cid@x.example")}
    a = {name: user.client("a") for name, user in users.items()}

    def told(name, want):
        until(lambda: quota(a[name], name) == want)
    for name in users:
        told(name, {"STORAGE": (0, 5120)})                       # of the class "default", as configured
    service.roost("quota", "class", "default", "--storage", "1MiB")
    for name in users:
        told(name, {"STORAGE": (0, 1024)})
    service.roost("quota", "class", "staff", "--storage", "2MiB", "--messages", "20")
    service.roost("quota", "domain", "X.Example", "staff")
    told("bob@x.example", {"STORAGE": (0, 2048), "MESSAGE": (0, 20)})
    told("cid@x.example", {"STORAGE": (0, 2048), "MESSAGE": (0, 20)})
    told("ann", {"STORAGE": (0, 1024)})
    service.roost("quota", "set", "cid@x.example", "--messages", "30", "--storage", "inherit")     # their own comes first
    told("cid@x.example", {"STORAGE": (0, 2048), "MESSAGE": (0, 30)})
    service.roost("quota", "class", "staff", "--messages", "none", "--mailboxes", "8")
    told("bob@x.example", {"STORAGE": (0, 2048), "MAILBOX": (1, 8)})
    told("cid@x.example", {"STORAGE": (0, 2048), "MESSAGE": (0, 30), "MAILBOX": (1, 8)})
    service.roost("quota", "set", "ann", "--class", "staff")
    told("ann", {"STORAGE": (0, 2048), "MAILBOX": (1, 8)})
    service.roost("quota", "domain", "x.example", "none")
    told("bob@x.example", {"STORAGE": (0, 1024)})
    assert service.roost("quota", "class", "staff", "--delete", check=False).returncode == 1        # ann has it
    service.roost("quota", "set", "ann", "--class", "none")
    service.roost("quota", "class", "staff", "--delete")
    told("ann", {"STORAGE": (0, 1024)})
    listed = json.loads(service.roost("quota", "list", "--json").stdout)
    assert [c["name"] for c in listed["classes"]] == ["default"] and listed["domains"] == []
    service.restart()
    assert standing(service, "cid@x.example")["messages"] == {"used": 0, "limit": 30, "own": True}
    assert standing(service, "ann")["storage"] == {"used": 0, "limit": 1 << 20, "own": False}


def test_the_configuration_is_heard(private):
    service = private("default_quota_bytes = 5MiB")
    service.user_add("ann")
    service.user_add("bob", quota=1 << 20)
    service.stop()
    service.configure("default_quota_bytes = 6MiB")
    service.up()
    until(lambda: standing(service, "ann")["storage"]["limit"] == 6 << 20)
    assert standing(service, "bob")["storage"]["limit"] == 1 << 20
    service.kill("directory")
    service.kill("shard")
    until(lambda: service.roost("quota", "get", "-A", check=False).returncode == 0)
    assert standing(service, "ann")["storage"]["limit"] == 6 << 20


# ---- roost quota ----

def test_roost_quota(private):
    service = private()
    for i, size in enumerate((3000, 9000, 6000)):
        name = f"u{i}@x.example"
        user = service.user_add(name)
        service.roost("quota", "set", name, "--storage", "10KiB")
        user.client("a").append(mail=b"x" * size)
    service.user_add("other")
    top = json.loads(service.roost("quota", "top", "--count", "2", "--json").stdout)
    assert [u["name"] for u in top] == ["u1@x.example", "u2@x.example"]
    top = json.loads(service.roost("quota", "top", "--count", "1", "--by", "percent", "--json").stdout)
    assert [(u["name"], u["percent"]) for u in top] == [("u1@x.example", 87)]
    masked = json.loads(service.roost("quota", "get", "*@x.example", "--json").stdout)
    assert len(masked) == 3 and masked[0]["storage"] == {"used": 3000, "limit": 10240, "own": True}
    assert len(json.loads(service.roost("quota", "get", "-A", "--json").stdout)) == 4
    text = service.roost("quota", "get", "u1@x.example").stdout.decode()
    assert re.search(r"u1@x\.example +default +8\.8 KiB of 10\.0 KiB +1 +1 +87%", text), text
    dry = service.roost("quota", "class", "default", "--messages", "0", "--mailboxes", "none", "--dry-run").stdout.decode()
    assert "4 users are concerned, 0 of them would be over" in dry
    service.roost("quota", "class", "small", "--storage", "1KiB")
    service.roost("quota", "set", "u0@x.example", "--storage", "inherit")
    dry = service.roost("quota", "domain", "x.example", "small", "--dry-run").stdout.decode()
    assert dry.splitlines()[0] == "u0@x.example would be over" and "3 users are concerned, 1" in dry
    assert b"default" in service.roost("quota", "list").stdout


@pytest.mark.parametrize("words,code", [
    (("get",), 2), (("get", "nobody"), 1), (("get", "ann", "-A"), 2), (("set", "ann"), 2), (("set", "nobody", "--storage", "1"), 1),
    (("set", "ann", "--storage", "much"), 2), (("set", "ann", "--messages", "-1"), 2), (("set", "ann", "--class", "nosuch"), 1),
    (("class", "x"), 2), (("class", "X", "--storage", "1"), 1), (("class", "x", "--soft", "101"), 2), (("class", "x", "--warn", "maybe"), 2),
    (("class", "x", "--delete"), 1), (("class", "default", "--delete"), 1), (("class", "x", "--storage", "inherit"), 2),
    (("class", "x", "--delete", "--soft", "1"), 2), (("domain", "x.example", "nosuch"), 1), (("domain", "x example", "default"), 1),
    (("top", "--by", "name"), 2), (("top", "--count", "0"), 2),
], ids=lambda words: " ".join(words) if isinstance(words, tuple) else None)
def test_bad_words_change_nothing(roomy, words, code):
    before = roomy.roost("quota", "list", "--json").stdout + roomy.roost("quota", "get", "-A", "--json").stdout
    done = roomy.roost("quota", *words, check=False)
    assert done.returncode == code and done.stderr.startswith(b"roost: "), done
    assert before == roomy.roost("quota", "list", "--json").stdout + roomy.roost("quota", "get", "-A", "--json").stdout


@pytest.fixture(scope="module")
def roomy():
    from service import Service
    service = Service().up()
    service.user_add("ann")
    yield service
    service.remove()
