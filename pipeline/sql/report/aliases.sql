-- Ids that claims had before, with those of now.
select old_claim_id, claim_id from claim_aliases;
