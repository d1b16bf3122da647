-- Each stage works under a database role of its own. Roles belong to the whole server, so making them and granting
-- them cannot be a step that runs once: tidu.ledger.rights does it at every migration. Here is only what a database has.
create table ops.stage_role (
    role text primary key,
    granted boolean not null,
    reason text,
    checked_at timestamptz not null default now(),
    check (granted = (reason is null))
);
comment on table ops.stage_role is 'One row per role a stage works under; where it is not granted, the stage runs with the login''s own rights, and reason says why.';

-- Tables that live for one pass of validation have a schema of their own: whoever validates may make tables there
-- and nowhere else.
create schema reading;
comment on schema reading is 'The rows a pass of validation is judging, each value read once; empty between passes.';
