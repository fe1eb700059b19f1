//! Rows that other rows stand on: people, courses, an assignment.

use sea_orm::Value;

use crate::world::World;

/// The key of a new row.
async fn insert(world: &World, table: &str, columns: &str, values: Vec<Value>) -> i64 {
    let places: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
    world.execute(&format!("INSERT INTO {table} ({columns}) VALUES ({})", places.join(", ")), values).await;
    world.numbers(&format!("SELECT max(id) FROM {table}")).await[0]
}

pub async fn person(world: &World, name: &str) -> i64 {
    let values = vec![format!("{name}@example.org").into(), name.into(), 0i64.into()];
    insert(world, "\"user\"", "email, name, created_at", values).await
}

/// A course in a section of its own.
pub async fn course(world: &World, key: &str) -> i64 {
    let values = vec![key.into(), key.into(), "".into(), 0i32.into()];
    let section = insert(world, "section", "key, title, description, position", values).await;
    let values = vec![key.into(), section.into(), key.into(), "".into(), 0i32.into(), "UTC".into()];
    insert(world, "course", "key, section_id, title, description, position, time_zone", values).await
}

pub async fn assignment(world: &World, course: i64, endpoint: &str) -> i64 {
    let columns = "course_id, endpoint, title, description_html, language, main, template, due_at, due_local, time_zone, \
                   content_hash, synced_at";
    let values: Vec<Value> = vec![
        course.into(),
        endpoint.into(),
        endpoint.into(),
        "".into(),
        "python3".into(),
        "main.py".into(),
        serde_json::json!([]).into(),
        0i64.into(),
        "2030-01-01T00:00".into(),
        "UTC".into(),
        "".into(),
        0i64.into(),
    ];
    insert(world, "assignment", columns, values).await
}
