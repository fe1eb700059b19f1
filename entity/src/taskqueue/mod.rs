//! Queues of tasks for programs of others: the rows behind the Task Queue door, and the statements that move them.
//!
//! A task is a payload that workers lease for a while and delete when they are done. It is no [job](crate::job): nothing of this
//! site works on it, and no statement here touches a lane. Times are the database's, in microseconds; what an instant is compared
//! with comes from [`now`], read once in each transaction.

pub mod counter;
pub mod dead;
pub mod lease;
pub mod name;
pub mod queue;
pub mod task;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use crate::clock::{Timestamp, database_now};

/// Which queue: its project, and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueKey {
    pub project: String,
    pub name: String,
}

impl QueueKey {
    /// The first two values of most statements, with others behind them.
    fn with(&self, others: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let own: [Value; 2] = [self.project.as_str().into(), self.name.as_str().into()];
        own.into_iter().chain(others).collect()
    }
}

/// The database's time.
///
/// # Errors
/// When the database does not answer.
pub async fn now(db: &impl ConnectionTrait) -> Result<Timestamp, DbErr> {
    let backend = db.get_database_backend();
    let statement = Statement::from_string(backend, format!("SELECT {} AS now", database_now(backend)));
    let row = db.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the database's time".to_owned()))?.try_get("", "now")
}

fn statement(db: &impl ConnectionTrait, text: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), text, values)
}

/// `$4, $5, …`: places for so many values behind the first few.
fn places(behind: usize, many: usize) -> String {
    let places: Vec<String> = (behind + 1..=behind + many).map(|place| format!("${place}")).collect();
    places.join(", ")
}
