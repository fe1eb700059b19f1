//! Answers as rows in columns.
#![allow(clippy::print_stdout, reason = "this is where the program talks to its user")]

use serde_json::{Value, json};

use super::{CommandError, Local};

/// Prints rows below their headings, each column as wide as its widest cell. The last column is not padded.
pub fn print(headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    println!("{}", line(headings.to_vec()));
    for row in rows {
        println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}

/// A text of an answer; a dash where there is none.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An instant to the second.
pub fn instant(value: &Value) -> String {
    let text = text(value);
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{}Z", seconds.replace('T', " ")))
}

/// The most entries of a page.
const PAGE: usize = 100;

/// Asks for page after page of a connection until there are so many entries, or no more. The query takes `$first` and `$after` beside
/// these variables; the field of the connection is at `path`.
///
/// # Errors
/// When the site cannot be reached, or refuses.
pub async fn pages(
    site: &Local,
    query: &str,
    variables: Value,
    path: &str,
    limit: usize,
) -> Result<Vec<Value>, CommandError> {
    let (mut rows, mut after): (Vec<Value>, Value) = (Vec::new(), Value::Null);
    while rows.len() < limit {
        let mut variables = variables.clone();
        variables["first"] = json!((limit - rows.len()).min(PAGE));
        variables["after"] = after;
        let mut answer = site.ask(query, variables).await?;
        let page = answer.pointer_mut(path).map(Value::take).unwrap_or_default();
        rows.extend(page["nodes"].as_array().cloned().unwrap_or_default());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
    }
    Ok(rows)
}

/// One field of a list, for a sentence.
pub fn words(list: &Value, field: &str) -> String {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|entry| entry[field].as_str()).collect::<Vec<_>>().join(", ")
}
