"""faster-whisper as a command: transcribes one file and writes JSON. Run with the Python of build/bench-venv."""

import argparse
import json
import os
import time

os.environ["HF_HUB_OFFLINE"] = "1"
started = time.monotonic()

from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: E402  (its import time is part of the figures)

options = argparse.ArgumentParser()
options.add_argument("--model", required=True, help="CTranslate2 folder")
options.add_argument("--file", required=True)
options.add_argument("--output", required=True)
options.add_argument("--threads", type=int, required=True)
options.add_argument("--language")
options.add_argument("--batch", type=int, default=0, help="windows at once; 0 is one after the other")
options.add_argument("--beam", type=int, default=5)
options.add_argument("--compute", default="int8")
a = options.parse_args()

model = WhisperModel(a.model, device="cpu", compute_type=a.compute, cpu_threads=a.threads, local_files_only=True)
loaded = time.monotonic()
if a.batch:
    segments, info = BatchedInferencePipeline(model).transcribe(a.file, language=a.language, batch_size=a.batch,
                                                                beam_size=a.beam)
else:
    segments, info = model.transcribe(a.file, language=a.language, beam_size=a.beam)
texts = [segment.text.strip() for segment in segments]  # the work happens while this is drawn from
with open(a.output, "w", encoding="utf-8") as file:
    json.dump({"text": " ".join(texts), "language": info.language, "start_up": loaded - started,
               "transcribe": time.monotonic() - loaded}, file, ensure_ascii=False)
