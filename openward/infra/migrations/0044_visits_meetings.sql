-- Who makes the one meeting of a visit says so first, so that nobody else makes a second one meanwhile.
alter table visits.appointment add column meeting_claimed_at timestamptz;
