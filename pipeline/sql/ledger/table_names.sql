-- Names of the tables of a ledger file. Reader: Store, to know whether a room is there yet.
select name from sqlite_master where type = 'table';
