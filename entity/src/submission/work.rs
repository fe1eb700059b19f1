//! A student's work on an assignment as a whole: which submission counts, and how often something was handed in.

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};

use crate::statement::Rows;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignment_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: i64,
    /// The submission that counts: the latest.
    pub final_submission_id: i64,
    pub submissions: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Somebody's new submissions to an assignment: how many, and the latest of them.
pub(super) struct Handed {
    pub assignment: i64,
    pub owner: i64,
    pub submissions: i32,
    pub latest: i64,
}

/// Counts new submissions; the latest becomes the one that counts. The list has one entry for each row, in the order of keys.
pub(super) async fn count(tx: &impl ConnectionTrait, handed: &[Handed]) -> Result<(), DbErr> {
    let rows: Rows = handed
        .iter()
        .map(|work| [Value::from(work.assignment), work.owner.into(), work.latest.into(), work.submissions.into()])
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "INSERT INTO work (assignment_id, owner_id, final_submission_id, submissions) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (assignment_id, owner_id) DO UPDATE SET submissions = work.submissions + excluded.submissions, \
           final_submission_id = CASE WHEN excluded.final_submission_id > work.final_submission_id \
             THEN excluded.final_submission_id ELSE work.final_submission_id END";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}
