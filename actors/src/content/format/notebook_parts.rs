//! Parts of notebooks, read so that nothing large is held that nobody asks for: of ten megabytes of JSON, what is not text of a cell is skipped.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A longer description of a screen is none, in bytes.
const SCREEN_LIMIT: usize = 64 << 10;
/// More attachments of a cell, or forms of one, are not looked at.
const MOST_ENTRIES: usize = 64;

/// What the metadata of a cell say of a screen.
pub(super) fn screen(raw: &RawValue) -> Value {
    let small = Some(raw.get()).filter(|text| text.len() <= SCREEN_LIMIT);
    small.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// The attachments of a cell, each as the Base64 of its first form.
pub(super) fn attachments(entries: &Entries<'_>) -> HashMap<String, String> {
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    let first = |raw: &RawValue| {
        let forms: Entries<'_> = serde_json::from_str(raw.get()).ok()?;
        forms.0.iter().find_map(|(_, form)| text(form))
    };
    entries.0.iter().filter_map(|(name, raw)| Some((name.clone().into_owned(), first(raw)?))).collect()
}

/// The first entries of an object, unread.
#[derive(Debug, Default)]
pub(super) struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct First;
        impl<'de> Visitor<'de> for First {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(Key(name)) = map.next_key()? {
                    if entries.len() < MOST_ENTRIES {
                        entries.push((name, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(First)
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The entries of an object that have one of these names, unread; of two with one name, the last. None where it is no object.
pub(super) fn known<'a>(raw: &'a str, names: &[&'static str]) -> Option<HashMap<&'static str, &'a RawValue>> {
    struct Known<'n>(&'n [&'static str]);
    impl<'de> Visitor<'de> for Known<'_> {
        type Value = HashMap<&'static str, &'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = HashMap::new();
            while let Some(Key(name)) = map.next_key()? {
                match self.0.iter().find(|known| **known == name) {
                    Some(known) => drop(found.insert(*known, map.next_value()?)),
                    None => drop(map.next_value::<IgnoredAny>()?),
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Known(names)).ok()
}

/// The source of a cell of a notebook, and how many cells there are; nothing where that cannot be read. Holds nothing else.
#[must_use]
pub fn cell_source(notebook: &str, cell: usize) -> Option<(String, usize)> {
    let cells = known(notebook, &["cells"])?.remove("cells")?;
    let (mut wanted, mut count) = (None, 0);
    items(cells.get(), &mut |raw| {
        if count == cell {
            let source = known(raw.get(), &["source"]).and_then(|mut cell| cell.remove("source"));
            wanted = source.and_then(|raw| serde_json::from_str::<Source>(raw.get()).ok());
        }
        count += 1;
        true
    })?;
    Some((wanted?.0, count))
}

/// Hands over the items of a list one after the other, unread, until one is refused. None where it is no list.
pub(super) fn items(raw: &str, take: &mut dyn FnMut(&RawValue) -> bool) -> Option<()> {
    struct Each<'f>(&'f mut dyn FnMut(&RawValue) -> bool);
    impl<'de> Visitor<'de> for Each<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element::<&RawValue>()? {
                if !(self.0)(item) {
                    while items.next_element::<IgnoredAny>()?.is_some() {}
                    break;
                }
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_seq(Each(take)).ok()
}

/// Text, or a list of pieces of text, which already hold their line ends.
#[derive(Debug)]
pub(super) struct Source(pub String);

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Joined;
        impl<'de> Visitor<'de> for Joined {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
                Ok(text.to_owned())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<String, A::Error> {
                let mut whole = String::new();
                while pieces.next_element_seed(Onto(&mut whole))?.is_some() {}
                Ok(whole)
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<String, A::Error> {
                Err(de::Error::custom("neither text nor a list of text"))
            }
        }
        let text = from.deserialize_any(Joined)?;
        Ok(Self(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text }))
    }
}

/// Puts a piece behind a text, without one of its own in between.
struct Onto<'a>(&'a mut String);

impl<'de> de::DeserializeSeed<'de> for Onto<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Onto<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, piece: &str) -> Result<(), E> {
        self.0.push_str(piece);
        Ok(())
    }
}
