with

delivered as (

    {{ delivered_rows(source('industry', 'mi_declaration'), 'mi_declaration') }}

),

accepted as (

    {{ accepted_rows('mi_declaration') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['uscc', 'declared_year', 'version']) }} as source_key,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_integer('declared_year') }} as declared_year,
        {{ read_integer('version') }} as version,
        {{ read_date('niche_since') }} as niche_since,
        {{ read_text('leading_product') }} as leading_product,
        {{ read_text('product_domain') }} as product_domain,
        {{ read_flag('strategic_emerging') }} as strategic_emerging,
        {{ read_flag('key_field') }} as key_field,
        {{ read_flag('key_chain_link') }} as key_chain_link,
        {{ read_decimal('domestic_market_share_pct') }} as domestic_market_share_pct,
        {{ read_integer('domestic_rank') }} as domestic_rank,
        {{ read_flag('market_position_confirmed') }} as market_position_confirmed,
        {{ read_decimal('platform_score') }} as platform_score,
        {{ read_integer('digital_level') }} as digital_level,
        {{ read_flag('core_business_on_it') }} as core_business_on_it,
        {{ read_integer('ip_class1_high_value') }} as ip_class1_high_value,
        {{ read_integer('ip_class1_own') }} as ip_class1_own,
        {{ read_integer('ip_class1') }} as ip_class1,
        {{ read_integer('ip_class2') }} as ip_class2,
        {{ read_decimal('local_feature_score') }} as local_feature_score,
        {{ read_date('declared_on') }} as declared_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
