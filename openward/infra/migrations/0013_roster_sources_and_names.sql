-- Which partner clouds a patient has an entry for without being connected: the weekly report asks for them.
alter table roster.entry add column unconnected text[] not null default '{}';
update roster.entry e set unconnected = found.providers
    from (
        select n.organization, n.person, array_agg(distinct source ->> 'provider') providers
            from patients.enrolment n, jsonb_array_elements(n.data_sources) source
            where jsonb_typeof(n.data_sources) = 'array' and source ->> 'state' <> 'connected'
            group by 1, 2
    ) found
    where e.organization = found.organization and e.person = found.person;

-- Letters with a stroke and joined letters are compared as the letters they are made of, like those with an accent.
update roster.entry
    set name_key = replace(replace(translate(name_key, 'łøđħŧı', 'lodhti'), 'æ', 'ae'), 'œ', 'oe')
    where name_key ~ '[łøđħŧıæœ]';
