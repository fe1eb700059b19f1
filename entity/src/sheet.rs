//! Tables of text as spreadsheet programs write and read them: comma-separated values (RFC 4180), in the dialects that are met.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, whoever wrote it. So a text that begins so is written
//! with an apostrophe before it, and read without; numbers of ours are written as they are.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

/// The most rows of a table that is read.
pub const ROWS: usize = 10_000;
/// The longest table that is read, in bytes.
pub const BYTES: usize = 4 << 20;
/// What may stand between cells; the first that is met most often.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// How what a spreadsheet would compute begins.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];
/// What some skip before that.
const SKIPPED: [char; 2] = ['\t', '\r'];

/// A table that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The names of the columns, trimmed.
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row below the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// As many as the header has, trimmed. None where the row has more, and something in them.
    pub cells: Option<Vec<String>>,
}

/// Why something is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetFault {
    #[error("This is not text in UTF-8. Save it as \u{201c}CSV UTF-8\u{201d}.")]
    NotText,
    #[error("There is nothing in it: the first row names the columns.")]
    Empty,
    #[error(
        "A cell that begins with a quotation mark on line {0} has none at its end, so that it goes on to the end of the table."
    )]
    OpenQuote(u64),
    #[error(
        "A cell that begins with a quotation mark on line {0} goes on after the next one. End it before the next cell, and write a mark within \
         it twice."
    )]
    StrayQuote(u64),
    #[error("It has more than {ROWS} rows. Send several.")]
    TooManyRows,
    #[error("It has more than {BYTES} bytes. Send several.")]
    TooLong,
}

/// Reads a table. Rows without anything in them are left out.
///
/// # Errors
/// When it is none, or too long.
pub fn read(bytes: &[u8]) -> Result<Sheet, SheetFault> {
    if bytes.len() > BYTES {
        return Err(SheetFault::TooLong);
    }
    let text = str::from_utf8(bytes).map_err(|_| SheetFault::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(SheetFault::NotText);
    }
    // Some programs for older Macintoshes end lines with a CR alone.
    let has_bare = text.bytes().zip(text.bytes().skip(1).chain([0])).any(|(byte, next)| byte == b'\r' && next != b'\n');
    let bare = || text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = if has_bare { Cow::Owned(bare()) } else { Cow::Borrowed(text) };
    let (text, delimiter, skipped) = dialect(&lines);
    quoted_well(text, delimiter, skipped)?;
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut header: Option<Vec<String>> = None;
    let (mut rows, mut lines) = (Vec::new(), Lines { text: text.as_bytes(), place: 0, line: 1 + skipped });
    for record in reader.records() {
        let record = record.map_err(|_| SheetFault::NotText)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match &header {
            None => header = Some(record.iter().map(|cell| cell.trim().to_owned()).collect()),
            Some(_) if rows.len() == ROWS => return Err(SheetFault::TooManyRows),
            Some(header) => rows.push(row(&record, header.len(), lines.of(&record))),
        }
    }
    header.map(|header| Sheet { header, rows }).ok_or(SheetFault::Empty)
}

/// That each cell in quotes ends where the next cell begins: one whose end is forgotten would swallow the next row, up to its first mark.
fn quoted_well(text: &str, delimiter: u8, skipped: u64) -> Result<(), SheetFault> {
    let (mut line, mut begun, mut state) = (1 + skipped, 0, Quoting::Start);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(byte == b'\n');
        let ends_cell = byte == delimiter || byte == b'\n' || byte == b'\r';
        state = match state {
            // Two of them in a row are one that is meant.
            Quoting::Within if byte == b'"' && bytes.next_if_eq(&b'"').is_none() => Quoting::Ended,
            Quoting::Within => Quoting::Within,
            Quoting::Start if byte == b'"' => {
                begun = line;
                Quoting::Within
            }
            _ if ends_cell => Quoting::Start,
            Quoting::Ended if byte != b' ' => return Err(SheetFault::StrayQuote(begun)),
            Quoting::Ended => Quoting::Ended,
            Quoting::Start | Quoting::Plain => Quoting::Plain,
        };
    }
    if state == Quoting::Within { Err(SheetFault::OpenQuote(begun)) } else { Ok(()) }
}

