-- A stage begins or ends; the last word counts.
insert into stage_run (
    run_id, position, stage, status, stage_key, rows_in, rows_out, rejects, seconds, peak_mb, files
)
values (
    $run_id, $position, $stage, $status, $stage_key, $rows_in, $rows_out, $rejects, $seconds, $peak_mb, $files
)
on conflict (run_id, stage) do update
set status = excluded.status, rows_in = excluded.rows_in, rows_out = excluded.rows_out,
    rejects = excluded.rejects, seconds = excluded.seconds, peak_mb = excluded.peak_mb,
    files = excluded.files;
