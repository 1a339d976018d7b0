-- Schema 2: a change knows which change it undoes and carries a token, so that a snapshot is known to be of this very history;
-- the layers of a change stand in a table of their own; a version of a feature is unique.
ALTER TABLE xt_changes ADD COLUMN undoes BIGINT;
ALTER TABLE xt_changes ADD COLUMN token TEXT NOT NULL DEFAULT '';
UPDATE xt_changes SET token = replace(gen_random_uuid()::text, '-', '');
CREATE TABLE xt_change_layers (layer TEXT NOT NULL, change_id BIGINT NOT NULL, PRIMARY KEY (layer, change_id));
INSERT INTO xt_change_layers SELECT DISTINCT layer, change_id FROM xt_history;
CREATE UNIQUE INDEX xt_history_version ON xt_history (layer, fid, ver);
CREATE INDEX xt_history_id ON xt_history (layer, id);
CREATE INDEX xt_changes_undoes ON xt_changes (undoes) WHERE undoes IS NOT NULL;