/// Where in a cell one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Start,
    Plain,
    Within,
    Ended,
}

/// Counts lines as rows go by. The reader's own count is one too low where lines end with two signs.
struct Lines<'t> {
    text: &'t [u8],
    place: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which a row begins.
    fn of(&mut self, record: &StringRecord) -> u64 {
        let begins = record.position().map_or(0, csv::Position::byte);
        let begins = usize::try_from(begins).unwrap_or_default().min(self.text.len());
        // Ends of lines before it belong to what was before.
        let ends = self.text[begins..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let passed = &self.text[self.place.min(begins)..begins + ends];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.place = begins + ends;
        self.line
    }
}

fn row(record: &StringRecord, width: usize, line: u64) -> Row {
    let mut cells: Vec<String> = record.iter().map(|cell| plain(cell.trim()).to_owned()).collect();
    let beyond = cells.iter().skip(width).any(|cell| !cell.is_empty());
    cells.resize(width, String::new());
    Row { line, cells: (!beyond).then_some(cells) }
}

/// The text without a line that only says what stands between cells; what that is; and how many lines were taken away.
fn dialect(text: &str) -> (&str, u8, u64) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(said) = first.strip_prefix("sep=").and_then(|said| said.bytes().next())
        && DELIMITERS.contains(&said)
    {
        return (text.split_once('\n').map_or("", |(_, rest)| rest), said, 1);
    }
    // The first row, without what stands in quotes.
    let bare: Vec<u8> = text
        .trim_start()
        .bytes()
        .scan(false, |quoted, byte| {
            *quoted ^= byte == b'"';
            (*quoted || byte != b'\n').then_some(if *quoted { b'"' } else { byte })
        })
        .collect();
    let met = |delimiter: u8| bare.iter().filter(|byte| **byte == delimiter).count();
    let most = DELIMITERS.into_iter().rev().max_by_key(|delimiter| met(*delimiter)).unwrap_or(b',');
    (text, most, 0)
}

/// A cell without the apostrophe that keeps it from being computed.
fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| computes(rest)).map_or(cell, str::trim)
}

/// Whether a spreadsheet may take a text for something to compute, or would without the apostrophes before it: these are one more when it is
/// written and one less when it is read, so that it comes back as it was.
fn computes(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\'');
    let before = &text[..text.len() - rest.len()];
    rest.starts_with(FORMULA) || (!rest.is_empty() && before.contains(SKIPPED))
}

/// A cell to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'c> {
    /// Somebody's words.
    Text(Cow<'c, str>),
    /// A number of ours, as it is.
    Number(String),
    Nothing,
}

impl<'c> From<&'c str> for Cell<'c> {
    fn from(text: &'c str) -> Self {
        Self::Text(text.into())
    }
}

impl<'c> From<Option<&'c str>> for Cell<'c> {
    fn from(text: Option<&'c str>) -> Self {
        text.map_or(Self::Nothing, Self::from)
    }
}

impl Cell<'_> {
    fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) if computes(text) => format!("'{text}").into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Borrowed(number),
            Self::Nothing => Cow::Borrowed(""),
        }
    }
}

