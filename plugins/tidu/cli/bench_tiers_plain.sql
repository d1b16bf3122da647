-- Everything policies ask about, read from where departments' rows stand and joined to its enterprise: one row per assessed
-- enterprise, what every dataset says in arrays, each row with its source key and delivery. No rule, no verdict, no gap.
select
    e.enterprise_id, e.district_code, e.industry_section, e.is_private, e.established_on, g.source_key as
    registration_source_key, g.delivery_id as registration_delivery_id, s.is_large, s.size_class, s.headcount,
    s.headcount_dataset, years.year, years.revenue, years.main_revenue, years.rd_expense, years.net_profit,
    years.total_assets, years.total_liabilities, years.rd_headcount, returned.tax_year as returned_tax_year,
    returned.source_key as returned_source_key, returned.delivery_id as returned_delivery_id, reported.report_year as
    reported_report_year, reported.source_key as reported_source_key, reported.delivery_id as reported_delivery_id,
    insured.insured_headcount as insured_insured_headcount, insured.source_key as insured_source_key,
    insured.delivery_id as insured_delivery_id, talented.rd_headcount as talented_rd_headcount, talented.source_key as
    talented_source_key, talented.delivery_id as talented_delivery_id, rated.grade as rated_grade, rated.source_key as
    rated_source_key, rated.delivery_id as rated_delivery_id, declared.declared_year as declared_declared_year,
    declared.version as declared_version, declared.declared_on as declared_declared_on, declared.niche_since as
    declared_niche_since, declared.product_domain as declared_product_domain, declared.strategic_emerging as
    declared_strategic_emerging, declared.key_field as declared_key_field, declared.key_chain_link as
    declared_key_chain_link, declared.domestic_market_share_pct as declared_domestic_market_share_pct,
    declared.domestic_rank as declared_domestic_rank, declared.market_position_confirmed as
    declared_market_position_confirmed, declared.platform_score as declared_platform_score, declared.digital_level as
    declared_digital_level, declared.core_business_on_it as declared_core_business_on_it,
    declared.ip_class1_high_value as declared_ip_class1_high_value, declared.ip_class1_own as declared_ip_class1_own,
    declared.ip_class1 as declared_ip_class1, declared.ip_class2 as declared_ip_class2, declared.local_feature_score
    as declared_local_feature_score, declared.source_key as declared_source_key, declared.delivery_id as
    declared_delivery_id, registered.register as registered_register, registered.level as registered_level,
    registered.rank as registered_rank, registered.issued_on as registered_issued_on, registered.valid_until as
    registered_valid_until, registered.source_key as registered_source_key, registered.delivery_id as
    registered_delivery_id, titled.tier as titled_tier, titled.awarded_on as titled_awarded_on, titled.valid_until as
    titled_valid_until, titled.withdrawn_on as titled_withdrawn_on, titled.source_key as titled_source_key,
    titled.delivery_id as titled_delivery_id, funded.paid_in_yuan as funded_paid_in_yuan, funded.post_valuation_yuan
    as funded_post_valuation_yuan, funded.paid_on as funded_paid_on, funded.is_qualified_investor as
    funded_is_qualified_investor, funded.source_key as funded_source_key, funded.delivery_id as funded_delivery_id,
    staged.stage as staged_stage, staged.stage_on as staged_stage_on, staged.source_key as staged_source_key,
    staged.delivery_id as staged_delivery_id, listed.list_kind as listed_list_kind, listed.listed_on as
    listed_listed_on, listed.removed_on as listed_removed_on, listed.source_key as listed_source_key,
    listed.delivery_id as listed_delivery_id, owned.ip_kind as owned_ip_kind, owned.legal_status as
    owned_legal_status, owned.source_key as owned_source_key, owned.delivery_id as owned_delivery_id
