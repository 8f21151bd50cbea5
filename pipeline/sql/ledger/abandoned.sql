-- Runs that still say running: their process may have been killed.
select run_id, pid from run where incident = $incident and status = 'running';
