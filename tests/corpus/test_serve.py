"""tests/corpus/test_serve.py: the corpus through the whole service gives the facts that two other servers agree on.

Each folder is APPENDed to a mailbox of its own as ORIGIN.md says, then every fact is asked for over IMAP. The facts are
made comparable by test_facts.py, and the same exceptions hold: what the service says is what the mail code says. Sort,
thread and preview facts wait for the issue that brings those commands.

The corpus lies beside the repository (../shared/corpus) and is optional: without it the tests are skipped.
"""
import datetime
import json
import pathlib
import re
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "talk")]

from service import Service  # noqa: E402
import test_facts  # noqa: E402
import test_search_facts  # noqa: E402
from test_facts import CORPUS  # noqa: E402

FOLDERS = sorted(p.stem for p in (CORPUS / "expected").glob("*.json"))
NOT_YET = {"sort", "thread", "preview"}
SECTIONS = ["", "HEADER", "TEXT", "1", "1.1", "1.MIME", "2", "2.MIME", "HEADER.FIELDS (FROM TO SUBJECT)",
            "HEADER.FIELDS.NOT (RECEIVED)"]
ITEMS = ["INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[]<10.100>",
         *[f"BODY.PEEK[{s}]" for s in SECTIONS]]

pytestmark = pytest.mark.skipif(not FOLDERS, reason="no corpus beside the repository")


@pytest.fixture(scope="module")
def service():
    made = Service().up()
    yield made
    made.stop()
    trouble = made.trouble()
    made.remove()
    assert trouble == []


@pytest.fixture(scope="module")
def user(service):
    someone = service.user_add("corpus")
    yield someone
    someone.close()


def mails(folder):
    """The folder's messages in name order, each with canonical line ends."""
    out = {}
    for path in sorted((CORPUS / folder).iterdir()):
        mail = path.read_bytes()
        mail = re.sub(rb"(?<!\r)\n", b"\r\n", mail) if b"\n" in mail else mail.replace(b"\r", b"\r\n")
        out[path.name] = mail
    return out


# asking

def append_all(client, folder):
    """{file: (UID, how APPEND ended)}"""
    client.ok(f'CREATE "{folder}"')
    date, out = datetime.datetime(2010, 1, 1), {}
    for name, mail in mails(folder).items():
        reply = client.do(f'APPEND "{folder}" "{date:%d-%b-%Y %H:%M:%S} +0000"', mail)
        out[name] = int(reply.code("APPENDUID").split()[1]), reply.status_word
        date += datetime.timedelta(minutes=1)
    return out


def words_of(word):
    """Strings that came as literals are strings; what came quoted holds no 8-bit."""
    if isinstance(word, list):
        return [words_of(w) for w in word]
    assert not isinstance(word, str) or word.isascii(), f"8-bit in a quoted string: {word!r}"
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else word


def octets_of(word):
    return word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word


def fetched_facts(items):
    envelope = test_facts.envelope_of(words_of(items["ENVELOPE"]))
    structure = test_facts.structure_of(words_of(items["BODYSTRUCTURE"]))
    facts = {"internaldate": items["INTERNALDATE"].strip(), "rfc822.size": str(items["RFC822.SIZE"]),
             "bodystructure": structure, "shape": test_facts.shape_of(structure)}
    facts |= {"envelope." + field: value for field, value in envelope.items()}
    return facts | {item: test_facts.digest(octets_of(word)) for item, word in items.items() if item.startswith("BODY[")}


def binary_facts(client, uid):
    """An encoding that nobody knows is refused (RFC 9051 section 7.1, UNKNOWN-CTE): there are no such octets then."""
    reply = client.do(f"UID FETCH {uid} (BINARY.PEEK[1] BINARY.SIZE[1])")
    if reply.status_word == "NO":
        assert reply.tagged_code == "UNKNOWN-CTE", reply
        return {"BINARY[1]": None, "BINARY.SIZE[1]": None}
    items, = reply.fetched.values()
    return {"BINARY[1]": test_facts.digest(octets_of(items["BINARY[1]"])), "BINARY.SIZE[1]": items["BINARY.SIZE[1]"]}


def folder_facts(client, folder):
    """{file: {fact: value}}, as test_facts.py has them."""
    uids = append_all(client, folder)
    client.select(folder, "EXAMINE")
    fetched = {items["UID"]: items for items in client.ok(f"UID FETCH 1:* ({' '.join(ITEMS)})").fetched.values()}
    return {name: {"append": status, **fetched_facts(fetched[uid]), **binary_facts(client, uid)}
            for name, (uid, status) in uids.items()}, {uid: name for name, (uid, _) in uids.items()}


def query_words(query):
    """The words of a query, its strings as literals: they may be 8-bit."""
    pieces = re.split(r'"([^"]*)"', query)
    return [piece.encode() if i % 2 else piece.strip() for i, piece in enumerate(pieces) if i % 2 or piece.strip()]


# comparing

def exceptions(path, *keys):
    return {tuple(e[k] for k in keys) for e in json.loads(path.read_text())}


def facts_that_differ(expected, ours):
    rows = [(key, [value]) for key, value in expected["agreed"].items()]
    rows += [(key, list(values.values())) for key, values in expected["either"].items()]
    for key, allowed in rows:
        name, _, fact = key.partition(" ")
        if not {name, fact} & NOT_YET and ours[name][fact] not in allowed:
            yield key


def answers_that_differ(expected, client, names):
    for query, answers in expected["search"].items():
        found = {names[uid] for uid in client.ok("UID SEARCH CHARSET UTF-8", *query_words(query)).found}
        for answer, files in answers.items():
            for file in files:
                if (file in found) != (answer == "true"):
                    yield query, file


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder(user, folder):
    client = user.client("a")
    expected = json.loads((CORPUS / "expected" / f"{folder}.json").read_text())
    ours, names = folder_facts(client, folder)

    listed = {fact for f, fact in exceptions(test_facts.EXCEPTIONS, "folder", "fact") if f == folder}
    assert set(facts_that_differ(expected, ours)) ^ listed == set(), "facts differ, or are listed and do not"
    listed = {(query, file) for f, query, file in
              exceptions(test_search_facts.EXCEPTIONS, "folder", "query", "file") if f == folder}
    assert set(answers_that_differ(expected, client, names)) ^ listed == set(), "answers differ, or are listed and do not"


@pytest.mark.parametrize("folder", FOLDERS)
def test_lmtp(service, folder):
    """What comes by LMTP is what was sent, under the lines that a delivery adds."""
    user = service.user_add("lmtp-" + folder[:40])
    sample = list(mails(folder).values())[::8]
    lmtp = service.lmtp_client()
    for mail in sample:
        assert [code for code, _ in lmtp.deliver(mail, user.name)] == [250]
    stored = user.client("a", "INBOX").ok("UID FETCH 1:* (BODY.PEEK[])").fetched
    for n, mail in enumerate(sample, 1):
        added = f"Return-Path: <sender@test.example>\r\nDelivered-To: {user.name}\r\n".encode()
        sent = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
        assert stored[n]["BODY[]"] == added + sent, f"message {n} of the sample"
    user.close()
    lmtp.close()