from mart.enterprise as e
join intermediate.int_enterprise__registration as g using (enterprise_id)
left join intermediate.int_enterprise__size_class as s using (enterprise_id)
left join (
    select y.enterprise_id,
        array_agg(y.year) as year, array_agg(y.revenue) as revenue, array_agg(y.main_revenue) as main_revenue,
        array_agg(y.rd_expense) as rd_expense, array_agg(y.net_profit) as net_profit, array_agg(y.total_assets) as
        total_assets, array_agg(y.total_liabilities) as total_liabilities, array_agg(y.rd_headcount) as rd_headcount
    from mart.enterprise_year as y where y.year between %(last)s - 2 and %(last)s group by y.enterprise_id
) as years using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.tax_year) as tax_year, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as
        delivery_id
    from intermediate.int_tx_cit_return__current as r
    join intermediate.int_enterprise__account_link as l on l.account_kind = 'taxpayer' and l.account_no = r.taxpayer_no
    where r.tax_year between %(last)s - 2 and %(last)s group by l.enterprise_id
) as returned using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.report_year) as report_year, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as
        delivery_id
    from intermediate.int_ms_annual_report__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'ms_annual_report' and l.source_key = r.source_key
    where r.report_year between %(last)s - 2 and %(last)s group by l.enterprise_id
) as reported using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.insured_headcount) as insured_headcount, array_agg(r.source_key) as source_key,
        array_agg(r.delivery_id) as delivery_id
    from intermediate.int_hr_insurance__current as r
    join intermediate.int_enterprise__account_link as l on l.account_kind = 'employer' and l.account_no = r.employer_no
    where r.month = make_date(%(last)s, 12, 1) group by l.enterprise_id
) as insured using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.rd_headcount) as rd_headcount, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as
        delivery_id
    from intermediate.int_hr_talent__current as r
    join intermediate.int_enterprise__account_link as l on l.account_kind = 'employer' and l.account_no = r.employer_no
    where r.as_of_year = %(last)s group by l.enterprise_id
) as talented using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.grade) as grade, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_tx_credit_rating__current as r
    join intermediate.int_enterprise__account_link as l on l.account_kind = 'taxpayer' and l.account_no = r.taxpayer_no
    where r.rating_year = %(last)s group by l.enterprise_id
) as rated using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.declared_year) as declared_year, array_agg(r.version) as version, array_agg(r.declared_on) as
        declared_on, array_agg(r.niche_since) as niche_since, array_agg(r.product_domain) as product_domain,
        array_agg(r.strategic_emerging) as strategic_emerging, array_agg(r.key_field) as key_field,
        array_agg(r.key_chain_link) as key_chain_link, array_agg(r.domestic_market_share_pct) as
        domestic_market_share_pct, array_agg(r.domestic_rank) as domestic_rank, array_agg(r.market_position_confirmed)
        as market_position_confirmed, array_agg(r.platform_score) as platform_score, array_agg(r.digital_level) as
        digital_level, array_agg(r.core_business_on_it) as core_business_on_it, array_agg(r.ip_class1_high_value) as
        ip_class1_high_value, array_agg(r.ip_class1_own) as ip_class1_own, array_agg(r.ip_class1) as ip_class1,
        array_agg(r.ip_class2) as ip_class2, array_agg(r.local_feature_score) as local_feature_score,
        array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_mi_declaration__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'mi_declaration' and l.source_key = r.source_key
    where r.declared_year between %(last)s and %(last)s + 1 group by l.enterprise_id
) as declared using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.register) as register, array_agg(r.level) as level, array_agg(r.rank) as rank,
        array_agg(r.issued_on) as issued_on, array_agg(r.valid_until) as valid_until, array_agg(r.source_key) as
        source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_mi_tech_register__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'mi_tech_register' and l.source_key = r.source_key
    group by l.enterprise_id
) as registered using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.tier) as tier, array_agg(r.awarded_on) as awarded_on, array_agg(r.valid_until) as valid_until,
        array_agg(r.withdrawn_on) as withdrawn_on, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as
        delivery_id
    from intermediate.int_mi_tier_holder__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'mi_tier_holder' and l.source_key = r.source_key
    group by l.enterprise_id
) as titled using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.paid_in_yuan) as paid_in_yuan, array_agg(r.post_valuation_yuan) as post_valuation_yuan,
        array_agg(r.paid_on) as paid_on, array_agg(r.is_qualified_investor) as is_qualified_investor,
        array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_fn_equity__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'fn_equity' and l.source_key = r.source_key
    group by l.enterprise_id
) as funded using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.stage) as stage, array_agg(r.stage_on) as stage_on, array_agg(r.source_key) as source_key,
        array_agg(r.delivery_id) as delivery_id
    from intermediate.int_fn_listing__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'fn_listing' and l.source_key = r.source_key
    group by l.enterprise_id
) as staged using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.list_kind) as list_kind, array_agg(r.listed_on) as listed_on, array_agg(r.removed_on) as
        removed_on, array_agg(r.source_key) as source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_ms_irregularity__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'ms_irregularity' and l.source_key = r.source_key
    group by l.enterprise_id
) as listed using (enterprise_id)
left join (
    select l.enterprise_id,
        array_agg(r.ip_kind) as ip_kind, array_agg(r.legal_status) as legal_status, array_agg(r.source_key) as
        source_key, array_agg(r.delivery_id) as delivery_id
    from intermediate.int_ms_ip_right__current as r
    join intermediate.int_enterprise__record_link as l on l.dataset = 'ms_ip_right' and l.source_key = r.source_key
    group by l.enterprise_id
) as owned using (enterprise_id)
where e.entity_category = '企业' and e.status = '存续' and not e.is_branch
