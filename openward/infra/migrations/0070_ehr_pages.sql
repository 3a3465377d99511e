-- What the clinic's pages list of its record system: pushes newest first, and the orders that wait for somebody's word.
create index sync_task_organization on ehr.sync_task (organization, created_at, key);
create index message_failed on ehr.message (organization, received_at, key) where status = 'failed';
-- What asked for a push, and the newest upload that it told of: an upload that was told of is not pushed by itself again.
alter table ehr.sync_task add column is_after_upload boolean not null default false;
alter table ehr.sync_task add column uploaded_at timestamptz;
