#!/usr/bin/python3
"""docs/rpc.md from common/rpc/rpc.def: writes it, or with --check fails when it is stale."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEF = ROOT / "common/rpc/rpc.def"
PAGE = ROOT / "docs/rpc.md"

INTRO = """# The messages between the processes

Grown from `common/rpc/rpc.def` by `tools/rpc_table.py`: change the former, run the latter.

"""

MESSAGE = re.compile(r"RPC_MSG\((\w+), (\d+)\)")
FIELD = re.compile(r"\s+RPC_(U32|U64|STR)\((\w+)\)")
SECTION = re.compile(r"/\* -+ (.*?) -+ \*/")


def comment_lines(text):
    """The words of a C comment, without its stars."""
    inner = text.strip().removeprefix("/*").removesuffix("*/")
    return [line.strip().removeprefix("* ").strip("*").rstrip() for line in inner.splitlines()]


def pieces(text):
    """(code, comment) of each line, a comment of several lines joined to the line where it began."""
    lines = iter(text.splitlines())
    for line in lines:
        code, star, rest = line.partition("/*")
        while star and "*/" not in rest:
            rest += "\n" + next(lines)
        yield code, ("/*" + rest) if star else ""


def cell(comment):
    return " ".join(filter(None, comment_lines(comment))).replace("|", "\\|")


def head(comment):
    """A comment that stands alone keeps its lines."""
    lines = comment_lines(comment)
    return "```\n" + "\n".join(lines).strip() + "\n```\n"


def page(text):
    out = [INTRO]
    fields = []
    for code, comment in pieces(text):
        section, message, field = SECTION.match(comment), MESSAGE.match(code), FIELD.match(code)
        if message:
            name, number = message.groups()
            what, fields = cell(comment), []
        elif field:
            kind, field_name = field.groups()
            note = cell(comment)
            fields.append(f"`{field_name}` {kind.lower()}" + (f": {note}" if note else ""))
        elif code.startswith("RPC_END"):
            out.append(f"| {number} | `{name}` | {what} | {'<br>'.join(fields)} |\n")
        elif section:
            title = section.group(1)
            out.append(f"\n## {title[0].upper()}{title[1:]}\n\n| no | message | what | fields |\n|---|---|---|---|\n")
        elif comment and not code.strip():
            out.append(head(comment))
    return "".join(out)


def main():
    fresh = page(DEF.read_text())
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text() != fresh:
            sys.exit("docs/rpc.md is stale: run tools/rpc_table.py")
    elif sys.argv[1:]:
        sys.exit("usage: rpc_table.py [--check]")
    else:
        PAGE.write_text(fresh)


if __name__ == "__main__":
    main()
