//! Pictures in a text: found beside it or attached to its cell, and put into the page as `data:` addresses.
//!
//! So a page needs no second request, and nothing is fetched from elsewhere while a learner reads. SVG is refused: it can hold
//! scripts. What a picture is, its first bytes say and not its name.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::folder::{Folder, Trouble};
use super::meta::stays_inside;

/// Most bytes of one picture.
const LIMIT: u64 = 256 << 10;

/// Where the pictures of a text are looked for.
#[derive(Clone, Copy)]
pub(super) struct Images<'a> {
    pub folder: &'a Folder,
    pub directory: &'a str,
    pub attachments: Option<&'a HashMap<String, String>>,
}

/// Why a picture cannot be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing { message: String, hint: String },
    Refused { message: String, hint: String },
}

impl Images<'_> {
    /// The picture as a `data:` address.
    pub(super) fn inline(&self, address: &str) -> Result<String, Fault> {
        let bytes = match address.strip_prefix("attachment:") {
            Some(name) => self.attachment(&unescape(name))?,
            None => self.file(&unescape(address))?,
        };
        if bytes.len() as u64 > LIMIT {
            return Err(too_large(address));
        }
        let Some(kind) = kind(&bytes) else {
            return Err(Fault::Refused {
                message: format!("the picture `{address}` is not PNG, JPEG, GIF or WebP"),
                hint: "save it as PNG; SVG is refused because it can hold scripts".to_owned(),
            });
        };
        Ok(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Fault> {
        if path.contains(':') || path.starts_with("//") {
            return Err(Fault::Missing {
                message: format!("the picture `{path}` is somewhere else"),
                hint: format!("copy it into {} and name it from there", self.directory),
            });
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        if !stays_inside(path) {
            return Err(Fault::Missing {
                message: format!("the picture `{path}` is outside of {}", self.directory),
                hint: format!("copy it into {} and name it from there, with /", self.directory),
            });
        }
        let found = self.folder.bytes(&format!("{}/{path}", self.directory), LIMIT);
        found.map_err(|trouble| match trouble {
            Trouble::TooLarge(_) => too_large(path),
            Trouble::Symlink(link) => Fault::Refused {
                message: format!("the picture `{path}` is reached by the symbolic link {link}"),
                hint: "copy the file to this place".to_owned(),
            },
            _ => Fault::Missing {
                message: format!("there is no picture `{path}` in {}", self.directory),
                hint: format!("add {}/{path} or mend the path", self.directory),
            },
        })
    }

    fn attachment(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let text = self.attachments.and_then(|all| all.get(name));
        let packed: Option<String> = text.map(|text| text.split_whitespace().collect());
        packed.and_then(|packed| STANDARD.decode(packed).ok()).ok_or_else(|| Fault::Missing {
            message: format!("the cell has no attachment `{name}`"),
            hint: format!("attach `{name}` to this cell again"),
        })
    }
}

fn too_large(address: &str) -> Fault {
    Fault::Refused {
        message: format!("the picture `{address}` has more than {} KiB", LIMIT >> 10),
        hint: format!("make it smaller than {} KiB", LIMIT >> 10),
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        _ => None,
    }
}

/// `%20` and the like, as addresses in Markdown have them.
fn unescape(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => hex::decode([*high, *low]).ok(),
            _ => None,
        };
        rest = if code.is_some() { &after[2..] } else { after };
        bytes.extend(code.unwrap_or_else(|| vec![*first]));
    }
    String::from_utf8(bytes).unwrap_or_else(|_| address.to_owned())
}
