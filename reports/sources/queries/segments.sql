-- The learner's segment, and where its centre lies: robust standard deviations from the median of all, by feature.
select
    user_id, known_run.run_as_of, metas.n_clusters as n_segments, assignments.strength, center -> 'scaled' as scaled
from stg_segments__assignments as assignments
inner join known_run using (run_id)
inner join chosen using (user_id)
inner join stg_segments__fit_metas as metas using (run_id)
cross join lateral jsonb_array_elements(metas.centers) as center
where (center ->> 'segment_id')::int = assignments.segment_id
order by user_id;
