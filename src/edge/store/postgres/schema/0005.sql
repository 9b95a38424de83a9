-- The telling words of a sketch, two bytes each. Of what was found by bands alone nothing is known: it is read.
alter table diemtin.bands add column words bytea not null default '';
