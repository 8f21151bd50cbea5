-- The statement made of one version of a draft, if there is one. Reader: Statements.circulate.
select statement_id from statement
where draft_id = $draft_id and draft_version = $draft_version;
