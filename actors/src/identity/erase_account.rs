//! Forgetting somebody (the right to erasure, Article 17 of the GDPR): their name, address, password and every way in go; work and grades
//! stay under a number that leads to nobody, because others rely on them. What stays is told, with the reason.

use entity::assignment::extension;
use entity::bulk;
use entity::course::enrollment;
use entity::identity::audit::Action;
use entity::identity::external_identity;
use entity::identity::held::{After, HELD};
use entity::identity::oauth::code;
use entity::identity::{session, ticket, user};
use entity::job;
use entity::mail::letter;
use entity::submission::receipt::holder;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set, Unchanged};
use serde_json::json;

use super::audit::{entry, note};
use super::change_password::{self, AccountCode};
use super::requests::{self, Wish};
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
    // Who comes in at this moment has come in before, or does not any more.
    let user = user::lock(write.tx(), user.id).await?.ok_or_else(change_password::may_not)?;
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
    external_identity::forget(write.tx(), id).await?;
    enrollment::forget(write.tx(), id).await?;
    bulk::forget(write.tx(), id).await?;
    letter::Entity::update_many()
        .col_expr(letter::Column::Message, Expr::value(None::<Vec<u8>>))
        .col_expr(letter::Column::Address, Expr::value(None::<String>))
        .filter(letter::Column::RecipientId.eq(id))
        .exec(write.tx())
        .await?;
    // Why somebody needed more time may say much about them.
    extension::Entity::update_many()
        .col_expr(extension::Column::Reason, Expr::value(""))
        .col_expr(extension::Column::Answer, Expr::value(""))
        .filter(extension::Column::UserId.eq(id))
        .exec(write.tx())
        .await?;
    holder::forget(write.tx(), id).await?;
    // Jobs that answered their requests hold the address and the name.
    let nothing = requests::Answer { email: String::new(), name: String::new(), wish: Wish::Password };
    job::forget_payloads(write.tx(), requests::Answer::KIND, &user.email, &json!(nothing)).await?;
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
    user::rights_changed(write.tx(), id).await
}
