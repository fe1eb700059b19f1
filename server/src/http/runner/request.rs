//! What a page sends: the same object for running, for downloading, and inside the first frame of a socket.

use std::collections::BTreeMap;

use actors::execution::program_input::ProgramInput;
use poem::Request;
use poem::error::ReadBodyError;
use poem::http::StatusCode;
use serde_json::{Map, Value};

use super::Refusal;

/// The language of pages that do not name one: they were all written for it.
const LANGUAGE: &str = "ada";

/// What a page wants to have run or packed.
#[derive(Debug)]
pub(super) struct Page {
    /// Names and texts.
    pub files: Vec<(String, String)>,
    pub main: Option<String>,
    pub mode: String,
    pub switches: BTreeMap<String, Vec<String>>,
    /// What the package is called.
    pub name: String,
    pub language: String,
}

impl Page {
    pub fn input(self) -> ProgramInput {
        let Self { files, main, mode, switches, language, .. } = self;
        ProgramInput { language, mode, main, switches, files, ..ProgramInput::default() }
    }
}

/// The JSON object that a request brings.
pub(super) async fn body(request: &mut Request, limit: usize) -> Result<Value, Refusal> {
    let kind = request.content_type().unwrap_or_default().to_owned();
    let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        let message = format!("The body must be application/json, not `{kind}`.");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let bytes = request.take_body().into_bytes_limit(limit).await.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {limit} bytes."))
        }
        other => Refusal::new(StatusCode::BAD_REQUEST, format!("The body cannot be read: {other}.")),
    })?;
    let bad = |message: String| Refusal::new(StatusCode::BAD_REQUEST, message);
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| bad(format!("The body is not JSON: {error}.")))?;
    if value.is_object() { Ok(value) } else { Err(bad("The body must be a JSON object.".to_owned())) }
}

/// The object of a page; `mode` may be missing where nothing is done with the program.
pub(super) fn page(value: &Value, needs_mode: bool) -> Result<Page, Refusal> {
    let object = Object { value: value.as_object(), path: Vec::new() };
    let mode = match object.text("mode")? {
        None if needs_mode => return Err(object.wrong("mode", "is missing")),
        mode => mode.unwrap_or_default(),
    };
    Ok(Page {
        files: files(&object)?,
        main: object.text("main")?.filter(|main| !main.is_empty()),
        mode,
        switches: switches(&object)?,
        name: object.text("name")?.unwrap_or_default(),
        language: object.text("language")?.unwrap_or_else(|| LANGUAGE.to_owned()),
    })
}

fn files(object: &Object<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let Some(files) = object.get("files") else { return Err(object.wrong("files", "is missing")) };
    let Some(files) = files.as_array() else { return Err(object.wrong("files", "must be an array")) };
    let file = |(index, file): (usize, &Value)| {
        let path = vec!["files".to_owned(), index.to_string()];
        let Some(value) = file.as_object() else { return Err(Refusal::key(path, "must be an object")) };
        let file = Object { value: Some(value), path };
        let text = |key: &str| file.text(key)?.ok_or_else(|| file.wrong(key, "is missing"));
        Ok((text("basename")?, text("contents")?))
    };
    files.iter().enumerate().map(file).collect()
}

fn switches(object: &Object<'_>) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
    let Some(packages) = object.get("switches") else { return Ok(BTreeMap::new()) };
    let Some(packages) = packages.as_object() else { return Err(object.wrong("switches", "must be an object")) };
    let package = |(name, switches): (&String, &Value)| {
        let words =
            switches.as_array().map(|switches| switches.iter().map(|switch| switch.as_str().map(str::to_owned)));
        let words: Option<Vec<String>> = words.and_then(Iterator::collect);
        let path = || vec!["switches".to_owned(), name.clone()];
        Ok((name.clone(), words.ok_or_else(|| Refusal::key(path(), "must be an array of strings"))?))
    };
    packages.iter().map(package).collect()
}

