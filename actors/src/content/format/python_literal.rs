//! Python literals of any shape: dicts, lists, tuples, texts, numbers, `True`, `False` and `None`.
//!
//! Test files of the `ok` client are such literals. They are read, never evaluated: anything that would have to be computed is refused.

use super::literal::Cursor;

/// Deeper nesting than this is a mistake or an attack.
const DEEPEST: usize = 32;
/// More values than this are a mistake or an attack.
const MOST_VALUES: usize = 50_000;

/// A value and the line where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    /// A tuple is a list here.
    List(Vec<Literal>),
    Dict(Vec<(String, Literal)>),
}

/// What cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub line: usize,
    pub why: String,
}

impl Literal {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::None => "None",
            Value::Bool(_) => "True or False",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dict",
        }
    }
}

/// The literal that a text assigns to one name, and nothing else: `test = {…}`.
pub(super) fn assigned(text: &str, name: &str) -> Result<Literal, Unread> {
    let mut reader = Reader { cursor: Cursor { rest: text }, line: 1, counted: text.len(), text, values: 0 };
    reader.cursor.skip_blanks();
    let start = reader.cursor.rest.strip_prefix(name).map(str::trim_start);
    let Some(rest) = start.and_then(|rest| rest.strip_prefix('=')).filter(|rest| !rest.starts_with('=')) else {
        return Err(reader.unread(format!("the file does not begin with `{name} = `")));
    };
    reader.cursor.rest = rest;
    let found = reader.value(0)?;
    reader.cursor.end().map_err(|why| reader.unread(why))?;
    Ok(found)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    text: &'a str,
    /// The line of the place up to which lines are counted.
    line: usize,
    /// How much of the text is behind that place.
    counted: usize,
    values: usize,
}

