-- Take the words of posts out of an incident's alerts: what was raised stays, what it quoted goes. Reader: AlertBook.forget.
update alert
set told = json_set(told, '$.claim', '…')
where incident = $incident and json_extract(told, '$.claim') is not null;
