-- Seen from now on.
insert into known (incident, scope, item) values ($incident, $scope, $item) on conflict do nothing;
