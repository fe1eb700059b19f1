//! A right to do one thing once: accept an invitation, confirm an address, choose a new password. It goes out by letter.
//!
//! `sent → used | expired | withdrawn`; using it and what it allows are one transaction, so nothing is done twice by one ticket.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::clock::Timestamp;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub purpose: Purpose,
    /// Whose account it is about.
    pub user_id: i64,
    /// From which the site's key makes its code, when the letter is written. So no copy of the code is kept anywhere here.
    pub seed: Vec<u8>,
    /// The SHA-256 of its code.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The new address, where it is about one.
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When it was used. One that is withdrawn ends before its time instead.
    pub used_at: Option<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// Accept an invitation: confirms the address and sets the first password.
    #[sea_orm(string_value = "invite")]
    Invite,
    /// Finish a registration; the same, for somebody who came by themselves.
    #[sea_orm(string_value = "register")]
    Register,
    /// Choose a new password.
    #[sea_orm(string_value = "reset")]
    Reset,
    /// Let go of the present address; the first half of a change.
    #[sea_orm(string_value = "leave_address")]
    LeaveAddress,
    /// Confirm the new address; the second half.
    #[sea_orm(string_value = "take_address")]
    TakeAddress,
}

impl Purpose {
    /// How long a ticket is good for.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        const HOUR: u64 = 3600;
        Duration::from_secs(match self {
            Self::Invite => 7 * 24 * HOUR,
            Self::Register | Self::LeaveAddress | Self::TakeAddress => 24 * HOUR,
            Self::Reset => HOUR,
        })
    }
}

impl Model {
    /// Whether it can be used.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

/// Uses a ticket up; whether it was good. Of two who do so at once, one is told yes.
///
/// # Errors
/// When the database does not answer.
pub async fn use_up(tx: &impl ConnectionTrait, ticket: i64, now: Timestamp) -> Result<bool, DbErr> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(ticket))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Withdraws all tickets of somebody for these purposes. A half of a change that was confirmed does not count any more either.
///
/// # Errors
/// When the database does not answer.
pub async fn withdraw(
    tx: &impl ConnectionTrait,
    user: i64,
    purposes: impl IntoIterator<Item = Purpose>,
    now: Timestamp,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(now))
        .filter(Column::UserId.eq(user))
        .filter(Column::Purpose.is_in(purposes))
        .filter(Column::ExpiresAt.gt(now))
        .exec(tx)
        .await
        .map(drop)
}
