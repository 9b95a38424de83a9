-- Which sources are to be polled because of an announcement, found without reading all: the announcement may have come to another process.
alter table diemtin.pushes add column hinted boolean not null default false;
create index pushes_hinted on diemtin.pushes (source) where hinted;

-- Who subscribes to our feeds.
create table diemtin.subscribers (id bytea primary key, subscriber bytea not null);

-- Which process calls them: one row. The fence grows each time that another one does, and what is written with a lesser one is refused.
create table diemtin.hub (
    only_row boolean primary key default true check (only_row),
    fence bigint not null default 0,
    leased_until timestamptz
);
insert into diemtin.hub (fence) values (0);

-- What the other processes were asked, until the one that leads has taken it.
create table diemtin.requests (id bytea primary key, form bytea not null, came timestamptz not null);
