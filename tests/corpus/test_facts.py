"""tests/corpus/test_facts.py: what our mail code says of the corpus equals what two other servers agree on.

The corpus lies beside the repository (../shared/corpus) and is optional: without it the test is skipped.
MAILFACTS names the built tests/corpus/mailfacts.c (default build/tests/mailfacts). A fact that differs
must be listed in exceptions.json, with the reason; one that no longer differs must leave the list.

`--list` as a program prints every difference instead.
"""
import collections
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
TOOL = os.environ.get("MAILFACTS", str(ROOT / "build" / "tests" / "mailfacts"))
EXCEPTIONS = pathlib.Path(__file__).with_name("exceptions.json")

ENVELOPE = ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"]
NOT_OURS = {"append", "internaldate", "preview"}     # facts of other modules
CTE_UNKNOWN = 5                                      # enum cte


def words_parse(data):
    """IMAP words to lists, strings and None. Raises if they are not well formed."""
    stack, at = [[]], 0
    while at < len(data):
        c = data[at:at + 1]
        if c == b"(":
            stack.append([])
            at += 1
        elif c == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif c == b" ":
            at += 1
        elif c == b'"':
            text = bytearray()
            at += 1
            while data[at] != 0x22:
                at += data[at] == 0x5C
                assert data[at] not in (0, 10, 13) and data[at] < 0x80, "not a quoted string"
                text.append(data[at])
                at += 1
            stack[-1].append(text.decode())
            at += 1
        elif c == b"{":
            end = data.index(b"}\r\n", at)
            n = int(data[at + 1:end])
            stack[-1].append(data[end + 3:end + 3 + n].decode("utf-8", "replace"))
            at = end + 3 + n
        else:
            end = at
            while end < len(data) and data[end:end + 1] not in b" ()":
                end += 1
            atom = data[at:end].decode()
            stack[-1].append(None if atom == "NIL" else int(atom))
            at = end
    assert len(stack) == 1 and len(stack[0]) == 1, "parentheses do not balance"
    return stack[0][0]


def lower(word):
    return word.lower() if isinstance(word, str) else word


def none_if_empty(v):
    return None if v == "" or v == [] else v


def address_list(v):
    return None if v is None else [[none_if_empty(x) for x in a] for a in v]


def envelope_of(words):
    return {name: address_list(v) if 2 <= i <= 7 else none_if_empty(v)
            for i, (name, v) in enumerate(zip(ENVELOPE, words, strict=True))}


def params_of(words):
    pairs = [[words[i].lower(), none_if_empty(words[i + 1])] for i in range(0, len(words or []), 2)]
    pairs = [p for p in pairs if p[0] != "charset" or lower(p[1]) != "us-ascii"]
    return sorted(pairs, key=lambda p: (p[0], p[1] or "")) or None


def disposition_of(words):
    return words and [words[0].lower(), params_of(words[1])]


def language_of(words):
    return words and [w.lower() for w in ([words] if isinstance(words, str) else words)]


def extension_of(words):
    disposition, language, location = words
    return {"disposition": disposition_of(disposition), "language": language_of(language), "location": location}


def structure_of(words):
    if isinstance(words[0], list):
        n = next(i for i, w in enumerate(words) if not isinstance(w, list))
        subtype, params, *extension = words[n:]
        return {"type": "multipart/" + subtype.lower(), "parts": [structure_of(w) for w in words[:n]],
                "params": params_of(params), **extension_of(extension)}
    kind, subtype, params, ident, description, encoding, octets, *rest = words
    out = {"type": f"{kind}/{subtype}".lower(), "params": params_of(params), "id": ident,
           "description": description, "encoding": encoding.lower(), "octets": octets}
    if out["type"] in ("message/rfc822", "message/global"):
        envelope, body, *rest = rest
        out |= {"envelope": envelope_of(envelope), "body": structure_of(body)}
    if "envelope" in out or kind.lower() == "text":
        out["lines"], *rest = rest
    md5, *extension = rest
    return out | {"md5": md5, **extension_of(extension)}


