-- Whether the bank in force is the one the week's Sunday knew: a later bank is another week's news.
select coalesce(
    (select max(fitted_at) from item_bank)
    = (select max(fitted_at) from stg_irt__items inner join known_run using (run_id)), false) as is_in_force;
