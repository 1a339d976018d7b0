-- A table of the store is kept as it was before a migration.
CREATE TABLE "{target}"."{table}" AS TABLE "{source}"."{table}";