impl Reader<'_> {
    /// The line of the next character.
    fn line(&mut self) -> usize {
        let (from, to) = (self.text.len() - self.counted, self.text.len() - self.cursor.rest.len());
        self.line += self.text.get(from..to).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
        self.counted = self.cursor.rest.len();
        self.line
    }

    fn unread(&mut self, why: impl Into<String>) -> Unread {
        Unread { line: self.line(), why: why.into() }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, Unread> {
        self.cursor.skip_blanks();
        let line = self.line();
        self.values += 1;
        if depth > DEEPEST || self.values > MOST_VALUES {
            return Err(self.unread("there is too much in it, or it is nested too deep"));
        }
        let value = match self.cursor.rest.chars().next() {
            Some('{') => Value::Dict(self.dict(depth)?),
            Some('[') => Value::List(self.items(']', depth)?.0),
            Some('(') => self.parentheses(depth)?,
            Some('-' | '0'..='9' | '.') => self.number()?,
            Some('"' | '\'') => Value::Text(self.texts()?),
            Some(first) if first.is_alphabetic() => self.word()?,
            Some(other) => return Err(self.unread(format!("a value is missing before `{other}`"))),
            None => return Err(self.unread("the file ends where a value should be")),
        };
        Ok(Literal { line, value })
    }

    fn word(&mut self) -> Result<Value, Unread> {
        let end = self.cursor.rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let (word, rest) = self.cursor.rest.split_at(end.unwrap_or(self.cursor.rest.len()));
        let value = match word {
            "None" => Value::None,
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            _ if rest.starts_with(['"', '\'']) => return Ok(Value::Text(self.texts()?)),
            _ => return Err(self.unread(format!("`{word}` is no literal, and nothing is computed here"))),
        };
        self.cursor.rest = rest;
        Ok(value)
    }

    /// Texts that stand beside each other are one.
    fn texts(&mut self) -> Result<String, Unread> {
        let mut whole = String::new();
        loop {
            let text = self.cursor.string().map_err(|why| self.unread(why))?;
            whole.push_str(&text);
            self.cursor.skip_blanks();
            if !self.cursor.rest.starts_with(['"', '\'']) {
                return Ok(whole);
            }
        }
    }

    fn number(&mut self) -> Result<Value, Unread> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        let end = self.cursor.rest.find(|c: char| !is_part(c)).unwrap_or(self.cursor.rest.len());
        let (text, rest) = self.cursor.rest.split_at(end);
        let plain = text.replace('_', "");
        if text.ends_with('_') || plain.parse::<f64>().is_err() || plain.contains(['n', 'N']) {
            return Err(self.unread(format!("`{text}` is not a number")));
        }
        self.cursor.rest = rest;
        Ok(Value::Number(plain))
    }

    /// One value in parentheses, or a tuple.
    fn parentheses(&mut self, depth: usize) -> Result<Value, Unread> {
        let (mut items, comma) = self.items(')', depth)?;
        match items.pop() {
            Some(only) if items.is_empty() && !comma => Ok(only.value),
            last => {
                items.extend(last);
                Ok(Value::List(items))
            }
        }
    }

    /// Values up to a bracket, and whether a comma was among them.
    fn items(&mut self, close: char, depth: usize) -> Result<(Vec<Literal>, bool), Unread> {
        self.cursor.next();
        let (mut items, mut comma) = (Vec::new(), false);
        loop {
            self.cursor.skip_blanks();
            if self.cursor.eat(close) {
                return Ok((items, comma));
            }
            items.push(self.value(depth + 1)?);
            comma |= self.separator(close)?;
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Vec<(String, Literal)>, Unread> {
        self.cursor.next();
        let mut entries: Vec<(String, Literal)> = Vec::new();
        loop {
            self.cursor.skip_blanks();
            if self.cursor.eat('}') {
                return Ok(entries);
            }
            let Value::Text(key) = self.value(depth + 1)?.value else {
                return Err(self.unread("a key that is no text"));
            };
            self.cursor.skip_blanks();
            if !self.cursor.eat(':') {
                return Err(self.unread(format!("a colon is missing after the key `{key}`")));
            }
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(self.unread(format!("the key `{key}` is there twice")));
            }
            let value = self.value(depth + 1)?;
            entries.push((key, value));
            self.separator('}')?;
        }
    }

    /// A comma, or the bracket that comes next: whether it was the comma.
    fn separator(&mut self, close: char) -> Result<bool, Unread> {
        self.cursor.skip_blanks();
        if self.cursor.eat(',') {
            return Ok(true);
        }
        if self.cursor.rest.starts_with(close) {
            return Ok(false);
        }
        Err(self.unread(format!("a comma or `{close}` is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(literal: &Literal) -> String {
        match &literal.value {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Number(digits) => digits.clone(),
            Value::Text(text) => serde_json::to_string(text).expect("text"),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Dict(entries) => {
                let entry = |(key, value): &(String, Literal)| format!("{key:?}: {}", shown(value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn reads_what_test_files_hold() {
        let text = "# of q1\ntest = {\n  'name': 'q1', # first\n  \"points\": 2.5,\n  'suites': [{'cases': [\n {'code': r\"\"\"\n>>> 1\n1\n\"\"\", 'hidden': False}], 'n': None}, ('a' \"b\"), (1,), -1_0],\n}\n";
        let found = assigned(text, "test").expect("a literal");
        assert_eq!(
            shown(&found),
            r#"{"name": "q1", "points": 2.5, "suites": [{"cases": [{"code": "\n>>> 1\n1\n", "hidden": False}], "n": None}, "ab", [1], -10]}"#
        );
        let Value::Dict(entries) = &found.value else { panic!() };
        assert_eq!((found.line, entries.iter().map(|(_, value)| value.line).collect::<Vec<_>>()), (2, vec![3, 4, 5]));
    }

    #[test]
    fn what_would_have_to_be_computed_is_refused() {
        for (text, line, why) in [
            ("tests = {}", 1, "does not begin"),
            ("test == {}", 1, "does not begin"),
            ("test = {\n'a': open('x')}", 2, "`open` is no literal"),
            ("test = {\n'a': 1 + 1}", 2, "comma"),
            ("test = {'a': 'b' * 9}", 1, "comma"),
            ("test = {'a': 1, 'a': 2}", 1, "twice"),
            ("test = {1: 2}", 1, "key that is no text"),
            ("test = {'a'}", 1, "colon"),
            ("test = [1, 2", 1, "comma or `]`"),
            ("test = ", 1, "ends"),
            ("test = {}\nimport os", 2, "follows the end"),
            ("test = inf", 1, "`inf`"),
            ("test = 1__", 1, "number"),
            ("test = f'{x}'", 1, "quoted text"),
        ] {
            let unread = assigned(text, "test").expect_err(text);
            assert!(unread.line == line && unread.why.contains(why), "{text}: {unread:?}");
        }
        let deep = format!("test = {}{}", "[".repeat(100), "]".repeat(100));
        assert!(assigned(&deep, "test").is_err());
    }

    fn literals() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("None".to_owned()),
            Just("True".to_owned()),
            any::<i32>().prop_map(|number| number.to_string()),
            "[a-z >\n#]{0,9}".prop_map(|text| format!("'''{text}'''")),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" ,\n"))),
                proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(|map| {
                    let entries: Vec<_> = map.iter().map(|(key, value)| format!("'{key}' : {value}")).collect();
                    format!("{{{},}}", entries.join(", # so\n")).replace("{,}", "{}")
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[\\[\\](){}'\"\\\\xr0-9a,:=# \n-]{0,60}", other in "(?s).{0,60}") {
            let _ = (assigned(&format!("test = {text}"), "test"), assigned(&other, "test"));
        }

        #[test]
        fn every_literal_is_read(text in literals()) {
            let found = assigned(&format!("test = {text}\n"), "test");
            prop_assert!(found.is_ok(), "{}: {:?}", text, found);
        }
    }
}
