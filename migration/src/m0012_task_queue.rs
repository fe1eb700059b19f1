//! Queues of tasks for programs of others, behind the Task Queue door. They have nothing to do with the jobs of this site.

crate::step::step!("m0012_task_queue");

const UP: &[&str] = &[
    // What is known of a queue. A queue comes into being with its first task, or when somebody sets it up.
    "CREATE TABLE task_queue (
        project TEXT NOT NULL,
        name TEXT NOT NULL,
        max_leases INTEGER NOT NULL DEFAULT 0,
        acl {json} NOT NULL,
        PRIMARY KEY (project, name))",
    // An empty tag is none, so that tasks without one are a group like any other.
    "CREATE TABLE task (
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        tag TEXT NOT NULL,
        enqueued_at BIGINT NOT NULL,
        lease_at BIGINT NOT NULL,
        leases INTEGER NOT NULL,
        size BIGINT NOT NULL,
        payload {bytes} NOT NULL,
        PRIMARY KEY (project, queue, name))",
    "CREATE INDEX task_lease ON task (project, queue, lease_at, name)",
    "CREATE INDEX task_group ON task (project, queue, tag, lease_at, name)",
    "CREATE INDEX task_age ON task (project, queue, enqueued_at, name)",
    // Names of tasks that are gone, which nobody may use before that time.
    "CREATE TABLE task_name (
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        free_at BIGINT NOT NULL,
        PRIMARY KEY (project, queue, name))",
    "CREATE INDEX task_name_free ON task_name (free_at)",
    // Tasks that were leased as often as their queue allows.
    "CREATE TABLE task_dead (
        id {key},
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        tag TEXT NOT NULL,
        enqueued_at BIGINT NOT NULL,
        dead_at BIGINT NOT NULL,
        leases INTEGER NOT NULL,
        payload {bytes} NOT NULL)",
    "CREATE INDEX task_dead_queue ON task_dead (project, queue, id)",
    // How many tasks were leased in a second. Several rows for each, so that those who lease do not wait for each other.
    "CREATE TABLE task_leased (
        project TEXT NOT NULL,
        queue TEXT NOT NULL,
        second BIGINT NOT NULL,
        part INTEGER NOT NULL,
        tasks BIGINT NOT NULL,
        PRIMARY KEY (project, queue, second, part))",
    "CREATE INDEX task_leased_second ON task_leased (second)",
];
