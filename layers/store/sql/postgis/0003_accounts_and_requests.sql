-- Schema 3: who signs in, what is asked for, what was refused, what was last seen, what everybody may see.
ALTER TABLE xt_changes ADD COLUMN account_id BIGINT;
ALTER TABLE xt_changes ALTER COLUMN at TYPE TEXT COLLATE "C";
CREATE TABLE xt_accounts (
  account_id BIGINT PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  bureau TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  grants TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  language TEXT NOT NULL
);
CREATE TABLE xt_sessions (
  token_hash TEXT PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES xt_accounts (account_id),
  csrf TEXT NOT NULL,
  started_at TEXT COLLATE "C" NOT NULL,
  seen_at TEXT COLLATE "C" NOT NULL,
  expires_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX xt_sessions_account ON xt_sessions (account_id);
CREATE TABLE xt_attempts (
  attempt_id BIGINT PRIMARY KEY,
  login TEXT NOT NULL,
  address TEXT NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  ok BOOLEAN NOT NULL
);
CREATE INDEX xt_attempts_login ON xt_attempts (login, address, at);
CREATE INDEX xt_attempts_at ON xt_attempts (at);
CREATE TABLE xt_requests (
  request_id BIGINT PRIMARY KEY,
  state TEXT NOT NULL,
  who TEXT NOT NULL,
  bureau TEXT NOT NULL,
  account_id BIGINT,
  reason TEXT NOT NULL,
  origin TEXT NOT NULL,
  kind TEXT NOT NULL,
  file_name TEXT,
  file_sha256 TEXT,
  created_at TEXT COLLATE "C" NOT NULL,
  decided_at TEXT COLLATE "C",
  decided_by TEXT,
  note TEXT,
  change_id BIGINT
);
CREATE INDEX xt_requests_state ON xt_requests (state, request_id);
CREATE INDEX xt_requests_account ON xt_requests (account_id, request_id);
CREATE TABLE xt_request_edits (
  request_id BIGINT NOT NULL REFERENCES xt_requests (request_id),
  position BIGINT NOT NULL,
  layer TEXT NOT NULL,
  feature_id TEXT,
  edit TEXT NOT NULL,
  PRIMARY KEY (request_id, position)
);
CREATE INDEX xt_request_edits_layer ON xt_request_edits (layer, feature_id);
CREATE TABLE xt_kept (
  kept_id BIGINT PRIMARY KEY,
  at TEXT COLLATE "C" NOT NULL,
  state TEXT NOT NULL,
  who TEXT NOT NULL,
  bureau TEXT NOT NULL,
  account_id BIGINT,
  cause TEXT NOT NULL,
  origin TEXT NOT NULL,
  reason TEXT NOT NULL,
  layer TEXT NOT NULL,
  feature_id TEXT,
  theirs_ver BIGINT,
  edit TEXT NOT NULL,
  settled_at TEXT COLLATE "C",
  settled_by TEXT,
  change_id BIGINT
);
CREATE INDEX xt_kept_state ON xt_kept (state, kept_id);
CREATE INDEX xt_kept_account ON xt_kept (account_id, kept_id);
CREATE TABLE xt_served (
  account_id BIGINT NOT NULL,
  layer TEXT NOT NULL,
  id TEXT NOT NULL,
  ver BIGINT NOT NULL,
  PRIMARY KEY (account_id, layer, id)
);
CREATE TABLE xt_published (
  published_id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  content TEXT NOT NULL,
  who TEXT NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  valid_from TEXT COLLATE "C",
  valid_to TEXT COLLATE "C",
  withdrawn_at TEXT COLLATE "C",
  withdrawn_by TEXT
);
CREATE INDEX xt_history_seen ON xt_history (layer, id, ver);
CREATE INDEX xt_changes_at ON xt_changes (at);
