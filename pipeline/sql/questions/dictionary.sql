-- Every table and column with its meaning.
select c.table_name, c.column_name, c.data_type, c.comment
from duckdb_columns() as c
where c.schema_name = 'main' and not c.internal
order by c.table_name, c.column_index;