/// An object of the body, and where in it that is.
struct Object<'v> {
    value: Option<&'v Map<String, Value>>,
    path: Vec<String>,
}

impl Object<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.value?.get(key)
    }

    fn wrong(&self, key: &str, message: &str) -> Refusal {
        Refusal::key(self.path.iter().cloned().chain([key.to_owned()]).collect(), message)
    }

    fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "must be a string")),
        }
    }
}

/// The identifier and the count of a page that asks for output.
pub(super) fn checking(value: &Value) -> Result<(String, Option<i64>), Refusal> {
    let object = Object { value: value.as_object(), path: Vec::new() };
    let identifier = object.text("identifier")?.ok_or_else(|| object.wrong("identifier", "is missing"))?;
    let read = match object.get("read") {
        None => None,
        Some(read) => Some(count(read).ok_or_else(|| {
            let message = "`read`: must be the number of records that you have, not negative.";
            Refusal { path: vec!["read".to_owned()], ..Refusal::new(StatusCode::BAD_REQUEST, message) }
        })?),
    };
    Ok((identifier, read))
}

/// A whole number that is not negative; scripts may write it with a point. More than there can be is as good as the most.
fn count(value: &Value) -> Option<i64> {
    match (value.as_u64(), value.as_f64()) {
        (Some(whole), _) => Some(i64::try_from(whole).unwrap_or(i64::MAX)),
        #[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest number")]
        (None, Some(float)) if float >= 0.0 && float.fract() == 0.0 => Some(float as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{checking, page};
    use poem::http::StatusCode;
    use serde_json::json;

    #[test]
    fn a_page_is_read() {
        let body = json!({ "files": [{ "basename": "main.adb", "contents": "x" }], "main": "", "mode": "run",
            "switches": { "Builder": [], "Compiler": ["-g"] }, "name": "A.B", "lab": false });
        let page = page(&body, true).expect("a page");
        assert_eq!(page.files, [("main.adb".to_owned(), "x".to_owned())]);
        assert_eq!((page.main, page.mode.as_str(), page.language.as_str()), (None, "run", "ada"));
        assert_eq!(page.switches["Compiler"], ["-g"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, path) in [
            (json!({ "mode": "run" }), "files"),
            (json!({ "files": {}, "mode": "run" }), "files"),
            (json!({ "files": [1], "mode": "run" }), "files[0]"),
            (json!({ "files": [{ "contents": "" }], "mode": "run" }), "files[0].basename"),
            (json!({ "files": [{ "basename": "a", "contents": 1 }], "mode": "run" }), "files[0].contents"),
            (json!({ "files": [] }), "mode"),
            (json!({ "files": [], "mode": 1 }), "mode"),
            (json!({ "files": [], "mode": "run", "main": null }), "main"),
            (json!({ "files": [], "mode": "run", "switches": [] }), "switches"),
            (json!({ "files": [], "mode": "run", "switches": { "Compiler": "-g" } }), "switches.Compiler"),
        ] {
            let refusal = page(&body, true).expect_err(path);
            assert_eq!(refusal.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refusal.message.starts_with(&format!("`{path}`: ")), "{}", refusal.message);
        }
        assert!(page(&json!({ "files": [] }), false).is_ok(), "nothing is done with what is downloaded");
    }

    #[test]
    fn counts_are_whole() {
        let read =
            |read: serde_json::Value| checking(&json!({ "identifier": "i", "read": read })).map(|(_, read)| read);
        assert_eq!(read(json!(0)).expect("a count"), Some(0));
        assert_eq!(read(json!(3.0)).expect("a count"), Some(3));
        assert_eq!(read(json!(u64::MAX)).expect("a count"), Some(i64::MAX));
        for wrong in [json!(-1), json!(1.5), json!("1"), json!(null), json!([])] {
            assert_eq!(read(wrong.clone()).expect_err("no count").status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        assert_eq!(checking(&json!({ "identifier": "i" })).expect("a check").1, None);
        assert_eq!(checking(&json!({})).expect_err("nothing").status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
