-- What a later Zimu might do first, for the tests of an upgrade: a table, a column, and every row written anew.
CREATE TABLE next_shelves (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO next_shelves (name) SELECT DISTINCT source FROM media;
ALTER TABLE media ADD COLUMN next_shelf INTEGER REFERENCES next_shelves (id);
UPDATE media SET next_shelf = (SELECT id FROM next_shelves WHERE name = source);
ALTER TABLE segments ADD COLUMN next_note TEXT NOT NULL DEFAULT '';
UPDATE segments SET next_note = 'first';
