//! What there is besides the run itself when nobody that we know started it: the identifier that finds it again (only its hash),
//! where it came from, the program, and until when all of it is kept.
//!
//! A guest's run belongs to who has its identifier. Everything of it is in its own rows and goes with them, so that nothing of a
//! stranger stays.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, FromQueryResult, JoinType, PaginatorTrait, PrimaryKeyTrait, QueryFilter, QuerySelect,
    RelationTrait,
};
use sha2::{Digest as _, Sha256};

use super::language::Language;
use super::record;
use super::run::{self, RunState};
use crate::clock::Timestamp;

/// How long a run that is done can still be asked for; whoever asks makes it begin anew.
pub const KEPT: Duration = Duration::from_secs(600);
/// What is left when asking makes it begin anew: not with every question, as each is a write.
const RENEWED_BELOW: Duration = Duration::from_secs(540);
/// Runs that are forgotten at once.
pub const BATCH: u64 = 500;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    /// The hash of the identifier, which itself is kept nowhere.
    pub digest: Vec<u8>,
    /// The network address that it came from.
    pub origin: String,
    /// The names of its files: JSON in bytes.
    pub names: Vec<u8>,
    /// The program: names and texts, JSON in bytes.
    pub sources: Vec<u8>,
    /// When something that it wrote was first given to somebody.
    pub delivered_at: Option<Timestamp>,
    /// How many records were given to who does not say how many they have.
    pub drained: i64,
    /// Once it is done: not kept after this.
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::run::Entity", from = "Column::RunId", to = "super::run::Column::Id")]
    Run,
}

impl ActiveModelBehavior for ActiveModel {}

/// The name under which an identifier is kept.
#[must_use]
pub fn digest(identifier: &str) -> Vec<u8> {
    Sha256::digest(identifier.as_bytes()).to_vec()
}

/// A guest's run, without its program.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Visit {
    pub run_id: i64,
    pub names: Vec<u8>,
    pub delivered_at: Option<Timestamp>,
    pub drained: i64,
    pub expires_at: Timestamp,
    pub state: RunState,
    pub language: Language,
}

/// The run with that identifier, unless its time is over.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, identifier: &str, now: Timestamp) -> Result<Option<Visit>, DbErr> {
    let visit = Entity::find()
        .join(JoinType::InnerJoin, Relation::Run.def())
        .select_only()
        .columns([Column::RunId, Column::Names, Column::DeliveredAt, Column::Drained, Column::ExpiresAt])
        .columns([run::Column::State, run::Column::Language])
        .filter(Column::Digest.eq(digest(identifier)))
        .into_model::<Visit>()
        .one(db)
        .await?;
    Ok(visit.filter(|visit| visit.state != RunState::Done || visit.expires_at > now))
}

impl Visit {
    /// Whether giving so many records to somebody has to be noted first.
    #[must_use]
    pub fn is_news(&self, given: i64, drains: bool, now: Timestamp) -> bool {
        let first = given > 0 && self.delivered_at.is_none();
        let renewed = self.state == RunState::Done && self.expires_at < now + RENEWED_BELOW;
        first || renewed || drains && given > 0
    }
}

/// Notes what was given to somebody, and keeps the run for another while. `drained` is for who does not say how many records they have.
///
/// # Errors
/// When the database does not answer.
pub async fn note(
    tx: &impl ConnectionTrait,
    run: i64,
    given: i64,
    drained: Option<i64>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut noted = Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(now + KEPT));
    if given > 0 {
        let first = Expr::col(Column::DeliveredAt).if_null(Expr::value(now));
        noted = noted.col_expr(Column::DeliveredAt, first);
    }
    if let Some(drained) = drained {
        noted = noted.col_expr(Column::Drained, Expr::value(drained));
    }
    noted.filter(Column::RunId.eq(run)).exec(tx).await.map(drop)
}

/// Whether nobody has seen anything of the run yet. Who sees something from now on waits for this transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn unseen(tx: &impl ConnectionTrait, run: i64) -> Result<bool, DbErr> {
    let unseen = Entity::update_many()
        .col_expr(Column::Drained, Expr::value(0i64))
        .filter(Column::RunId.eq(run))
        .filter(Column::DeliveredAt.is_null())
        .exec(tx)
        .await?;
    Ok(unseen.rows_affected > 0)
}

/// Keeps the run for a while from now on, because it is done.
///
/// # Errors
/// When the database does not answer.
pub async fn done(tx: &impl ConnectionTrait, run: i64, now: Timestamp) -> Result<(), DbErr> {
    note(tx, run, 0, None, now).await
}

/// How many runs of guests are not done: of all, and from one address.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &impl ConnectionTrait, origin: &str) -> Result<(u64, u64), DbErr> {
    let waiting = || {
        Entity::find().join(JoinType::InnerJoin, Relation::Run.def()).filter(run::Column::State.eq(RunState::Queued))
    };
    let all = waiting().count(db).await?;
    let here = waiting().filter(Column::Origin.eq(origin)).count(db).await?;
    Ok((all, here))
}

/// Forgets runs whose time is over, at most a batch; how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, now: Timestamp) -> Result<u64, DbErr> {
    let done = Query::select()
        .column(run::Column::Id)
        .from(run::Entity)
        .and_where(run::Column::State.eq(RunState::Done))
        .to_owned();
    let over: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::RunId)
        .filter(Column::ExpiresAt.lt(now))
        .filter(Column::RunId.in_subquery(done))
        .limit(BATCH)
        .into_tuple()
        .all(tx)
        .await?;
    record::forget(tx, over.clone()).await?;
    Entity::delete_many().filter(Column::RunId.is_in(over.clone())).exec(tx).await?;
    let forgotten = run::Entity::delete_many().filter(run::Column::Id.is_in(over)).exec(tx).await?;
    Ok(forgotten.rows_affected)
}
