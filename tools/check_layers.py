#!/usr/bin/env python3
"""Holds the sources against the layer table of docs/architecture.md and against the size limits of CONTRIBUTING.md.

Checks: which folder of server/src includes which; where third-party headers may appear; that the built server links no
media or model library (when it has been built); the length of sources and headers.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SRC = ROOT / "server" / "src"

MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "config": {"base"},
    "observe": {"base"},
    "protocol": {"base", "domain"},
    "app": {"base", "domain"},
    "storage": {"base", "domain", "app"},
    "supervisor": {"base", "domain", "app", "protocol", "observe"},
    "outbound": {"base"},
    "models": {"base", "domain", "outbound"},
    "doctor": {"base", "config", "storage", "models", "outbound"},
    "http": {"base"},
    "archive": {"base"},
    "api": {"base", "domain", "app", "http", "observe", "archive"},
    "cli": {"base", "domain", "app", "storage", "supervisor", "protocol", "outbound", "models", "doctor", "http", "api",
            "config", "observe"},
    "media": {"base", "domain"},
    "asr": {"base", "domain"},
    "worker": {"base", "domain", "protocol", "media", "asr"},
}

# Third-party headers and the only folders that may see them.
THIRD_PARTY = {
    r"boost/beast": {"http"},
    r"boost/asio": {"http"},
    r"boost/json": {"protocol", "api", "models", "doctor", "cli"},
    r"sqlite3\.h": {"storage"},
    r"curl/": {"outbound"},
    r"archive(_entry)?\.h": {"archive"},
    r"libav|libsw": {"media"},
    r"whisper\.h|ggml": {"asr"},
    r"spdlog/": {"observe"},
    r"prometheus/": {"observe"},
    r"CLI/": {"cli"},
    r"sodium": {"base", "api"},
    r"openssl/": {"api"},
}
WORKER_ONLY = ("libav", "libsw", "libwhisper", "libggml")
SOURCE_LIMIT = 600
HEADER_LIMIT = 400
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def check_file(path: pathlib.Path) -> list[str]:
    layer = path.relative_to(SRC).parts[0]
    problems = []
    text = path.read_text(encoding="utf-8")
    is_test = path.stem.endswith("_test")
    for kind, name in INCLUDE.findall(text):
        head = name.split("/")[0]
        if kind == '"' and head in MAY_INCLUDE and head != layer and head not in MAY_INCLUDE[layer] and not is_test:
            problems.append(f"{path.relative_to(ROOT)}: {layer} must not include {name}")
        for pattern, allowed in THIRD_PARTY.items():
            if kind == "<" and re.match(pattern, name) and layer not in allowed and not is_test:
                problems.append(f"{path.relative_to(ROOT)}: <{name}> belongs to {', '.join(sorted(allowed))}")
    lines = text.count("\n")
    limit = HEADER_LIMIT if path.suffix == ".hpp" else SOURCE_LIMIT
    if lines > limit:
        problems.append(f"{path.relative_to(ROOT)}: {lines} lines, more than {limit}: is it one idea?")
    return problems


def check_links() -> list[str]:
    """The server program and what it loads hold no media or model library."""
    problems = []
    for program in ROOT.glob("build/*/bin/zimu"):
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        symbols = subprocess.run(["nm", "-C", program], capture_output=True, text=True, check=False).stdout
        problems += [f"{program}: links {word}" for word in WORKER_ONLY if re.search(rf"\b{word}\w*[.-]", listed)]
        problems += [f"{program}: contains {word}" for word in ("whisper_full", "ggml_init", "avformat_open_input")
                     if re.search(rf"\b{word}\b", symbols)]
    return problems


def main() -> int:
    problems = check_links()
    files = [p for p in sorted(SRC.rglob("*")) if p.suffix in (".cpp", ".hpp")]
    for path in files:
        if path.relative_to(SRC).parts[0] not in MAY_INCLUDE:
            problems.append(f"{path.relative_to(ROOT)}: a folder that the layer table does not know")
            continue
        problems += check_file(path)
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
