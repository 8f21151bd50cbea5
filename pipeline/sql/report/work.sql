-- Grain: one row. Hours in which somebody's act stands in the ledger, summed over people: a lower bound of the work.
-- Parameters: $start, $end.
select
    count(distinct (actor, date_trunc('hour', decided_at))) as person_hours,
    count(distinct actor) as people,
    count(*) as acts
from triage_events
where ($start is null or decided_at >= $start) and ($end is null or decided_at < $end);
