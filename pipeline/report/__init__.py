"""What an incident's work was good for, told with what is not known: HTML, PDF and CSV in three languages."""
