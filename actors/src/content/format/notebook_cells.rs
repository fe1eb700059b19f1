//! The quick way to read a notebook: one pass over its text, in which nothing is kept but the cells.
//!
//! It takes only notebooks whose shape is in order in every respect; of all others it says nothing, and the slow way finds out what is wrong.
//! What it takes, the slow way reads alike, but for how deep outputs may be nested: they are skipped here.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::notebook::{CELL_LIMIT, Cell, CellKind, is_id};
use super::notebook_parts::{Entries, Source, attachments, screen};

/// The cells of a notebook that is in order.
pub(super) fn read(text: &str) -> Option<Vec<Cell>> {
    let Strict(root): Strict<Root<'_>> = serde_json::from_str(text).ok()?;
    let kernel = root.metadata.0.kernelspec?.0.name;
    if root.nbformat != 4 || root.nbformat_minor > 5 || kernel != "python3" {
        return None;
    }
    if root.nbformat_minor >= 5 {
        let mut ids = HashSet::new();
        let sound = |Strict(cell): &Strict<Raw<'_>>| {
            cell.id.as_deref().is_some_and(|id| is_id(id) && ids.insert(id.to_owned()))
        };
        if !root.cells.iter().all(sound) {
            return None;
        }
    }
    root.cells.into_iter().enumerate().map(|(index, Strict(cell))| cell.finish(index)).collect()
}

/// An object, and no list of what is in one: serde takes either.
struct Strict<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Strict<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Strict<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Strict)
            }
        }
        from.deserialize_map(Object(PhantomData))
    }
}

#[derive(serde::Deserialize)]
struct Root<'a> {
    nbformat: u64,
    nbformat_minor: u64,
    #[serde(borrow)]
    metadata: Strict<Metadata<'a>>,
    #[serde(borrow)]
    cells: Vec<Strict<Raw<'a>>>,
}

#[derive(serde::Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    kernelspec: Option<Strict<Kernel<'a>>>,
}

#[derive(serde::Deserialize)]
struct Kernel<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(serde::Deserialize)]
struct Raw<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    cell_type: Kind,
    #[serde(borrow)]
    metadata: Strict<CellMetadata<'a>>,
    source: Source,
    #[serde(borrow, default)]
    attachments: Entries<'a>,
    #[serde(default)]
    outputs: Outputs,
    #[serde(default)]
    execution_count: Given,
}

#[derive(serde::Deserialize)]
struct CellMetadata<'a> {
    #[serde(borrow, default, deserialize_with = "given")]
    screen: Option<&'a RawValue>,
}

/// What is there, `null` too.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Markdown,
    Code,
    Raw,
}

impl Raw<'_> {
    fn finish(self, index: usize) -> Option<Cell> {
        let kind = match self.cell_type {
            Kind::Markdown => CellKind::Markdown,
            Kind::Code => CellKind::Code,
            Kind::Raw => CellKind::Raw,
        };
        let has_outputs = match (kind, self.outputs, self.execution_count) {
            (CellKind::Code, Outputs::Given { any }, Given(true)) => any,
            (CellKind::Code, ..) => return None,
            _ => false,
        };
        if self.source.0.len() > CELL_LIMIT {
            return None;
        }
        let (screen, attachments) = (self.metadata.0.screen.map(screen), attachments(&self.attachments));
        Some(Cell { index, kind, source: self.source.0, screen, attachments, has_outputs })
    }
}

/// Whether a key is there, whatever it holds.
#[derive(Default)]
struct Given(bool);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(from).map(|_| Self(true))
    }
}

/// The outputs of a cell, of which it is only asked whether there are any.
#[derive(Default)]
enum Outputs {
    #[default]
    Absent,
    Given {
        any: bool,
    },
}

impl<'de> Deserialize<'de> for Outputs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = Outputs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of outputs")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Outputs, A::Error> {
                let mut any = false;
                while items.next_element::<IgnoredAny>()?.is_some() {
                    any = true;
                }
                Ok(Outputs::Given { any })
            }
        }
        from.deserialize_seq(Count)
    }
}
