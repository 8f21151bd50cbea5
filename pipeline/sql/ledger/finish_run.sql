-- A run ends, well or badly.
update run set status = $status, finished_at = $finished_at, error = $error where run_id = $run_id;
