-- What the tables promise stands in docs/postgres.md. Bytes are those of src/edge/store/record.rs; times are the database's.

-- The number of the last change: one row. Whoever changes a story locks it until the commit, so that numbers become visible in order.
create table diemtin.sequence (only_row boolean primary key default true check (only_row), last bigint not null);
insert into diemtin.sequence (last) values (0);

create table diemtin.stories (id bytea primary key, seq bigint not null, body bytea not null);

-- Each story stands at its last change; one that was removed, at its removal.
create table diemtin.changes (seq bigint primary key, story bytea not null);

-- The story of an entry, and what the entry said. They outlive the story, so that nothing pruned comes back.
create table diemtin.entries (key bytea primary key, story bytea not null, print bigint not null);
create index entries_story on diemtin.entries (story);

-- The story of a canonical link.
create table diemtin.links (key bytea primary key, story bytea not null);

-- The bands that a change adds to a story, eight bytes each, in the span of 72 hours that it was published in.
create table diemtin.bands (seq bigint primary key, span integer not null, story bytea not null, bands bytea not null);
create index bands_span on diemtin.bands (span);
create index bands_story on diemtin.bands (story);

-- A source's state, and who may poll it: the fence grows with every lease, and a poll is committed only under the last one.
create table diemtin.sources (
    id text primary key,
    state bytea,
    fence bigint not null default 0,
    leased_until timestamptz,
    host text,
    origin text
);
create index sources_host on diemtin.sources (host);

-- No source of a host is asked before this time. Polls keep their distance at a host's name; a rest is that of an origin, with its scheme and
-- port.
create table diemtin.hosts (host text primary key, free_from timestamptz not null);

-- What is remembered of a source's hub.
create table diemtin.pushes (source text primary key, push bytea not null);

-- Since when a page has had its bytes, and the last change that they show.
create table diemtin.stamps (path text primary key, hash text not null, modified bigint not null, seq bigint not null);

create table diemtin.memos (name text primary key, value bytea not null);
