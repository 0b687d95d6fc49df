"""tests/corpus/test_search_facts.py: our SEARCH finds in the corpus what two other servers agree on.

The corpus lies beside the repository (../shared/corpus) and is optional: without it the test is skipped.
SEARCHFACTS names the built tests/corpus/searchfacts.c (default build/tests/searchfacts). An answer that
differs must be listed in search_exceptions.json, with the reason; one that no longer differs must leave the list.

`--list` as a program prints every difference instead.
"""
import collections
import datetime
import json
import os
import pathlib
import shlex
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
TOOL = os.environ.get("SEARCHFACTS", str(ROOT / "build" / "tests" / "searchfacts"))
EXCEPTIONS = pathlib.Path(__file__).with_name("search_exceptions.json")

# common/mail/program.h
(ALL, AND, OR, NOT, UIDS, FLAGS, KEYWORD, BEFORE, ON, SINCE, SENTBEFORE, SENTON, SENTSINCE, LARGER, SMALLER,
 HEADER, ADDRESS, SUBJECT, BODY, TEXT, MODSEQ) = range(1, 22)
WITH_DAY = {"SENTBEFORE": SENTBEFORE, "SENTON": SENTON, "SENTSINCE": SENTSINCE}
WITH_SIZE = {"LARGER": LARGER, "SMALLER": SMALLER}
WITH_TEXT = {"SUBJECT": SUBJECT, "BODY": BODY, "TEXT": TEXT}
ADDRESSES = ["FROM", "TO", "CC", "BCC"]


def op(number, operands=b""):
    return bytes([number]) + operands


def lstr(text):
    return struct.pack(">I", len(text.encode())) + text.encode()


def day(word):
    return struct.pack(">I", (datetime.datetime.strptime(word, "%d-%b-%Y") - datetime.datetime(1970, 1, 1)).days)


def program_of(words):
    """Takes one search key from the front of the words."""
    key = words.pop(0)
    if key == "NOT":
        return op(NOT, program_of(words))
    if key == "OR":
        return op(OR, program_of(words) + program_of(words))
    if key == "HEADER":
        return op(HEADER, lstr(words.pop(0)) + lstr(words.pop(0)))
    if key in ADDRESSES:
        return op(ADDRESS, bytes([ADDRESSES.index(key)]) + lstr(words.pop(0)))
    if key in WITH_TEXT:
        return op(WITH_TEXT[key], lstr(words.pop(0)))
    if key in WITH_DAY:
        return op(WITH_DAY[key], day(words.pop(0)))
    return op(WITH_SIZE[key], struct.pack(">Q", int(words.pop(0))))


def folder_answers(folder, queries):
    """{(query, file): matches}"""
    files = sorted(f.name for f in (CORPUS / folder).iterdir())
    asked = [f"program {program_of(shlex.split(q)).hex()}\n" for q in queries] + [f"file {CORPUS / folder / f}\n" for f in files]
    out = subprocess.run([TOOL], input="".join(asked).encode(), stdout=subprocess.PIPE, check=True).stdout.decode().split()
    return {(q, f): bit == "1" for f, bits in zip(files, out, strict=True) for q, bit in zip(queries, bits, strict=True)}


def differences():
    """Yields (folder, query, file, what ours says)."""
    for path in sorted((CORPUS / "expected").glob("*.json")):
        search = json.loads(path.read_text())["search"]
        ours = folder_answers(path.stem, list(search))
        for query, answers in search.items():
            for answer, files in answers.items():
                for file in files:
                    if ours[query, file] != (answer == "true"):
                        yield path.stem, query, file, ours[query, file]


def test_search_facts():
    import pytest
    if not CORPUS.is_dir():
        pytest.skip("no corpus beside the repository")
    listed = {(e["folder"], e["query"], e["file"]) for e in json.loads(EXCEPTIONS.read_text())}
    found = {(folder, query, file) for folder, query, file, _ in differences()}
    assert sorted(found - listed) == [], "answers differ"
    assert sorted(listed - found) == [], "listed, but no longer differ"


if __name__ == "__main__":
    count = collections.Counter()
    for folder, query, file, ours in differences():
        count[query] += 1
        print(f"{folder} {query} {file}: ours {ours}")
    print(dict(count), file=sys.stderr)
