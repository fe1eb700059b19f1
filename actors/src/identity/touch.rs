//! Noting that a session is in use, about once a minute: whoever looks through their sessions sees which ones they still need.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use entity::identity::session;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::database::Promise;
use crate::deps::Deps;
use crate::write::Write;

/// How exact the note is.
const EXACT: Duration = Duration::from_secs(60);

/// Notes it, beside whatever the session is used for. A note that is lost is made with the next use.
pub(super) fn touch(deps: &Deps, session: &session::Model, now: Timestamp) {
    if session.last_used_at.is_some_and(|last| now.0 - last.0 < micros(EXACT)) {
        return;
    }
    let (deps, session) = (deps.clone(), session.id);
    let runtime = deps.runtime.clone();
    runtime.spawn(async move {
        if let Err(error) = note(&deps, session, now).await {
            tracing::debug!(error = %error, "the use of a session was not noted");
        }
    });
}

async fn note(deps: &Deps, session: i64, now: Timestamp) -> Result<(), DbErr> {
    let write = Write::promising(deps, Promise::Visible).await?;
    session::Entity::update_many()
        .col_expr(session::Column::LastUsedAt, Expr::value(now))
        .filter(session::Column::Id.eq(session))
        .exec(write.tx())
        .await?;
    write.commit().await
}
