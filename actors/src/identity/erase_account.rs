//! Forgetting somebody (the right to erasure, Article 17 of the GDPR): their name, address, password and every way in go; work and grades
//! stay under a number that leads to nobody, because others rely on them. What stays is told, with the reason.

use entity::course::enrollment;
use entity::identity::audit::Action;
use entity::identity::held::{After, HELD};
use entity::identity::oauth::code;
use entity::identity::{session, ticket, user};
use entity::mail::letter;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait as _, DbErr, EntityTrait, QueryFilter, Set, Statement,
    Unchanged,
};
use serde_json::json;

use super::audit::{entry, note};
use super::change_password::{self, AccountCode};
use super::requests;
use crate::deps::Deps;
use crate::job::Job as _;
use crate::problem::Problem;
use crate::write::Write;

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The table and its column.
    pub what: String,
    /// Rows.
    pub count: i64,
    pub why: &'static str,
}

/// Forgets the viewer, who shows their password again; what stays.
///
/// # Errors
/// When the password is not right, a course is still theirs, the viewer may not, or something breaks.
pub async fn erase_account(
    deps: &Deps,
    viewer: &ViewerScope,
    password: String,
    address: u64,
) -> Result<Vec<Kept>, Problem<AccountCode>> {
    let user = change_password::confirm(deps, viewer, password, address).await?;
    let mut write = Write::begin(deps).await?;
    let owned = enrollment::Entity::find()
        .filter(enrollment::Column::UserId.eq(user.id))
        .filter(enrollment::Column::Owner.eq(true));
    if owned.one(write.tx()).await?.is_some() || user.admin {
        let message = "Give away the courses that are yours first; who runs the site has another take that away first.";
        return Err(Problem::refused(AccountCode::Needed, message));
    }
    forget(&write, &user).await?;
    note(&write, entry(viewer, Action::AccountErased, Some(user.id), json!({}))).await?;
    let mut kept = Vec::new();
    for held in HELD {
        let After::Stays(why) = held.after else { continue };
        let count = held.count(write.tx(), user.id).await?;
        if count > 0 {
            kept.push(Kept { what: held.to_string(), count, why });
        }
    }
    write.rights_changed();
    write.commit().await?;
    Ok(kept)
}

async fn forget(write: &Write, user: &user::Model) -> Result<(), DbErr> {
    let id = user.id;
    session::Entity::delete_many().filter(session::Column::UserId.eq(id)).exec(write.tx()).await?;
    ticket::Entity::delete_many().filter(ticket::Column::UserId.eq(id)).exec(write.tx()).await?;
    code::Entity::delete_many().filter(code::Column::UserId.eq(id)).exec(write.tx()).await?;
    letter::Entity::update_many()
        .col_expr(letter::Column::Message, Expr::value(None::<Vec<u8>>))
        .col_expr(letter::Column::Address, Expr::value(None::<String>))
        .filter(letter::Column::RecipientId.eq(id))
        .exec(write.tx())
        .await?;
    forget_requests(write, &user.email).await?;
    let row = user::ActiveModel {
        id: Unchanged(id),
        // No address, so nobody can have it.
        email: Set(format!("erased {id}")),
        name: Set("Erased person".to_owned()),
        password_hash: Set(None),
        verified_at: Set(None),
        disabled_at: Set(Some(write.now)),
        ..Default::default()
    };
    row.update(write.tx()).await?;
    let version = user::Column::RightsVersion;
    let moved =
        user::Entity::update_many().col_expr(version, Expr::col(version).add(1)).filter(user::Column::Id.eq(id));
    moved.exec(write.tx()).await.map(drop)
}

/// Jobs that answered their requests hold the address and the name.
async fn forget_requests(write: &Write, email: &str) -> Result<(), DbErr> {
    let nothing = json!({ "email": "", "name": "", "wish": "password" }).to_string();
    let text = "UPDATE job SET payload = $1 WHERE kind = $2 AND state IN ('done', 'dead', 'cancelled') \
                AND CAST(payload AS TEXT) LIKE $3";
    let text = if write.tx().get_database_backend() == sea_orm::DbBackend::Postgres {
        text.replace("payload = $1", "payload = CAST($1 AS JSONB)")
    } else {
        text.to_owned()
    };
    let values = [nothing.into(), requests::Answer::KIND.into(), format!("%\"{email}\"%").into()];
    let statement = Statement::from_sql_and_values(write.tx().get_database_backend(), text, values);
    write.tx().execute_raw(statement).await.map(drop)
}
