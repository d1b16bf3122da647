-- The gate: links, ids and redirects are built after this test alone, so a build beyond the bounds leaves the last good
-- ones in place; tidu.transform.gate says what moved.
select metric from {{ ref('int_identity__linkage_verdict') }}
where state = 'beyond'
