"""Words wrong in bad conditions: noise, telephone, music, fast speech, long pauses, two languages. Programs run once with
their defaults: the text counts, not the time. JSON in build/bench."""

from __future__ import annotations

import argparse
import dataclasses
import os

from programs import PROGRAMS, RIVALS, chosen, model

import runs
import sounds
import speech
import wer

SPARSE = 3  # times as long where pauses are: about as many words


@dataclasses.dataclass(frozen=True)
class Condition:
    says: str
    make: object           # minutes → Joined
    language: str = "en"   # told to the program
    scored: str = "en"     # how words are normalised


CONDITIONS = {
    "clean": Condition("clean, pauses of a second", speech.minutes_of_speech),
    "noise+5": Condition("pink noise 5 dB below the speech (SNR +5)",
                         lambda minutes: sounds.noisy(speech.minutes_of_speech(minutes), 5)),
    "noise-5": Condition("pink noise 5 dB above the speech (SNR −5)",
                         lambda minutes: sounds.noisy(speech.minutes_of_speech(minutes), -5)),
    "telephone": Condition("telephone: 300–3400 Hz, 8 kHz mu-law",
                           lambda minutes: sounds.telephone(speech.minutes_of_speech(minutes))),
    "music": Condition("music 10 dB below the speech",
                       lambda minutes: sounds.with_music(speech.minutes_of_speech(minutes), 10)),
    "fast": Condition("1.3 × as fast", lambda minutes: sounds.faster(speech.minutes_of_speech(minutes), 1.3)),
    "pauses": Condition("pauses of 10–60 s", lambda minutes: sounds.long_pauses(SPARSE * minutes)),
    **{f"en+{other}": Condition(f"English and {name} in turns, language auto",
                                lambda minutes, other=other: sounds.two_languages(other, minutes), "auto", "any")
       for other, name in (("es", "Spanish"), ("fr", "French"), ("it", "Italian"))},
}


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=5, help=f"of each; pauses: {SPARSE} times as many")
    options.add_argument("--programs", default=",".join(RIVALS), help=f"of {','.join(PROGRAMS)}; or all")
    options.add_argument("--conditions", default=",".join(CONDITIONS), help=f"of {','.join(CONDITIONS)}")
    options.add_argument("--model", default="base")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    return options.parse_args()


def cell(facts: dict) -> str:
    parts = [f"{100 * facts['wer']:.1f}", f"({facts['substituted']}/{facts['deleted']}/{facts['inserted']})"]
    if facts["loops"]:
        parts.append(f"{len(facts['loops'])} loops")
    return " ".join(parts)


def main() -> None:
    options = arguments()
    names, weights, kept = chosen(options.programs), model(options.model), {}
    conditions = options.conditions.split(",")
    if unknown := [c for c in conditions if c not in CONDITIONS]:
        raise SystemExit(f"robustness: no condition called {', '.join(unknown)}; there are {', '.join(CONDITIONS)}")
    print(f"Words wrong, % (substituted/deleted/inserted); Whisper {weights.name}, {runs.processor()}.\n")
    print("| condition | minutes, words | " + " | ".join(names) + " |\n" + "|---" * (len(names) + 2) + "|", flush=True)
    for key in conditions:
        condition = CONDITIONS[key]
        joined = condition.make(options.minutes)
        kept[key] = {"file": joined.path.name, "seconds": joined.duration_ms / 1000, "programs": {}}
        for name in names:
            run = runs.transcribe(PROGRAMS[name], weights, joined.path, options.threads, condition.language)
            score = runs.checked_score(joined.text, run["text"], condition.scored)
            kept[key]["programs"][name] = dataclasses.asdict(score) | {
                "wer": score.wer, "loops": wer.loops(run["text"], condition.scored), "text": run["text"],
                "differences": wer.differences(joined.text, run["text"], condition.scored)}
        cells = [cell(kept[key]["programs"][name]) for name in names]
        print(f"| {condition.says} | {joined.duration_ms / 60000:.1f}, "
              f"{len(wer.normalise(joined.text, condition.scored))} | " + " | ".join(cells) + " |", flush=True)
    runs.keep("robustness", {"model": weights.name, "conditions": kept})


if __name__ == "__main__":
    main()
