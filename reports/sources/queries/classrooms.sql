select classroom_id, classroom_name, grade from stg_app__classrooms order by classroom_id;
