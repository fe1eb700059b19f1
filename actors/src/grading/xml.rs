//! As much of XML as reports of test runners are made of: elements, attributes, text, CDATA and the five named entities.
//!
//! A report may have been written by a program that nobody trusts. So there are no document types and no entities of one's own, with which a
//! few bytes could become very many, and everything is bounded.

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// All text directly in it, one piece after the other.
    pub text: String,
}

impl Element {
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Deeper nesting than this is a mistake or an attack.
const DEEPEST: usize = 32;
/// More elements and attributes than this are a mistake or an attack.
const MOST: usize = 50_000;

/// The element that a document is.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn parse(text: &str) -> Result<Element, String> {
    let mut parser = Parser { rest: text.strip_prefix('\u{feff}').unwrap_or(text), seen: 0 };
    parser.skip_between()?;
    let root = parser.element()?;
    parser.skip_between()?;
    if parser.rest.is_empty() { Ok(root) } else { Err("something follows the last element".to_owned()) }
}

struct Parser<'a> {
    rest: &'a str,
    seen: usize,
}

/// What comes next in an element.
enum Piece {
    Text(String),
    Open(Element, bool),
    Close(String),
}

impl<'a> Parser<'a> {
    /// What is before an end, which is read over as well.
    fn until(&mut self, end: &str) -> Result<&'a str, String> {
        let (before, after) = self.rest.split_once(end).ok_or_else(|| format!("`{end}` is missing"))?;
        self.rest = after;
        Ok(before)
    }

    /// Skips blanks, comments and instructions.
    fn skip_between(&mut self) -> Result<(), String> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<?") {
                self.until("?>")?;
            } else if self.rest.starts_with("<!") {
                return Err("a document type is not allowed".to_owned());
            } else {
                return Ok(());
            }
        }
    }

    fn count(&mut self) -> Result<(), String> {
        self.seen += 1;
        if self.seen > MOST { Err("there is too much in it".to_owned()) } else { Ok(()) }
    }

    fn element(&mut self) -> Result<Element, String> {
        let Piece::Open(root, closed) = self.piece()? else { return Err("there is no element".to_owned()) };
        let mut open = vec![root];
        let mut ended = closed;
        loop {
            if ended {
                let Some(done) = open.pop() else { return Err("an end without a beginning".to_owned()) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            let Some(current) = open.last_mut() else { return Err("an end without a beginning".to_owned()) };
            match self.piece()? {
                Piece::Text(text) => {
                    current.text.push_str(&text);
                    ended = false;
                }
                Piece::Open(child, closed) => {
                    if open.len() >= DEEPEST {
                        return Err("it is nested too deep".to_owned());
                    }
                    open.push(child);
                    ended = closed;
                }
                Piece::Close(name) if name == current.name => ended = true,
                Piece::Close(name) => return Err(format!("`{name}` ends where `{}` should", current.name)),
            }
        }
    }

    fn piece(&mut self) -> Result<Piece, String> {
        if self.rest.is_empty() {
            return Err("it ends in the middle".to_owned());
        }
        let Some(rest) = self.rest.strip_prefix('<') else {
            let end = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(Piece::Text(unescaped(text)?));
        };
        if let Some(rest) = rest.strip_prefix("![CDATA[") {
            self.rest = rest;
            return Ok(Piece::Text(self.until("]]>")?.to_owned()));
        }
        if rest.starts_with("!--") || rest.starts_with('?') {
            self.until(if rest.starts_with('?') { "?>" } else { "-->" })?;
            return Ok(Piece::Text(String::new()));
        }
        if let Some(rest) = rest.strip_prefix('/') {
            self.rest = rest;
            return Ok(Piece::Close(self.until(">")?.trim_end().to_owned()));
        }
        self.rest = rest;
        self.open()
    }

    fn open(&mut self) -> Result<Piece, String> {
        self.count()?;
        let mut element = Element { name: self.name()?, ..Element::default() };
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                return Ok(Piece::Open(element, true));
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return Ok(Piece::Open(element, false));
            }
            self.count()?;
            let (name, value) = self.named_value()?;
            if element.attribute(&name).is_some() {
                return Err(format!("`{name}` is there twice"));
            }
            element.attributes.push((name, value));
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.len() > 256 {
            return Err("a name is missing or too long".to_owned());
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn named_value(&mut self) -> Result<(String, String), String> {
        let name = self.name()?;
        self.rest =
            self.rest.trim_start().strip_prefix('=').ok_or_else(|| format!("`{name}` has no value"))?.trim_start();
        let quote = match self.rest.chars().next() {
            Some('"') => "\"",
            Some('\'') => "'",
            _ => return Err(format!("the value of `{name}` is not in quotes")),
        };
        self.rest = &self.rest[1..];
        let value = unescaped(self.until(quote)?)?;
        Ok((name, value))
    }
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut pieces = text.split('&');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, rest) = piece.split_once(';').ok_or("`;` is missing behind `&`")?;
        let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let character = match entity {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match (entity.strip_prefix("#x"), entity.strip_prefix('#')) {
                (Some(hex), _) => code(hex, 16),
                (None, Some(decimal)) => code(decimal, 10),
                (None, None) => None,
            },
        };
        whole.push(character.ok_or("there is an entity that is none of XML's own")?);
        whole.push_str(rest);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_elements() {
        let text = "<?xml version=\"1.0\"?>\n<!-- a -->\n<a x='1&lt;' y = \"2\"><b/>t&#65;<![CDATA[<&]]><!-- b --><c>d</c >\n</a>\n";
        let found = parse(text).expect("it is read");
        assert_eq!((found.attribute("x"), found.attribute("y"), found.attribute("z")), (Some("1<"), Some("2"), None));
        let names: Vec<_> = found.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!((names, found.text.as_str(), found.children[1].text.as_str()), (vec!["b", "c"], "tA<&\n", "d"));
    }

    #[test]
    fn refuses_what_is_broken_or_bad() {
        for text in [
            "",
            "x",
            "<a>",
            "<a",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a b/>",
            "<a b=c/>",
            "<a b='1' b='2'/>",
            "<a>&x;</a>",
            "<a>&</a>",
            "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\">]><a>&x;</a>",
            "<a><!DOCTYPE a></a>",
            "<a>&#xD800;</a>",
            "<a><![CDATA[</a>",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}{}", "<a>".repeat(33), "</a>".repeat(33))).is_err_and(|why| why.contains("deep")));
        assert!(parse(&format!("<a>{}</a>", "<b/>".repeat(MOST))).is_err_and(|why| why.contains("too much")));
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
    }

    fn written(element: &Element) -> String {
        let attributes: String =
            element.attributes.iter().map(|(name, value)| format!(" {name}='{}'", escaped(value))).collect();
        let children: String = element.children.iter().map(written).collect();
        format!("<{0}{attributes}>{1}{children}</{0}>", element.name, escaped(&element.text))
    }

    fn elements() -> impl Strategy<Value = Element> {
        let leaf = ("[a-z]{1,4}", proptest::option::of(("[a-z]{1,3}", "\\PC{0,6}")), "[^\r]{0,8}").prop_map(
            |(name, attribute, text)| Element {
                name,
                attributes: attribute.into_iter().collect(),
                children: Vec::new(),
                text,
            },
        );
        leaf.prop_recursive(5, 20, 4, |inner| {
            ("[a-z]{1,4}", proptest::collection::vec(inner, 0..4)).prop_map(|(name, children)| Element {
                name,
                children,
                ..Element::default()
            })
        })
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[<>/!?&;='\"a# \\[\\]CDATA-]{0,60}", other in "(?s).{0,60}") {
            let _ = (parse(&text), parse(&other));
        }

        #[test]
        fn what_is_written_is_read_back(element in elements()) {
            let text = written(&element);
            prop_assert_eq!(parse(&text), Ok(element), "{}", text);
        }

        #[test]
        fn one_byte_off_is_read_or_refused(element in elements(), at in any::<proptest::sample::Index>(), by in any::<char>()) {
            let mut text: Vec<char> = written(&element).chars().collect();
            let at = at.index(text.len());
            text[at] = by;
            let _ = parse(&text.into_iter().collect::<String>());
        }
    }
}
