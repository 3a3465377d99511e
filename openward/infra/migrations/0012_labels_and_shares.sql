-- Who has which tag or site, one narrow row each: giving a tag to a whole clinic must not rewrite the rows of the list
-- with all their indexes (the one on the search text above all).
create table roster.label (
    organization uuid not null,
    label uuid not null,
    person uuid not null,
    is_site boolean not null,
    primary key (organization, label, person)
);
create index label_person on roster.label (organization, person) include (label, is_site);
insert into roster.label
    select organization, tag, person, false from roster.entry, unnest(tags) tag
    union all
    select organization, site, person, true from roster.entry, unnest(sites) site
    on conflict do nothing;
drop index roster.entry_tags;
drop index roster.entry_sites;
alter table roster.entry drop column tags, drop column sites;

-- Half of each page stays free, so that changing tags of many patients finds room beside the row and no index is
-- touched.
alter table patients.enrolment set (fillfactor = 50);

-- One touch of many records at once: whose they were.
create table audit.subject (
    patient uuid not null,
    at timestamptz not null,
    entry uuid not null,                 -- audit.entry, by its time and key
    primary key (patient, at, entry)
);

-- An invitation goes to an address or to an organization; a person has one of each waiting.
drop index accounts.confirmation_one_careteam;
create unique index confirmation_one_careteam on accounts.confirmation (creator, email)
    where type = 'careteam_invitation' and status = 'pending' and organization is null;
create unique index confirmation_one_share on accounts.confirmation (creator, organization)
    where type = 'careteam_invitation' and status = 'pending' and organization is not null;
