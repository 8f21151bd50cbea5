-- What the stages found out about the run they belong to.
update run
set as_of = coalesce($as_of, as_of), encoder = coalesce($encoder, encoder)
where run_id = $run_id;
