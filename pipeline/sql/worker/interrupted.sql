-- Turns whose worker was killed: call while being the only worker.
update turn set status = 'interrupted', finished_at = $now where status = 'running' returning incident;
