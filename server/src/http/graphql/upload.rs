//! Files in a request: the GraphQL multipart request specification, read as it comes and never further than its limits.
//!
//! ```text
//!   operations: the request, with null where a file belongs
//!   map:        {"0": ["variables.input.files.0.upload"]}
//!   0:          the bytes
//! ```
//!
//! A form on another site can send such a body without asking. So there must be a header with it that no form can send; a page that
//! sets one is asked by its browser whether it may.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Value as Input;
use hyper::body::Bytes;
use multer::{Constraints, Field, Multipart, SizeLimit};
use poem::Body;
use poem::http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::parameters::{Parameters, put};
use super::refusal::Refusal;
use crate::graphql::error::Code;
use crate::submission::mutation::MAX_BYTES as MAX_FILES_BYTES;

/// Either says that the request was made by a program.
const PREFLIGHT: [&str; 2] = ["graphql-preflight", "apollo-require-preflight"];
/// The most places for files in one request, and so the most files.
const MAX_FILES: usize = 64;
/// The most bytes of `operations`, and of `map`.
const MAX_TEXT: usize = 256 << 10;
/// The most bytes of a request: what the largest hand-in has, and its text around it.
const MAX_BODY: usize = MAX_FILES_BYTES + 2 * MAX_TEXT;

/// Whether a body is of this type.
pub(super) fn is_multipart(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Reads a request with its files.
pub(super) async fn receive(headers: &HeaderMap, content_type: &str, body: Body) -> Result<Parameters, Refusal> {
    if !PREFLIGHT.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty())) {
        return Err(Refusal::bad(
            "A request with files needs the header `GraphQL-Preflight` (or `Apollo-Require-Preflight`) with any value, such as \
             `GraphQL-Preflight: 1`: forms on other sites cannot send it.",
        ));
    }
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| Refusal::bad("The body must be `multipart/form-data` with a boundary."))?;
    let sizes = SizeLimit::new()
        .whole_stream(MAX_BODY as u64)
        .per_field(MAX_FILES_BYTES as u64)
        .for_field("operations", MAX_TEXT as u64)
        .for_field("map", MAX_TEXT as u64);
    let constraints = Constraints::new().size_limit(sizes);
    let mut parts = Multipart::with_constraints(body.into_bytes_stream(), boundary, constraints);
    let mut parameters = Parameters::read(json(&mut parts, "operations").await?)?;
    let mut places = Places::read(json(&mut parts, "map").await?, &mut parameters)?;
    while let Some(file) = parts.next_field().await.map_err(broken)? {
        let paths = places.take(file.name().unwrap_or_default())?;
        let bytes = file.bytes().await.map_err(broken)?;
        for path in paths {
            // It is there: the map was compared with the variables.
            parameters.at(&path).into_iter().for_each(|place| put(place, bytes.clone()));
        }
    }
    places.all_filled()?;
    Ok(parameters)
}

/// The next part, which must be this one, and JSON.
async fn json(parts: &mut Multipart<'_>, name: &str) -> Result<Value, Refusal> {
    let part = parts.next_field().await.map_err(broken)?;
    let named = part.as_ref().and_then(Field::name).unwrap_or_default().to_owned();
    let Some(part) = part.filter(|_| named == name) else {
        return Err(Refusal::bad(format!(
            "The part `{name}` is missing in its place: first comes `operations`, then `map`, then the files."
        )));
    };
    let bytes: Bytes = part.bytes().await.map_err(broken)?;
    serde_json::from_slice(&bytes).map_err(|error| Refusal::bad(format!("`{name}` is not JSON: {error}.")))
}

/// Where the files belong: paths by the names of parts. What has come is empty.
struct Places(BTreeMap<String, Vec<String>>);

impl Places {
    fn read(map: Value, parameters: &mut Parameters) -> Result<Self, Refusal> {
        let places: BTreeMap<String, Vec<String>> = serde_json::from_value(map)
            .map_err(|_| Refusal::bad("`map` must be an object with a list of paths for each file."))?;
        let mut known = BTreeSet::new();
        for (name, paths) in &places {
            if paths.is_empty() {
                return Err(Refusal::bad(format!("`map` has no path for the file `{name}`.")));
            }
            for path in paths {
                match parameters.at(path) {
                    Some(Input::Null) => {}
                    Some(_) => return Err(Refusal::bad(format!("At `{path}` there must be null in `operations`."))),
                    None => {
                        return Err(Refusal::bad(format!(
                            "`map` has the path `{path}`, but there is nothing in `operations`; paths are like \
                             `variables.file`."
                        )));
                    }
                }
                if !known.insert(path) {
                    return Err(Refusal::bad(format!("`map` has the path `{path}` twice.")));
                }
            }
        }
        match known.len() {
            0..=MAX_FILES => Ok(Self(places)),
            many => Err(Refusal::bad(format!("`map` has {many} places for files; at most {MAX_FILES} are taken."))),
        }
    }

    /// The paths of a file that comes.
    fn take(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.0.get_mut(name).map(std::mem::take) {
            None => Err(Refusal::bad(format!("The part `{name}` is not in `map`."))),
            Some(paths) if paths.is_empty() => Err(Refusal::bad(format!("The file `{name}` was sent twice."))),
            Some(paths) => Ok(paths),
        }
    }

    fn all_filled(self) -> Result<(), Refusal> {
        match self.0.into_iter().find(|(_, paths)| !paths.is_empty()) {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::bad(format!("The file `{name}` is in `map`, but was not sent."))),
        }
    }
}

/// What is said of a body that breaks a limit, or is not as it must be.
fn broken(error: multer::Error) -> Refusal {
    let too_large = |what: String, limit| {
        let message = format!("{what} has more than {limit} bytes.");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message, Code::BadInput)
    };
    match error {
        multer::Error::StreamSizeExceeded { limit } => too_large("The body".to_owned(), limit),
        multer::Error::FieldSizeExceeded { limit, field_name } => {
            too_large(format!("The part `{}`", field_name.unwrap_or_default()), limit)
        }
        other => Refusal::bad(format!("The body is not as `multipart/form-data` must be: {other}.")),
    }
}
