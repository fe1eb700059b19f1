//! The table of codes in the documentation is that of the program.

use server::graphql::error::Code;

const PAGE: &str = include_str!("../../../docs/api/errors.md");

#[test]
fn the_table_of_codes_is_complete() {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split_once("` | "));
    let rows: Vec<(&str, &str)> =
        rows.filter(|(code, _)| code.bytes().all(|letter| letter.is_ascii_uppercase() || letter == b'_')).collect();
    let codes: Vec<&str> = rows.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, Code::ALL.map(Code::as_str));
    for (code, row) in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(cells.len() >= 3 && cells[..3].iter().all(|cell| !cell.is_empty()), "{code}: {cells:?}");
    }
}
