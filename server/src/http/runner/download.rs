//! `POST /download/`: the files of a page as a package, to go on at home. Nothing is built or run.
//!
//! The same request makes the same bytes: files in the order of their names, without times.

use std::io::{Cursor, Write as _};

use actors::execution::package::package;
use actors::execution::program_input;
use actors::problem::Fault;
use poem::Response;
use poem::http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_DISPOSITION};
use serde_json::Value;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Refusal, request, run};
use crate::http::Shared;

/// What a package is called whose page does not say.
const NAME: &str = "project";

pub(super) fn download(shared: &Shared, body: &Value) -> Result<Response, Refusal> {
    let page = request::page(body, false)?;
    let name = package_name(&page.name);
    let files = package(page.input(), &shared.deps.workshop.toolchains).map_err(run::refusal)?;
    let bytes = zipped(&files).map_err(|error| Refusal::fault(Fault::Internal(format!("no package: {error}"))))?;
    Ok(Response::builder()
        .content_type("application/zip")
        .header(CONTENT_DISPOSITION, format!("attachment; filename={name}.zip"))
        .header(ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_DISPOSITION.as_str())
        .header(CACHE_CONTROL, "no-store")
        .body(bytes))
}

/// A name that is one on every system.
fn package_name(name: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = name.chars().filter(plain).take(program_input::MAX_NAME).collect();
    if name.chars().all(|c| c == '.') { NAME.to_owned() } else { name }
}

fn zipped(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Times begin in 1980 there, and that is what the default is.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::{package_name, zipped};

    #[test]
    fn packages_are_named_plainly() {
        for (name, plain) in [
            ("Courses.Intro.Hello", "Courses.Intro.Hello"),
            ("a b/c\"\r\nX: y", "abcXy"),
            ("", "project"),
            ("..", "project"),
            ("é", "project"),
        ] {
            assert_eq!(package_name(name), plain, "{name:?}");
        }
    }

    #[test]
    fn the_same_files_make_the_same_package() {
        let files = [("a.adb".to_owned(), vec![b'x'; 1000]), ("b.adb".to_owned(), Vec::new())];
        let first = zipped(&files).expect("a package");
        assert!(first.len() < 700, "{} bytes: it is not compressed", first.len());
        assert_eq!(zipped(&files).expect("a package"), first);
    }
}
