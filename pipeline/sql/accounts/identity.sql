-- The account of somebody at a provider, and whether a grant made it.
select user_id, by_grant from identity where issuer = $issuer and subject = $subject;
