-- What was seen before in this scope.
select item from known where incident = $incident and scope = $scope;
