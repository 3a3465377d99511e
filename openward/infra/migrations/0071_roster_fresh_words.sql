-- Words of very many new patients go into the index later, all together; until then they are read row by row.
alter table roster.entry add column is_fresh boolean not null default false;
drop index roster.entry_search;
create index entry_search on roster.entry using gin (organization, search gin_trgm_ops)
    with (fastupdate = on, gin_pending_list_limit = 2048) where not is_fresh;
create index entry_fresh on roster.entry (organization) where is_fresh;
