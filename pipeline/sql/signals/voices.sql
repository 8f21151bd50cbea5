-- Grain: one row per claim and voice. Input: members. Readers: volume, spread, speech.
-- What a voice did, once and for all signals: telling a million voices apart is the dearest step of the ranking.
-- A voice that corrects may also ask elsewhere; a post that corrects is no enquiry.
select
    claim_no,
    voice,
    bool_or(window_no = 0) as is_recent,
    bool_or(window_no = 1) as is_previous,
    bool_or(asks and role <> 'corrects') as asks,
    bool_or(asks and role <> 'corrects' and age_hours <= 1) as asks_now,
    bool_or(role <> 'corrects') as tells,
    bool_or(role = 'corrects') as corrects
from members
group by claim_no, voice;
