CREATE TABLE xt_attachments (
  attachment_id BIGINT PRIMARY KEY,
  sha256 TEXT COLLATE "C" NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  name TEXT NOT NULL,
  who TEXT NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  content BYTEA NOT NULL
);
CREATE UNIQUE INDEX xt_attachments_sha256 ON xt_attachments (sha256);
