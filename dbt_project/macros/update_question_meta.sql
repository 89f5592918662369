{# Post-hook of item_bank: with `irt_update_question_meta` the current item parameters are written to the application's
   questions. The warehouse writes nothing else there. Only operational items are written; the others are too uncertain
   to be used. #}
{% macro update_question_meta() %}
    {% if setting('irt_update_question_meta') %}
        {{ return(adapter.dispatch('update_question_meta')()) }}
    {% endif %}
{% endmacro %}


{# Rows that have the same values already are not touched, nor is a `meta` that is not an object. The table is not
   declared as a source here, because item_bank does not read it. #}
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
