-- The current row of a key under a delta without updated_at, delivery by delivery. A delivery changes it to its
-- first content that differs; two contents per delivery are enough to tell, since only one of them can be current.
create function ops.content_after(standing uuid, known uuid, first_content uuid, second_content uuid) returns uuid
language sql immutable parallel safe
return case
    when first_content is distinct from coalesce(standing, known) then first_content
    else coalesce(second_content, first_content)
end;
comment on function ops.content_after is 'Content of a key''s current row after one more delivery: standing is the content before it (null: known, the content in history).';

create aggregate ops.current_content(known uuid, first_content uuid, second_content uuid) (
    sfunc = ops.content_after, stype = uuid, parallel = safe
);
comment on aggregate ops.current_content(uuid, uuid, uuid) is 'Content of a key''s current row after deliveries taken in order: known content (null: none), first and second distinct content of each.';
