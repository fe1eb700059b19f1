//! Courses as the command line names them.

use serde_json::{Value, json};

use super::table::words;
use super::{CommandError, Local};

/// The global id of the course with that key; null when none is given.
///
/// # Errors
/// When there is none, told with those that there are, or the site cannot be reached.
pub async fn course(site: &Local, key: Option<&str>) -> Result<Value, CommandError> {
    let Some(key) = key else { return Ok(Value::Null) };
    let answer = site.ask("query($key: String!) { course(key: $key) { id } }", json!({ "key": key })).await?;
    match &answer["course"]["id"] {
        Value::Null => {
            let answer = site.ask("{ courses(first: 100) { nodes { key } } }", Value::Null).await?;
            let keys = words(&answer["courses"]["nodes"], "key");
            let there =
                if keys.is_empty() { "there are none yet".to_owned() } else { format!("the courses are {keys}") };
            Err(CommandError::told(format!("there is no course {key}; {there}")))
        }
        id => Ok(id.clone()),
    }
}
