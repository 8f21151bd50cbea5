"""The coalition's rapid-response protocol: a file of phases and tasks, and what was done of it in an incident."""
