"""The documents of the deployment say what is there: every setting, both languages alike, error texts that occur, links
that lead somewhere, commands that exist, tests that are named."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from compose_files import compose, needs_compose
from docs_text import ROOT, anchor, code, fences, headings, our_texts, read, tables, test_exists

DEPLOY = ["DEPLOY.md", "DEPLOY.zh-CN.md"]
EVIDENCE, REQUIREMENTS = "docs/deploy-evidence.md", "docs/requirements.md"
ROWS = 40
ACCEPTANCE_AND_TASKS = 25
ZIMU = os.path.join(os.environ.get("ZIMU_BIN_DIR", ROOT / "build/dev/bin"), "zimu")
# Examples of what a user may write.
USERS_OWN = {"docker-compose.mine.yml", "docker-compose.traefik.yml"}
deploy = pytest.mark.parametrize("document", DEPLOY)


def env_example() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Za-z0-9_]+)=(.*)$", read(".env.example"), re.M))


def settings(document: str) -> dict[str, str | None]:
    """Name and default of each row of the table of settings."""
    [rows] = [rows for mark, rows in tables(read(document)) if mark == "settings"]
    return {code(name)[0]: (code(default) or [None])[0] for name, default, _ in rows if code(name)}


@deploy
def test_every_setting_is_in_the_table(document):
    """Those of .env.example, of the server's own table, and of the two entrypoints; and no name that nothing reads."""
    server = set(re.findall(r'Row\{"(\w+)"', read("server/src/config/config.cpp")))
    assert len(server) > 15
    scripts = read("server/entrypoint.sh") + read("web/entrypoint.sh")
    entrypoints = {name for name in re.findall(r"\b(ZIMU_[A-Z_]+)\b", scripts) if not name.startswith("ZIMU_TEST_")}
    assert set(settings(document)) == set(env_example()) | server | entrypoints


@deploy
def test_defaults_are_those_of_the_example(document):
    for name, default in settings(document).items():
        if default is not None and name in env_example():
            assert env_example()[name] == default, name


def test_both_languages_have_the_same_structure():
    english, chinese = (read(name) for name in DEPLOY)
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    one, other = tables(english), tables(chinese)
    assert [mark for mark, _ in one] == [mark for mark, _ in other]
    for (_, rows), (_, theirs) in zip(one, other, strict=True):
        assert [code(row[0]) for row in rows] == [code(row[0]) for row in theirs]
        assert [len(row) for row in rows] == [len(row) for row in theirs]


def test_both_languages_have_the_same_commands():
    english, chinese = (fences(read(name)) for name in DEPLOY)
    for one, other in zip(english, chinese, strict=True):
        assert one == other
    assert len(english) > 40


@deploy
def test_our_error_texts_occur_in_the_sources(document):
    """Each text of the tables that are marked `ours`; … stands for what varies."""
    rows = [row for mark, table in tables(read(document)) if mark == "ours" for row in table]
    assert len(rows) > 30
    for row in rows:
        assert code(row[0]), row
        for text in code(row[0]):
            parts = [re.escape(part.strip()) for part in text.split("…") if part.strip()]
            pattern = re.compile(r".{0,80}?".join(parts))
            assert any(pattern.search(source) for source in our_texts().values()), text


@pytest.mark.parametrize("document", [*DEPLOY, EVIDENCE, REQUIREMENTS, "README.md", "SECURITY.md", "docs/architecture.md"])
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        if re.match(r"https?:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), target
        if fragment:
            assert fragment in {anchor(title) for _, title in headings(file.read_text(encoding="utf-8"))}, target


@deploy
def test_files_and_options_that_it_names_exist(document):
    text = read(document)
    for name in set(re.findall(r"docker-compose[\w.-]*\.yml", text)) - USERS_OWN:
        assert (ROOT / name).is_file(), name
    usage = subprocess.run([ROOT / "deploy/setup.sh", "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"setup\.sh (--[a-z]+)", text))
    assert options >= {"--check", "--print", "--force", "--offline"}
    assert options <= set(re.findall(r"--[a-z]+", usage))


@deploy
def test_commands_of_zimu_that_it_names_exist(document):
    """`server zimu X Y` and `run … server X` are commands of the real program, or of the entrypoint."""
    text = "\n".join(body for _, body in fences(read(document)))
    spoken = set(re.findall(r"server zimu (\w+(?: \w+)?)", text)) | set(re.findall(r"run [^\n]*? server (\w+)", text))
    assert len(spoken) > 6
    for words in spoken:
        command = words.split()[:2 if words.startswith("models") else 1]
        answer = subprocess.run([ZIMU, *command, "--help"], capture_output=True, text=True)
        assert answer.returncode == 0 and command[-1] in answer.stdout, (words, answer.stdout + answer.stderr)


@needs_compose
def test_every_choice_of_files_is_valid(tmp_path):
    """The COMPOSE_FILE lines of the document, the choice in its text, and the examples of files of one's own."""
    text = read(DEPLOY[0])
    choices = set(re.findall(r"docker-compose\.yml(?::docker-compose[\w.-]+\.yml)+", text))
    assert len(choices) >= 5
    examples = [body for language, body in fences(text) if language == "yaml"]
    assert len(examples) == len(USERS_OWN)
    for number, body in enumerate(examples):
        (tmp_path / f"{number}.yml").write_text(body)
        choices.add(f"docker-compose.yml:{tmp_path}/{number}.yml")
    for choice in choices:
        answer = compose("--env-file", "/dev/null", "config", "-q", COMPOSE_FILE=choice, COMPOSE_PATH_SEPARATOR=":")
        assert answer.returncode == 0 and not answer.stderr, (choice, answer.stderr)


def test_every_row_of_the_checklist_has_its_evidence():
    rows = [row for _, table in tables(read(EVIDENCE)) for row in table if row[0].isdigit()]
    assert [int(row[0]) for row in rows] == list(range(1, ROWS + 1))
    for number, claim, shown, *check in rows:
        assert claim and shown, number
        named = [text for text in code(shown) if "::" in text]
        assert named or any(check), f"row {number} has neither a test nor a way for a user to check it"


def test_every_line_of_the_requirements_is_there():
    rows = [row for _, table in tables(read(REQUIREMENTS)) for row in table if len(row) == 4]
    assert len(rows) == ACCEPTANCE_AND_TASKS
    for quote, where, tests, status in rows:
        assert re.search(r"[\u4e00-\u9fff]", quote) and status, quote
        for path in code(where):
            assert (ROOT / path).exists(), path
        assert tests, quote


@pytest.mark.parametrize("document", [EVIDENCE, REQUIREMENTS])
def test_named_tests_exist(document):
    named = [text for text in code(read(document)) if "::" in text]
    assert len(named) > 20
    assert [name for name in named if not test_exists(name)] == []
