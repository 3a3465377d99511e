-- What became of actions day by day, skipped or done: lists of those who coach ask for both.
create index result_on on coaching.result (action, occurred_on);
drop index coaching.result_day;
