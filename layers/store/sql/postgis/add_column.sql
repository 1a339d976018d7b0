-- A field was newly declared: {column} of {layer}.
ALTER TABLE "{layer}" ADD COLUMN "{column}" {type};
