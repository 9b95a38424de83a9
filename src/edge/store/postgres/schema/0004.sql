-- When a source listed a pruned story last, in minutes since 1970: what the story has left is kept for as long as a document may list it. A
-- source's number is a hash of its id; 0 stands for one that is unknown.
create table diemtin.marks (story bytea not null, source bigint not null, listed bigint not null, primary key (story, source));
-- Of stories that were pruned before, nobody knows who had them.
insert into diemtin.marks (story, source, listed)
    select distinct story, 0, 0 from diemtin.entries e where not exists (select 1 from diemtin.stories s where s.id = e.story);
-- What a story has left is found by it.
create index links_story on diemtin.links (story);
create index changes_story on diemtin.changes (story);
