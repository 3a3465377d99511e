-- The list can be asked for patients of a group: groups are labels, too. `is_site` is null for them, false for tags.
alter table roster.label alter column is_site drop not null;
insert into roster.label (organization, label, person, is_site)
select g.organization, g.patient_group, g.person, null
from patients.group_place g
join roster.entry e on e.organization = g.organization and e.person = g.person
on conflict do nothing;
insert into roster.tally as t (organization, label, total)
select organization, label, count(*) from roster.label where is_site is null group by 1, 2
on conflict (organization, label) do update set total = excluded.total;
