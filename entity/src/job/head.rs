//! How far streams of events go, for those who follow many of them and want to know in which there is something new.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::event::Stream;

/// Streams that one statement asks for.
const CHUNK: usize = 500;

/// The last position of each stream; those in which nothing has happened yet are left out. Two statements for every 500 streams.
///
/// # Errors
/// When the database does not answer.
pub async fn heads(db: &impl ConnectionTrait, streams: &[Stream]) -> Result<Vec<(Stream, i64)>, DbErr> {
    let mut found = Vec::new();
    for chunk in streams.chunks(CHUNK) {
        found.extend(of_jobs(db, chunk).await?);
        found.extend(of_others(db, chunk).await?);
    }
    Ok(found)
}

async fn of_jobs(db: &impl ConnectionTrait, streams: &[Stream]) -> Result<Vec<(Stream, i64)>, DbErr> {
    let jobs: Vec<i64> =
        streams.iter().filter_map(|stream| if let Stream::Job(job) = stream { Some(*job) } else { None }).collect();
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = super::Entity::find()
        .select_only()
        .column(super::Column::Id)
        .column(super::Column::Head)
        .filter(super::Column::Id.is_in(jobs))
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(job, head)| (Stream::Job(job), head)).collect())
}

async fn of_others(db: &impl ConnectionTrait, streams: &[Stream]) -> Result<Vec<(Stream, i64)>, DbErr> {
    let others = || streams.iter().filter(|stream| !matches!(stream, Stream::Job(_)));
    let names: Vec<String> = others().map(ToString::to_string).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (name, head) = (Alias::new("name"), Alias::new("head"));
    let select = Query::select()
        .columns([name.clone(), head])
        .from(Alias::new("stream"))
        .and_where(Expr::col(name).is_in(names))
        .to_owned();
    let mut found = Vec::new();
    for row in db.query_all(&select).await? {
        let name: String = row.try_get("", "name")?;
        if let Some(stream) = others().find(|stream| stream.to_string() == name) {
            found.push((*stream, row.try_get("", "head")?));
        }
    }
    Ok(found)
}
