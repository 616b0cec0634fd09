"""Scores text against what was really said: word error rate, repeated-text loops, words inside pauses.

English is normalised in the manner of Whisper's own normaliser (lower case, punctuation, contractions, titles,
numbers), written anew and sufficient for the material in speech.py. Numbers become one token a digit, so that
"five hundred", "500" and "1 2 3 4", "1234" compare as what was heard. Only the standard library is used;
bench/compare.py checks the arithmetic against jiwer.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata

FILLERS = {"hmm", "mm", "mhm", "mmm", "uh", "um", "ah", "er"}
WHOLE = {  # before apostrophes are split
    "won't": "will not", "can't": "can not", "cannot": "can not", "let's": "let us", "ain't": "is not",
    "gonna": "going to", "wanna": "want to", "gotta": "got to", "y'all": "you all", "o'clock": "oclock",
    "mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "prof": "professor", "st": "saint", "ok": "okay",
    "e-mail": "email", "thru": "through",
    # Written as one word or two, as the writer pleases.
    "touchtone": "touch tone", "blacklist": "black list", "blacklisted": "black listed", "voicemail": "voice mail",
    "mailbox": "mail box", "login": "log in", "logged-on": "logged on", "rerecord": "re record", "undelete": "un delete",
}
ENDINGS = (("n't", " not"), ("'re", " are"), ("'ll", " will"), ("'ve", " have"), ("'m", " am"), ("'d", " would"),
           ("'s", " is"))
SYMBOLS = {"%": " percent ", "&": " and ", "+": " plus ", "*": " star ", "#": " pound ", "@": " at ", "$": " dollar ",
           "€": " euro ", "£": " pounds "}
ONES = {word: value for value, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen".split())}
TENS = {word: value * 10 for value, word in enumerate(
    "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = {word: f"{value}{'st' if value == 1 else 'nd' if value == 2 else 'rd' if value == 3 else 'th'}"
            for value, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)}


def numbers_to_digits(words: list[str]) -> list[str]:
    """Cardinal number words to one token a digit; ordinals first to tenth to "1st" to "10th"."""
    out: list[str] = []
    total = group = 0
    last = ""  # the kind of number word before: "", "one" (0-9), "teen", "ten", "hundred", "scale"

    def flush() -> None:
        nonlocal total, group, last
        if last:
            out.extend(str(total + group))
        total, group, last = 0, 0, ""

    for position, word in enumerate(words):
        if word in ONES:
            value = ONES[word]
            if last in ("one", "teen") or (last == "ten" and not 1 <= value <= 9):
                flush()
            group += value
            last = "one" if value < 10 else "teen"
        elif word in TENS:
            if last in ("one", "teen", "ten"):
                flush()
            group += TENS[word]
            last = "ten"
        elif word == "hundred" and last in ("one", "teen", "ten"):
            group *= 100
            last = "hundred"
        elif word in SCALES and last:
            total += group * SCALES[word]
            group, last = 0, "scale"
        elif word == "and" and last in ("hundred", "scale") and position + 1 < len(words) and (
                words[position + 1] in ONES or words[position + 1] in TENS):
            continue
        else:
            flush()
            if word.isdigit():
                out.extend(word)
            else:
                out.append(ORDINALS.get(word, word))
    flush()
    return out


def english(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>|♪", " ", text)
    text = re.sub(r"(?<=\d),(?=\d\d\d)", "", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", " point ", text)
    for symbol, word in SYMBOLS.items():
        text = text.replace(symbol, word)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    words: list[str] = []
    for word in re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", text):
        if word in WHOLE:
            words += WHOLE[word].split()
            continue
        for part in word.split("-"):
            for ending, meaning in ENDINGS:
                if part.endswith(ending) and part != ending:
                    part = part.removesuffix(ending) + meaning
                    break
            words += WHOLE.get(part, part.replace("'", "")).split()
    return numbers_to_digits([word for word in words if word not in FILLERS])


def basic(text: str) -> list[str]:
    """Any language: lower case, letters, marks and digits only; characters of scripts without spaces stand alone."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)|（[^）]*）", " ", text)
    text = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return re.sub(r"([\u3040-\u30ff\u3400-\u9fff])", r" \1 ", text).split()


