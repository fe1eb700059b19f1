//! A letter. Unique for ever by its cause, its recipient and its kind, so that nothing is ever told twice by two rows.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use crate::clock::Timestamp;
use crate::statement::Rows;
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable, arms, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is about, as a global id; of one that is told once for each version, or again and again, with the version or a number behind
    /// a `/`.
    pub cause: String,
    pub recipient_id: i64,
    /// Where it goes, if that is not the recipient's address.
    pub address: Option<String>,
    /// Its template: `score`.
    pub kind: String,
    pub course_id: Option<i64>,
    pub state: LetterState,
    /// The finished message with its Message-ID and Date, made at the first attempt. Repeats send these bytes.
    pub message: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

impl Model {
    /// What it is about, as a global id.
    #[must_use]
    pub fn about(&self) -> &str {
        self.cause.split('/').next().unwrap_or_default()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    cause: Cause,
    recipient_id: RecipientId,
    address: Address,
    kind: Kind,
    course_id: CourseId,
    state: State,
    message: Message,
    created_at: CreatedAt,
    sent_at: SentAt,
});

/// Where a letter is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum LetterState {
    #[sea_orm(string_value = "queued")]
    Queued,
    #[sea_orm(string_value = "sent")]
    Sent,
    /// It will not be sent any more; its job says why.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// One's own.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [own_in(Column::RecipientId, Column::CourseId, scope)])
    }
}

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct NewLetter<'l> {
    /// What it is about, as a global id.
    pub cause: String,
    pub recipient: i64,
    pub kind: &'l str,
    pub course: Option<i64>,
    /// Where it goes, if that is not the recipient's address.
    pub address: Option<String>,
}

/// Writes the row of a letter. None when that letter was written before.
///
/// # Errors
/// When the database does not answer.
pub async fn write(tx: &impl ConnectionTrait, new: NewLetter<'_>, now: Timestamp) -> Result<Option<i64>, DbErr> {
    let NewLetter { cause, recipient, kind, course, address } = new;
    let row = [cause.into(), recipient.into(), Value::from(kind), course.into(), now.into(), address.into()];
    let rows: Rows = [row].into_iter().collect();
    let text = "INSERT INTO letter (cause, recipient_id, kind, course_id, created_at, address, state) \
         SELECT column1, column2, column3, column4, column5, column6, 'queued' FROM {rows} AS v WHERE true \
         ON CONFLICT (cause, recipient_id, kind) DO NOTHING RETURNING id";
    let written = tx.query_one_raw(rows.statement(tx.get_database_backend(), text)).await?;
    written.map(|row| row.try_get("", "id")).transpose()
}

/// The letters of a kind that tell these people about something again and again, the oldest first: their numbers, and when they were written.
///
/// # Errors
/// When the database does not answer.
pub async fn written(
    db: &impl ConnectionTrait,
    about: &str,
    kind: &str,
    recipients: &[i64],
) -> Result<HashMap<i64, Vec<(u32, Timestamp)>>, DbErr> {
    let begin = format!("{about}/");
    let rows = Entity::find()
        .select_only()
        .columns([Column::RecipientId, Column::Cause, Column::CreatedAt])
        .filter(Column::RecipientId.is_in(recipients.iter().copied()))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Cause.starts_with(begin.as_str()))
        .order_by_asc(Column::Id);
    let mut written: HashMap<i64, Vec<(u32, Timestamp)>> = HashMap::new();
    for (recipient, cause, at) in rows.into_tuple::<(i64, String, Timestamp)>().all(db).await? {
        // To one of the databases small and capital letters are the same there.
        if let Some(number) = cause.strip_prefix(&begin) {
            written.entry(recipient).or_default().push((number.parse().unwrap_or_default(), at));
        }
    }
    Ok(written)
}
