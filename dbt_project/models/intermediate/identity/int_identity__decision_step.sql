{{ config(indexes=[
    {'columns': ['party_kind', 'party_no', 'decision_id']},
    {'columns': ['merged_enterprise_id', 'decision_id']},
]) }}

with recursive

decision as (

    select * from {{ ref('int_identity__decision') }}
    where ended is null and kind in ('merge', 'split')

),

side as (

    select * from {{ ref('int_identity__decision_side') }}

),

named as (

    select * from side
    where side = 'named'

),

-- where one of two enterprises was registered since, it is the one that stands
merged as (

    select distinct
        decision.decision_id,
        case when piece.is_registered then named.enterprise_id else piece.enterprise_id end as enterprise_id,
        case when piece.is_registered then piece.enterprise_id else named.enterprise_id end as into_id
    from decision
    inner join named on decision.decision_id = named.decision_id
    inner join side as piece on decision.decision_id = piece.decision_id
    where
        decision.kind = 'merge' and decision.party_no is null
        and piece.side = 'left' and piece.enterprise_id <> named.enterprise_id
        and not (piece.is_registered and (
            named.is_registered or exists (
                select from side as other
                where other.decision_id = piece.decision_id and other.side = 'left' and not other.is_registered
            )
        ))

),

said as (

    select
        decision_id,
        null as party_kind,
        null as party_no,
        enterprise_id as merged_enterprise_id,
        null as split_from_id,
        into_id as to_enterprise_id,
        into_id as named_id
    from merged
    union all
    select
        decision.decision_id,
        decision.party_kind,
        decision.party_no,
        null as merged_enterprise_id,
        case decision.kind when 'split' then named.enterprise_id end as split_from_id,
        case decision.kind when 'split' then decision.to_enterprise_id else named.enterprise_id end as to_enterprise_id,
        named.enterprise_id as named_id
    from decision
    inner join named on decision.decision_id = named.decision_id
    where decision.party_no is not null

),

-- what an earlier decision merged, but no build had when the later one named it, is meant where it went
led as (

    select
        decision_id,
        named_id,
        array[named_id] as path
    from said
    union
    select
        led.decision_id,
        led.named_id,
        led.path || merged.into_id as path
    from led
    inner join merged on led.path[cardinality(led.path)] = merged.enterprise_id
    where merged.decision_id < led.decision_id and merged.into_id <> all(led.path)

),

meant as (

    select distinct on (decision_id, named_id)
        decision_id,
        named_id,
        path[cardinality(path)] as enterprise_id
    from led
    order by decision_id asc, named_id asc, cardinality(path) desc, path asc

),

final as (

    select
        said.decision_id,
        said.party_kind,
        said.party_no,
        said.merged_enterprise_id,
        case when said.split_from_id is not null then meant.enterprise_id end as split_from_id,
        case when said.split_from_id is null then meant.enterprise_id else said.to_enterprise_id end
            as to_enterprise_id
    from said
    inner join meant
        on
            said.decision_id = meant.decision_id
            and said.named_id = meant.named_id
    where said.merged_enterprise_id is null or said.merged_enterprise_id <> meant.enterprise_id

)

select * from final