def normalise(text: str, language: str = "en") -> list[str]:
    return english(text) if language == "en" else basic(text)


@dataclasses.dataclass
class Score:
    """Errors over a set of pairs; `+` joins sets (micro average)."""
    words: int = 0
    substituted: int = 0
    deleted: int = 0
    inserted: int = 0

    @property
    def errors(self) -> int:
        return self.substituted + self.deleted + self.inserted

    @property
    def wer(self) -> float:
        return self.errors / self.words if self.words else float(self.errors > 0)

    def __add__(self, other: "Score") -> "Score":
        return Score(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))

    def __str__(self) -> str:
        return (f"{100 * self.wer:.2f} % of {self.words} words "
                f"({self.substituted} sub, {self.deleted} del, {self.inserted} ins)")


def align(reference: list[str], heard: list[str]) -> list[tuple[str, str]]:
    """The cheapest alignment as (said, heard) pairs; "" stands for a deletion's or insertion's missing side."""
    rows, columns = len(reference) + 1, len(heard) + 1
    back = [bytearray(columns) for _ in range(rows)]  # 0 diagonal, 1 deletion, 2 insertion
    previous = list(range(columns))
    back[0] = bytearray([2]) * columns
    for row in range(1, rows):
        said, current, steps = reference[row - 1], [row] * columns, back[row]
        steps[0] = 1
        for column in range(1, columns):
            best, step = previous[column - 1] + (said != heard[column - 1]), 0
            if previous[column] + 1 < best:
                best, step = previous[column] + 1, 1
            if current[column - 1] + 1 < best:
                best, step = current[column - 1] + 1, 2
            current[column], steps[column] = best, step
        previous = current
    pairs, row, column = [], rows - 1, columns - 1
    while row or column:
        step = back[row][column]
        row, column = row - (step != 2), column - (step != 1)
        pairs.append((reference[row] if step != 2 else "", heard[column] if step != 1 else ""))
    return pairs[::-1]


def score(reference: str, heard: str, language: str = "en") -> Score:
    said, got = normalise(reference, language), normalise(heard, language)
    result = Score(words=len(said))
    for a, b in align(said, got):
        if a != b:
            result.substituted += bool(a and b)
            result.deleted += not b
            result.inserted += not a
    return result


def differences(reference: str, heard: str, language: str = "en") -> list[str]:
    """For people: "said>heard" for each error."""
    pairs = align(normalise(reference, language), normalise(heard, language))
    return [f"{a or '∅'}>{b or '∅'}" for a, b in pairs if a != b]


def loops(text: str, language: str = "en", longest: int = 24) -> list[str]:
    """Stretches of text that repeat at once: a single word five times or more, two or three words four times,
    longer ones three times. Nobody in the material speaks so; a decoder that is stuck does."""
    words, found, position = normalise(text, language), [], 0
    while position < len(words):
        for size in range(1, longest + 1):
            unit, times = words[position:position + size], 1
            while words[position + times * size:position + (times + 1) * size] == unit:
                times += 1
            if times >= (5 if size == 1 else 4 if size < 4 else 3) and len(unit) == size:
                found.append(f"{' '.join(unit)} x{times}")
                position += times * size - 1
                break
        position += 1
    return found


def inside_gaps(words: list[tuple[int, int, str]], gaps: list[tuple[int, int]], slack_ms: int = 0) -> list[str]:
    """The words (start_ms, end_ms, text) that lie wholly in a pause shrunk by `slack_ms` on both sides."""
    return [f"{text!r} {start}-{end} in {gap_start}-{gap_end}" for start, end, text in words
            for gap_start, gap_end in gaps if gap_start + slack_ms <= start and end <= gap_end - slack_ms]
