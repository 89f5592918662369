{# Post-hook of item_bank: with `irt_update_question_meta` the application's questions get the parameters in force,
   the only thing the warehouse ever writes there. Only operational items: others are not sure enough to be used. #}
{% macro update_question_meta() %}
    {% if setting('irt_update_question_meta') %}
        {{ return(adapter.dispatch('update_question_meta')()) }}
    {% endif %}
{% endmacro %}


{# Rows that hold the same already are left alone; so is a `meta` that is no object. The table is not named as a
   source: item_bank does not read it. #}
{% macro postgres__update_question_meta() %}
    update {{ api.Relation.create(schema=target.schema, identifier='question') }} as question
    set meta = coalesce(question.meta, '{}') || jsonb_build_object('irt', bank.irt)
    from (
        select
            item_id,
            jsonb_build_object('a', a, 'b', b, 'c', c, 'model', model, 'version', version) as irt
        from {{ this }}
        where status = 'operational'
    ) as bank
    where cast(question.id as text) = bank.item_id
        and jsonb_typeof(coalesce(question.meta, '{}')) = 'object'
        and question.meta -> 'irt' is distinct from bank.irt
{% endmacro %}
