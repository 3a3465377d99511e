-- Whoever does not claim the account that a clinic has made is reminded once.
alter table accounts.confirmation add column reminded_at timestamptz;
create index confirmation_to_remind on accounts.confirmation (created_at)
    where type = 'signup_confirmation' and status = 'pending' and organization is not null and reminded_at is null;
