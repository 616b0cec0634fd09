"""What the tests of the documents share: headings, code, tables and links of a Markdown file, and the texts of the sources."""

from __future__ import annotations

import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.M | re.S)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str) -> list[tuple[str, str]]:
    """Language and content of each block of code."""
    return [(language, re.sub(rf"^{indent}", "", body, flags=re.M)) for indent, language, body in FENCE.findall(text)]


def prose(text: str) -> str:
    return FENCE.sub("", text)


def headings(text: str) -> list[tuple[int, str]]:
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", prose(text), re.M)]


def anchor(title: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def tables(text: str) -> list[tuple[str, list[list[str]]]]:
    """Each table without its head, and the comment that stands right above it."""
    found = re.findall(r"(?:^<!-- (\w+) -->\n\n)?^\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)*)", prose(text), re.M)
    return [(mark, [cells(line) for line in body.splitlines()]) for mark, body in found]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@functools.cache
def our_texts() -> dict[str, str]:
    """The sources that speak to people, with strings of several lines joined."""
    files = [ROOT / "server/entrypoint.sh", ROOT / "web/entrypoint.sh", *(ROOT / "web/nginx").iterdir(),
             *(p for p in (ROOT / "server/src").rglob("*.cpp") if not p.stem.endswith("_test"))]
    return {str(p.relative_to(ROOT)): re.sub(r'"\s*\n\s*"', "", p.read_text(encoding="utf-8")) for p in files}


def test_exists(name: str) -> bool:
    """`host/test_x.py::test_y` below tests/deploy or tests, `models/x_test.cpp::Suite.Name` below server/src."""
    path, _, test = name.partition("::")
    for place in ("tests/deploy", "tests", "server/src"):
        file = ROOT / place / path
        if not file.is_file():
            continue
        if file.suffix == ".cpp":
            suite, _, case = test.partition(".")
            return bool(re.search(rf"\bTEST(_[FP])?\(\s*{re.escape(suite)},\s*{re.escape(case)}\s*\)", file.read_text()))
        return bool(re.search(rf"^def {re.escape(test)}\(", file.read_text(), re.M))
    return False


test_exists.__test__ = False
