-- Words of the list wait in a list of 2 MB: sorted in together they cost two thirds, and a search reads it in time.
alter index roster.entry_search set (gin_pending_list_limit = 2048);
