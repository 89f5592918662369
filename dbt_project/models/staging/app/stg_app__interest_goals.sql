with versions as (

    {{ goal_versions(ref('interest_goal_history')) }}

)

select * from versions
