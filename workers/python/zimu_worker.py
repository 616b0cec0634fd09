"""A Zimu worker on faster-whisper: started by `zimu`, which speaks docs/formats/worker-protocol.md with it on the file
descriptors 3 and 4. Chosen with ZIMU_WORKER_COMMAND; see README.md beside this file."""

from worker.main import run

if __name__ == "__main__":
    raise SystemExit(run())
