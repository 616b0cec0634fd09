-- The second step: an index, and the rows of the first step changed.
CREATE INDEX next_segments_by_note ON segments (next_note, id);
UPDATE segments SET next_note = next_note || ' second';
