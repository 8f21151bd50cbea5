-- Every incident that the worker looks after.
select incident, began_at, taken_at, retry_at, failures, paused_by from schedule order by incident;
