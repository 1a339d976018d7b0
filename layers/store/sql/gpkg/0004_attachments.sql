CREATE TABLE xt_attachments (
  attachment_id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  name TEXT NOT NULL,
  who TEXT NOT NULL,
  at TEXT NOT NULL,
  content BLOB NOT NULL
);
CREATE UNIQUE INDEX xt_attachments_sha256 ON xt_attachments (sha256);
