-- What of a window's sound has text; NULL, both: not measured.
ALTER TABLE windows ADD COLUMN audible_ms INTEGER;
ALTER TABLE windows ADD COLUMN covered_ms INTEGER;

-- Sound without text.
CREATE TABLE window_gaps (
  transcript_id TEXT NOT NULL,
  window_idx    INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  start_ms      INTEGER NOT NULL,
  end_ms        INTEGER NOT NULL,
  PRIMARY KEY (transcript_id, window_idx, position),
  FOREIGN KEY (transcript_id, window_idx) REFERENCES windows (transcript_id, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Text that was decoded and left out.
CREATE TABLE window_left_out (
  transcript_id TEXT NOT NULL,
  window_idx    INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  start_ms      INTEGER NOT NULL,
  end_ms        INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  text          TEXT NOT NULL,
  PRIMARY KEY (transcript_id, window_idx, position),
  FOREIGN KEY (transcript_id, window_idx) REFERENCES windows (transcript_id, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What may be asked of a job.
ALTER TABLE jobs ADD COLUMN beam_size INTEGER NOT NULL DEFAULT 5;
ALTER TABLE jobs ADD COLUMN languages TEXT NOT NULL DEFAULT '';
