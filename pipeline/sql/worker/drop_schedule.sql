-- A closed incident is looked after no more; opened again it begins anew.
delete from schedule where incident = $incident;
