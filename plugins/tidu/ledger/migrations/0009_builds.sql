-- Builds that survive a crash of the server, a second build beside them and a clock that is set back.

-- Which run takes a delivery in (another run that begins takes it over), and the number of the build that closed it:
-- numbers follow each other even where the clock does not.
alter table ops.delivery add column building_run_id text;
alter table ops.delivery add column build_no bigint;
create sequence ops.build_no;
update ops.delivery set build_no = nextval('ops.build_no') where built_at is not null;
comment on column ops.delivery.building_run_id is 'The build that marked the delivery last; only that build may close it.';
comment on column ops.delivery.build_no is 'Number of the build of the master that took the delivery in; builds are ordered by it, never by the clock.';

-- Unlogged on purpose, like the tables it speaks of: a server that crashed comes back with all of them empty.
create unlogged table ops.build_run (
    stage text primary key,
    token text not null,
    run_id text not null,
    as_of date,
    build_no bigint,
    finished_at timestamptz
);
comment on table ops.build_run is 'One row per stage of dbt whose unlogged tables are whole (finished_at) or being made (null); none after a crash of the server.';

-- First statement of every model: a build that lost its tables, or its lock to another build, stops before it writes.
-- A session without a token is a person's own dbt, which nobody stops.
create function ops.assert_build(building text) returns void
language plpgsql stable
as $$
begin
    if current_setting('tidu.build', true) <> '' and not exists (
        select from ops.build_run as b where b.stage = building and b.token = current_setting('tidu.build', true)
    ) then
        raise exception 'the build of stage % was interrupted: the server lost its unlogged tables, or another build took over; run again', building
            using errcode = 'TD003';
    end if;
end
$$;
