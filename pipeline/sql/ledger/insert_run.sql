-- A run begins.
insert into run (run_id, incident, status, pid, started_at, as_of, code_version, encoder, lexicon)
values ($run_id, $incident, 'running', $pid, $started_at, $as_of, $code_version, $encoder, $lexicon);
