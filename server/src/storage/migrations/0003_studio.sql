-- Editing: each change of a transcript is a revision that can be undone, and none is ever removed.
ALTER TABLE transcripts ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transcripts ADD COLUMN origin TEXT NOT NULL DEFAULT 'job' CHECK (origin IN ('job', 'import', 'align', 'draft'));
ALTER TABLE transcripts ADD COLUMN parent_id TEXT REFERENCES transcripts (id) ON DELETE CASCADE;
CREATE INDEX transcripts_by_parent ON transcripts (parent_id) WHERE parent_id IS NOT NULL;

-- With a rowid on purpose: a revision that touches every segment is large.
CREATE TABLE revisions (
  id            INTEGER PRIMARY KEY,
  transcript_id TEXT NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
  number        INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  target        INTEGER,
  hunks         BLOB NOT NULL,
  created_at    INTEGER NOT NULL,
  UNIQUE (transcript_id, number)
) STRICT;

-- Jobs of other kinds than a whole transcription: a span of a recording, a film with subtitles.
ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'transcribe' CHECK (kind IN ('transcribe', 'render'));
ALTER TABLE jobs ADD COLUMN span_start_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN span_end_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN parameters TEXT NOT NULL DEFAULT '';

CREATE TABLE media_tags (
  media_id TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  tag      TEXT NOT NULL,
  PRIMARY KEY (media_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_tags_by_tag ON media_tags (tag, media_id);
CREATE INDEX media_by_sha256 ON media (sha256);
