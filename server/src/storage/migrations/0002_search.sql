-- Full text over the segments: every three characters of each text, as app::fold_for_search makes it.
CREATE VIRTUAL TABLE segment_search USING fts5 (text, tokenize = 'trigram case_sensitive 1', columnsize = 0);

-- Segments that changed, whoever changed them and why. The writing connection brings the index up to date before it
-- commits, and when it opens: nothing here calls a function of Zimu's own, so any SQLite can change the tables.
CREATE TABLE segment_search_todo (
  segment_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO segment_search_todo (segment_id) SELECT id FROM segments;
CREATE TRIGGER segment_search_insert AFTER INSERT ON segments BEGIN
  INSERT OR IGNORE INTO segment_search_todo (segment_id) VALUES (new.id);
END;
CREATE TRIGGER segment_search_update AFTER UPDATE OF id, text ON segments BEGIN
  INSERT OR IGNORE INTO segment_search_todo (segment_id) VALUES (old.id), (new.id);
END;
CREATE TRIGGER segment_search_delete AFTER DELETE ON segments BEGIN
  INSERT OR IGNORE INTO segment_search_todo (segment_id) VALUES (old.id);
END;