def shape_of(s):
    if "parts" in s:
        return [s["type"], *map(shape_of, s["parts"])]
    return [s["type"], shape_of(s["body"])] if "body" in s else s["type"]


def digest(data):
    return {"len": len(data), "sha256": hashlib.sha256(data).hexdigest()[:32]} if data else None


class Reader:
    """Reads what mailfacts wrote."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def line(self):
        end = self.data.index(b"\n", self.at)
        line, self.at = self.data[self.at:end].decode(), end + 1
        return line

    def bytes(self, n):
        piece, self.at = self.data[self.at:self.at + n], self.at + n + 1
        return piece

    def more(self):
        return self.at < len(self.data)


def mail_read(r):
    """One mail: its name and its facts."""
    name, facts, sections = pathlib.Path(r.line().removeprefix("file ")).name, {}, []
    facts["rfc822.size"] = r.line().split()[1]
    _, envelope_n, structure_n = r.line().split()
    envelope = envelope_of(words_parse(r.bytes(int(envelope_n))))
    structure = structure_of(words_parse(r.bytes(int(structure_n))))
    facts |= {"envelope." + k: v for k, v in envelope.items()}
    facts |= {"bodystructure": structure, "shape": shape_of(structure)}
    while True:
        line = r.line()
        if line.startswith("section "):
            sections.append(line[len("section "):].split(" "))
        elif line.startswith("filter "):
            _, which, n = line.split()
            fields = "(FROM TO SUBJECT)" if which == "HEADER.FIELDS" else "(RECEIVED)"
            facts[f"BODY[{which} {fields}]"] = digest(r.bytes(int(n)))
        elif line == "binary -":
            facts |= {"BINARY[1]": None, "BINARY.SIZE[1]": 0}
        elif line.startswith("binary "):
            _, size, _broken, cte, n = line.split()
            data = r.bytes(int(n))
            assert int(size) == len(data), f"{name}: the decoded size {size} is {len(data)}"
            unknown = int(cte) == CTE_UNKNOWN
            facts |= {"BINARY[1]": None if unknown else digest(data), "BINARY.SIZE[1]": None if unknown else len(data)}
        else:
            mail = r.bytes(int(line.split()[1]))
            break
    for which, *where in sections:
        piece = b"" if where == ["-"] else mail[int(where[0]):int(where[0]) + int(where[1])]
        facts[f"BODY[{which}]"] = digest(piece)
    facts["BODY[]<10>"] = digest(mail[10:110])
    return name, facts


def folder_facts(folder):
    files = sorted((CORPUS / folder).iterdir())
    out = subprocess.run([TOOL], input="".join(f"{f}\n" for f in files).encode(), stdout=subprocess.PIPE, check=True).stdout
    r, facts = Reader(out), {}
    while r.more():
        name, facts[name] = mail_read(r)
    return facts


def differences():
    """Yields (folder, fact, expected, ours)."""
    for path in sorted((CORPUS / "expected").glob("*.json")):
        expected, ours = json.loads(path.read_text()), folder_facts(path.stem)
        rows = [(k, [v]) for k, v in expected["agreed"].items()]
        rows += [(k, list(v.values())) for k, v in expected["either"].items()]
        for key, allowed in rows:
            name, _, fact = key.partition(" ")
            if name in ("sort", "thread") or fact in NOT_OURS:
                continue
            if ours[name][fact] not in allowed:
                yield path.stem, key, allowed, ours[name][fact]


def test_facts():
    import pytest
    if not CORPUS.is_dir():
        pytest.skip("no corpus beside the repository")
    listed = {(e["folder"], e["fact"]) for e in json.loads(EXCEPTIONS.read_text())}
    found = {(folder, key) for folder, key, _, _ in differences()}
    assert sorted(found - listed) == [], "facts differ"
    assert sorted(listed - found) == [], "listed, but no longer differ"


if __name__ == "__main__":
    count = collections.Counter()
    for folder, key, allowed, ours in differences():
        count[key.partition(" ")[2]] += 1
        print(f"{folder} {key}\n  expected {json.dumps(allowed)[:1500]}\n  ours     {json.dumps(ours)[:1500]}")
    print(dict(count), file=sys.stderr)
