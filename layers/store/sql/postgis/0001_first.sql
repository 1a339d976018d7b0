-- Schema 1: our own tables, whose names begin with xt_, in a schema of their own (search_path).
CREATE TABLE xt_schema (version BIGINT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE xt_layers (name TEXT PRIMARY KEY, version BIGINT NOT NULL DEFAULT 0, next_fid BIGINT NOT NULL DEFAULT 1);
CREATE TABLE xt_changes (
  change_id BIGINT PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  bureau TEXT NOT NULL,
  reason TEXT NOT NULL,
  kind TEXT NOT NULL,
  file_name TEXT,
  file_sha256 TEXT,
  recipe TEXT,
  inserted BIGINT NOT NULL DEFAULT 0,
  updated BIGINT NOT NULL DEFAULT 0,
  deleted BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE xt_history (
  seq BIGINT PRIMARY KEY,
  change_id BIGINT NOT NULL,
  layer TEXT NOT NULL,
  fid BIGINT NOT NULL,
  id TEXT NOT NULL,
  ver BIGINT NOT NULL,
  op TEXT NOT NULL,
  before TEXT,
  before_wkb BYTEA,
  after TEXT,
  after_wkb BYTEA
);
CREATE INDEX xt_history_change ON xt_history (change_id);
CREATE TABLE xt_runs (
  run_id BIGINT PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  title TEXT NOT NULL,
  profile TEXT NOT NULL,
  parameters TEXT NOT NULL,
  layer_versions TEXT NOT NULL,
  code_version TEXT NOT NULL,
  caveats TEXT NOT NULL,
  result BYTEA NOT NULL
);
CREATE TABLE xt_run_units (
  run_id BIGINT NOT NULL REFERENCES xt_runs (run_id),
  code TEXT NOT NULL,
  units BYTEA NOT NULL,
  PRIMARY KEY (run_id, code)
);
CREATE TABLE xt_queries (name TEXT PRIMARY KEY, spec TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE xt_settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
