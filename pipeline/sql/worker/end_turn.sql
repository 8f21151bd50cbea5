-- A turn ends.
update turn set finished_at = $finished_at, status = $status, crawl_code = $crawl_code, run_code = $run_code,
    detail = $detail
where turn_id = $turn_id;
