-- Items to look at; asked only while `bank_in_force` says that they are judged by the week's bank.
select
    items.item_id, questions.content, questions.topic_id, kinds, is_drifting, effect_size, n_responses
from items_to_review as items
left join stg_app__questions as questions using (item_id)
order by is_drifting desc, abs(effect_size) desc nulls last, items.item_id;
