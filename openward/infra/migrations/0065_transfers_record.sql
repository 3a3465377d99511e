-- Who has something on record, whatever system it came by: the account of such a person is never deleted by us.
create view transfers.on_record as
select u.person from devicedata.data_set s join devicedata.subject u on u.key = s.subject where s.deleted_at is null
union all select person from observations.observation
union all select p.person from coaching.plan p
    where p.critical <> '{}' or exists (select from coaching.action a where a.plan = p.key)
    or exists (select from coaching.bundle b where b.plan = p.key)
union all select owner from calendar.event
union all select participant from calendar.attendee where not is_coach
union all select person from surveys.answer
union all select person from rewards.activation
union all select person from visits.appointment
union all select person from documentation.document
union all select person from episodes.episode
union all select person from assistance.request where person is not null
union all select person from conversations.message
union all select person from consents.record
union all select person from prescriptions.prescription where person is not null
union all select person from files.file;

create index plan_person on coaching.plan (person);
create index document_of on documentation.document (person);
create index episode_person on episodes.episode (person);
create index request_person on assistance.request (person) where person is not null;
