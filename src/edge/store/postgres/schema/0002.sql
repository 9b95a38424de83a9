-- Stories that are taken down: a row each, so that two processes at once take nothing from each other. What the memo of before holds is moved
-- here by src/edge/store/postgres/withdrawn.rs.
create table diemtin.withdrawals (story bytea primary key, withdrawal bytea not null);