/// A row as it is written, with its end.
#[must_use]
pub fn line<'c>(cells: impl IntoIterator<Item = Cell<'c>>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let cells: Vec<Cell<'c>> = cells.into_iter().collect();
    // There is always room in memory.
    let _ = writer.write_record(cells.iter().map(|cell| cell.written().into_owned()));
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cell, ROWS, SheetFault, line, read};

    fn cells(text: &str) -> Vec<Vec<String>> {
        let sheet = read(text.as_bytes()).unwrap();
        sheet.rows.into_iter().map(|row| row.cells.unwrap()).collect()
    }

    #[test]
    fn dialects_that_are_met() {
        for text in [
            "email,name\r\nada@x,\"Ada, the first\"\r\n",
            "\u{feff}email;name\nada@x;Ada, the first",
            "email\tname\n\n ada@x \tAda, the first\n\t\n",
            "sep=;\r\nemail;name\r\nada@x;\"Ada, the first\";;\r\n",
            "\"email\";\"name\"\nada@x;Ada, the first\n",
            "email;name\rada@x;Ada, the first\r",
            "sep=;\r\"email\";name\rada@x;Ada, the first\r\n",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap().header, ["email", "name"], "{text}");
            assert_eq!(cells(text), [["ada@x", "Ada, the first"]], "{text}");
        }
        let folded = "\"e,;\nmail\";name\n\"a\nb\";\"say \"\"x\"\"\"\nc\n";
        assert_eq!(read(folded.as_bytes()).unwrap().header, ["e,;\nmail", "name"]);
        assert_eq!(cells(folded), [["a\nb", "say \"x\""], ["c", ""]]);
    }

    #[test]
    fn rows_know_their_lines_and_say_when_they_are_too_wide() {
        let text = "a,b\n\n\"1\n\",2\n3,4,5\n6,7,\n";
        let crs = text.replace('\n', "\r");
        let crlfs = text.replace('\n', "\r\n");
        for (text, more) in [(text.to_owned(), 0), (crs, 0), (crlfs, 0), (format!("sep=,\n{text}"), 1)] {
            let sheet = read(text.as_bytes()).unwrap();
            let told: Vec<_> = sheet.rows.iter().map(|row| (row.line, row.cells.is_some())).collect();
            assert_eq!(told, [(3 + more, true), (5 + more, false), (6 + more, true)], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(read(b""), Err(SheetFault::Empty));
        assert_eq!(read(b"\n , \n"), Err(SheetFault::Empty));
        assert_eq!(read(b"a\n\xff"), Err(SheetFault::NotText));
        assert_eq!(read(b"a\n\0"), Err(SheetFault::NotText));
        assert_eq!(read(b"sep=,\na,b\n1,\"2\n3,4\n"), Err(SheetFault::OpenQuote(3)));
        let swallows = "a,b\n1,\"2\n3,\"4\"\n5,6\n";
        assert_eq!(read(swallows.as_bytes()), Err(SheetFault::StrayQuote(2)));
        assert_eq!(cells("a,b\n1,2\"\n\"\"\"\",5\" x\n"), [["1", "2\""], ["\"", "5\" x"]]);
        let many = "a\n".repeat(ROWS + 1);
        assert_eq!(read(many.as_bytes()).unwrap().rows.len(), ROWS);
        assert_eq!(read(format!("{many}a").as_bytes()), Err(SheetFault::TooManyRows));
    }

    #[test]
    fn nothing_is_computed() {
        for (cell, written) in [
            (Cell::from("=1+1"), "'=1+1\n"),
            (Cell::from("  @x"), "'  @x\n"),
            (Cell::from("\t=1"), "'\t=1\n"),
            (Cell::from("-2"), "'-2\n"),
            (Cell::from("'=1"), "''=1\n"),
            (Cell::Number("-2.5".to_owned()), "-2.5\n"),
            (Cell::from("O'Hara"), "O'Hara\n"),
            (Cell::from("a,b"), "\"a,b\"\n"),
            (Cell::from("=a\"b"), "\"'=a\"\"b\"\n"),
        ] {
            assert_eq!(String::from_utf8(line([cell.clone()])).unwrap(), written, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(prop::collection::vec("[ =+@;,'\"\n\ta-c-]{0,6}x", 2), 1..5)) {
            let mut bytes = line(["one", "two"].map(Cell::from));
            for row in &rows {
                bytes.extend(line(row.iter().map(|cell| Cell::from(cell.as_str()))));
            }
            let text = String::from_utf8(bytes).unwrap();
            let wanted: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
            prop_assert_eq!(cells(&text), wanted);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
