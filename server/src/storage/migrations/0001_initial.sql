-- The first schema. Times are milliseconds: instants since 1970 UTC, media times from the start of the recording.
-- Columns and the binary formats are described in docs/formats/db-schema.md.
PRAGMA application_id = 0x5A494D55;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
  id              TEXT PRIMARY KEY,
  title           TEXT NOT NULL,
  file_name       TEXT NOT NULL,
  content_type    TEXT NOT NULL,
  size_bytes      INTEGER NOT NULL,
  sha256          TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('inspecting', 'ready', 'unreadable')),
  problem         TEXT NOT NULL,
  format          TEXT NOT NULL,
  duration_ms     INTEGER NOT NULL,
  start_offset_ms INTEGER NOT NULL,
  has_video       INTEGER NOT NULL,
  source          TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX media_by_state ON media (state, id);

CREATE TABLE media_streams (
  media_id       TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  stream_index   INTEGER NOT NULL,
  kind           TEXT NOT NULL,
  codec          TEXT NOT NULL,
  language       TEXT NOT NULL,
  channels       INTEGER NOT NULL,
  sample_rate_hz INTEGER NOT NULL,
  width          INTEGER NOT NULL,
  height         INTEGER NOT NULL,
  is_default     INTEGER NOT NULL,
  PRIMARY KEY (media_id, position)
) STRICT, WITHOUT ROWID;

-- job_id has no foreign key: a transcript outlives its job.
CREATE TABLE transcripts (
  id                   TEXT PRIMARY KEY,
  media_id             TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  job_id               TEXT NOT NULL,
  title                TEXT NOT NULL,
  model                TEXT NOT NULL,
  task                 TEXT NOT NULL CHECK (task IN ('transcribe', 'translate')),
  language             TEXT NOT NULL,
  language_probability REAL NOT NULL,
  duration_ms          INTEGER NOT NULL,
  complete             INTEGER NOT NULL,
  created_at           INTEGER NOT NULL,
  updated_at           INTEGER NOT NULL
) STRICT;
CREATE INDEX transcripts_by_media ON transcripts (media_id, id);

CREATE TABLE jobs (
  id                TEXT PRIMARY KEY,
  media_id          TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  transcript_id     TEXT NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
  state             TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
  model             TEXT NOT NULL,
  language          TEXT NOT NULL,
  task              TEXT NOT NULL CHECK (task IN ('transcribe', 'translate')),
  words             INTEGER NOT NULL,
  prompt            TEXT NOT NULL,
  requested_device  TEXT NOT NULL,
  threads           INTEGER NOT NULL,
  audio_stream      INTEGER NOT NULL,
  temperature       REAL NOT NULL,
  stage             TEXT NOT NULL,
  progress          REAL NOT NULL,
  speed             REAL NOT NULL,
  processed_ms      INTEGER NOT NULL,
  duration_ms       INTEGER NOT NULL,
  device            TEXT NOT NULL,
  attempts          INTEGER NOT NULL,
  priority          INTEGER NOT NULL,
  failure_code      TEXT,
  failure_message   TEXT,
  failure_action    TEXT,
  failure_retryable INTEGER,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  started_at        INTEGER,
  finished_at       INTEGER
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, priority DESC, id);
CREATE INDEX jobs_by_media ON jobs (media_id, id);
CREATE INDEX jobs_by_transcript ON jobs (transcript_id);

CREATE TABLE windows (
  transcript_id TEXT NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
  idx           INTEGER NOT NULL,
  start_ms      INTEGER NOT NULL,
  end_ms        INTEGER NOT NULL,
  silence       INTEGER NOT NULL,
  PRIMARY KEY (transcript_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE window_retries (
  transcript_id TEXT NOT NULL,
  window_idx    INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  temperature   REAL NOT NULL,
  reason        TEXT NOT NULL,
  value         REAL NOT NULL,
  PRIMARY KEY (transcript_id, window_idx, position),
  FOREIGN KEY (transcript_id, window_idx) REFERENCES windows (transcript_id, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- With a rowid on purpose: the words of a segment can be large, and full text will hang on the rowid.
CREATE TABLE segments (
  id                INTEGER PRIMARY KEY,
  transcript_id     TEXT NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
  idx               INTEGER NOT NULL,
  window_idx        INTEGER NOT NULL,
  start_ms          INTEGER NOT NULL,
  end_ms            INTEGER NOT NULL,
  text              TEXT NOT NULL,
  speaker           TEXT NOT NULL,
  avg_logprob       REAL NOT NULL,
  compression_ratio REAL NOT NULL,
  no_speech_prob    REAL NOT NULL,
  temperature       REAL NOT NULL,
  words             BLOB NOT NULL,
  tokens            BLOB NOT NULL,
  UNIQUE (transcript_id, idx)
) STRICT;

CREATE TABLE uploads (
  id           TEXT PRIMARY KEY,
  size_bytes   INTEGER,
  file_name    TEXT NOT NULL,
  content_type TEXT NOT NULL,
  metadata     TEXT NOT NULL,
  media_id     TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
