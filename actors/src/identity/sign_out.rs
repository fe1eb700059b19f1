//! Signing out: the sign-in ends, and its token with it, wherever it was copied to.

use entity::identity::session;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::deps::Deps;
use crate::problem::Fault;
use crate::write::Write;

/// Ends a sign-in. Ending one that has ended changes nothing.
///
/// # Errors
/// When something breaks.
pub async fn sign_out(deps: &Deps, session: i64) -> Result<(), Fault> {
    let mut write = Write::begin(deps).await?;
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(write.now))
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::RevokedAt.is_null())
        .exec(write.tx())
        .await?;
    write.rights_changed();
    write.commit().await?;
    Ok(())
}
