-- How many accounts there are, disabled ones too: one is enough for sign-in to be required.
select count(*) from account;
