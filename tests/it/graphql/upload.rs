//! Files in a request, by the GraphQL multipart request specification: byte for byte, within limits, and by nobody's form.

use entity::file;
use hyper::{Method, StatusCode};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::client::{Answer, send};
use tests::gql;
use tests::site::{Plan, Site};
use tests::stories;

use super::shown;

stories!(files_are_stored_byte_for_byte);

const SUBMIT: &str =
    "mutation($input: SubmitInput!) { submit(input: $input) { submission { files { name size } } problems { code } } }";
/// No text: NUL, what is no UTF-8, both kinds of line breaks, and what looks like a boundary.
const BYTES: &[u8] = b"print(1)\n\0\xff\xfe\r\n--b\r\n--xyz--\r\n\r\n";

struct Student {
    site: Site,
    token: String,
    assignment: Value,
}

impl Student {
    async fn new(backend: Backend) -> Self {
        let site = Site::new(backend, Plan::default()).await;
        let admin = site.sign_in("admin@example.org").await;
        site.sync(&admin).await;
        let token = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
        let query = "{ assignment(endpoint: \"data-in-the-wild/temperature-table\") { id main } }";
        let assignment = site.ask(&token, query, json!({})).await["assignment"].take();
        Self { site, token, assignment }
    }

    /// The variables of a hand-in of one file, which has this beside its name.
    fn input(&self, content: &Value) -> Value {
        let mut file = json!({ "name": self.assignment["main"] });
        file.as_object_mut().expect("an object").extend(content.as_object().expect("an object").clone());
        json!({ "input": { "assignment": self.assignment["id"], "files": [file] } })
    }

    fn operations(&self) -> String {
        json!({ "query": SUBMIT, "variables": self.input(&json!({ "upload": null })) }).to_string()
    }

    async fn post(&self, body: Vec<u8>) -> Answer {
        self.post_as("multipart/form-data; boundary=xyz", Some("graphql-preflight"), body).await
    }

    async fn post_as(&self, kind: &str, preflight: Option<&str>, body: Vec<u8>) -> Answer {
        let headers = [("content-type", kind.to_owned()), ("authorization", format!("Bearer {}", self.token))];
        let preflight = preflight.map(|name| (name, "1".to_owned()));
        send(self.site.address, Method::POST, "/graphql", headers.into_iter().chain(preflight), body).await
    }
}

type Part<'p> = (&'p str, &'p [u8]);

/// A body of parts, each a name and its bytes; names of one digit are files.
fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file = if name.len() == 1 { "; filename=\"a.txt\"\r\nContent-Type: text/plain" } else { "" };
        body.extend(format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--xyz--\r\n");
    body
}

const MAP: &[u8] = br#"{"0": ["variables.input.files.0.upload"]}"#;

async fn files_are_stored_byte_for_byte(backend: Backend) {
    let student = Student::new(backend).await;
    let operations = student.operations();
    // Whoever makes a body by hand sees to it that its boundary is not in it.
    let bytes = BYTES.strip_suffix(b"\r\n--xyz--\r\n\r\n").expect("it ends so");
    let parts: [Part<'_>; 3] = [("operations", operations.as_bytes()), ("map", MAP), ("0", bytes)];
    let answer = student.post(body(&parts)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let submit = &answer.json()["data"]["submit"];
    assert_eq!(submit["problems"], json!([]), "{submit}");
    assert_eq!(submit["submission"]["files"][0]["size"], bytes.len(), "{submit}");
    let url = format!("http://{}/graphql", student.site.address);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.py");
    std::fs::write(&path, BYTES).expect("a file");
    by_curl(&student, folder.path()).await;
    let other = [BYTES, BYTES].concat();
    std::fs::write(&path, &other).expect("a file");
    let data = gql::upload(&url, &student.token, SUBMIT, student.input(&json!({})), &path).await;
    assert_eq!(data["submit"]["submission"]["files"][0]["size"], other.len(), "{data}");
    let db = student.site.app.kernel.deps.db.clone();
    for bytes in [bytes, BYTES, &other] {
        let stored = file::Entity::find_by_id(file::digest(bytes)).one(db.read()).await.expect("an answer");
        assert_eq!(stored.map(|stored| stored.bytes).as_deref(), Some(bytes));
    }
    student.site.end().await;
}

/// As the page shows it.
async fn by_curl(student: &Student, folder: &std::path::Path) {
    assert_eq!(student.assignment["main"], "table.py");
    let mut asked = shown("## Files");
    asked.env("TOKEN", &student.token).env("ASSIGNMENT", student.assignment["id"].as_str().expect("an id"));
    asked.env("SITE", format!("http://{}", student.site.address)).current_dir(folder);
    let said = asked.output().await.expect("a shell").stdout;
    let said: Value = serde_json::from_slice(&said).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert!(said["data"]["submit"]["submission"]["id"].is_string(), "{said}");
}

#[test]
fn each_mistake_is_told() {
    tell(Backend::Sqlite, |backend| async move {
        let student = Student::new(backend).await;
        let operations = student.operations();
        let operations = ("operations", operations.as_bytes());
        let (map, file): (Part<'_>, Part<'_>) = (("map", MAP), ("0", b"print(1)"));
        let mapped = |map: &str| body(&[operations, ("map", map.as_bytes()), file]);
        let many: Vec<String> = (0..65).map(|place| format!("\"variables.input.files.{place}\"")).collect();
        let places =
            json!({ "query": SUBMIT, "variables": { "input": { "files": vec![Value::Null; 65] } } }).to_string();
        let half = body(&[operations, map, file]);
        let rows: Vec<(Vec<u8>, u16, &str)> = vec![
            (body(&[map, operations, file]), 400, "`operations` is missing in its place"),
            (body(&[operations, file, map]), 400, "`map` is missing in its place"),
            (body(&[operations]), 400, "`map` is missing in its place"),
            (body(&[]), 400, "`operations` is missing in its place"),
            (body(&[operations, map]), 400, "The file `0` is in `map`, but was not sent."),
            (body(&[operations, map, file, file]), 400, "The file `0` was sent twice."),
            (body(&[operations, map, file, ("1", b"")]), 400, "The part `1` is not in `map`."),
            (mapped("{"), 400, "`map` is not JSON"),
            (mapped("[]"), 400, "`map` must be an object"),
            (mapped(r#"{"0": "variables.file"}"#), 400, "`map` must be an object"),
            (mapped(r#"{"0": []}"#), 400, "has no path for the file `0`"),
            (mapped(r#"{"0": ["variables.input.files.1.upload"]}"#), 400, "there is nothing in `operations`"),
            (mapped(r#"{"0": ["variables.input.files.0.none"]}"#), 400, "there is nothing in `operations`"),
            (mapped(r#"{"0": ["query"]}"#), 400, "there is nothing in `operations`"),
            (mapped(r#"{"0": [""]}"#), 400, "there is nothing in `operations`"),
            (mapped(r#"{"0": ["variables.input.assignment"]}"#), 400, "there must be null"),
            (
                mapped(r#"{"0": ["variables.input.files.0.upload"], "1": ["variables.input.files.0.upload"]}"#),
                400,
                "twice",
            ),
            (
                body(&[
                    ("operations", places.as_bytes()),
                    ("map", format!("{{\"0\": [{}]}}", many.join(",")).as_bytes()),
                    file,
                ]),
                400,
                "at most 64",
            ),
            (body(&[("operations", b"{"), map, file]), 400, "`operations` is not JSON"),
            (body(&[("operations", b"[]"), map, file]), 400, "Batches are not taken"),
            (body(&[("operations", b"{}"), map, file]), 400, "`query` is missing"),
            (b"no part".to_vec(), 400, "multipart/form-data"),
            (half[..half.len() - 30].to_vec(), 400, "multipart/form-data"),
            (
                body(&[operations, map, ("0", &vec![b'x'; (1 << 20) + 1])]),
                413,
                "The part `0` has more than 1048576 bytes.",
            ),
            (body(&[("operations", &vec![b' '; (256 << 10) + 1]), map]), 413, "The part `operations` has more than"),
            (vec![b'-'; 2 << 20], 413, "The body has more than"),
        ];
        for (body, status, words) in rows {
            let answer = student.post(body).await;
            assert_eq!(answer.status.as_u16(), status, "{words}: {}", answer.text());
            let told = answer.json();
            assert!(told["errors"][0]["message"].as_str().is_some_and(|told| told.contains(words)), "{words}: {told}");
            assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_INPUT", "{told}");
        }
        let whole = body(&[operations, map, file]);
        let form = "multipart/form-data; boundary=xyz";
        for (kind, preflight, status, words) in [
            (form, None, 400, "`GraphQL-Preflight: 1`"),
            (form, Some("x-requested-with"), 400, "`GraphQL-Preflight: 1`"),
            ("multipart/form-data", Some("graphql-preflight"), 400, "with a boundary"),
            ("multipart/mixed; boundary=xyz", Some("graphql-preflight"), 415, "multipart/form-data with files"),
            (form, Some("apollo-require-preflight"), 200, "submission"),
        ] {
            let answer = student.post_as(kind, preflight, whole.clone()).await;
            assert!(answer.status.as_u16() == status && answer.text().contains(words), "{kind}: {}", answer.text());
        }
        student.site.end().await;
    });
}

/// Bytes are no text, and text is no bytes: a file comes as one of them.
#[test]
fn a_file_is_text_or_an_upload() {
    tell(Backend::Sqlite, |backend| async move {
        let student = Student::new(backend).await;
        for (content, words) in [
            (json!({}), "must have either `text` or `upload`"),
            (json!({ "text": null, "upload": null }), "must have either `text` or `upload`"),
            (json!({ "upload": "#__graphql_file__:7" }), "must be a part of a multipart request"),
            (json!({ "upload": 7 }), "must be a part of a multipart request"),
        ] {
            let answer = student.site.post(Some(&student.token), SUBMIT, student.input(&content)).await;
            let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(words), "{content}: {answer}");
        }
        let both = student.input(&json!({ "text": "print(1)", "upload": null }));
        let operations = json!({ "query": SUBMIT, "variables": both }).to_string();
        let answer = student.post(body(&[("operations", operations.as_bytes()), ("map", MAP), ("0", BYTES)])).await;
        assert!(answer.text().contains("must have either `text` or `upload`"), "{}", answer.text());
        // Where text is wanted, a file is none.
        let text = json!({ "query": SUBMIT, "variables": student.input(&json!({ "text": null })) }).to_string();
        let map = br#"{"0": ["variables.input.files.0.text"]}"#;
        let file = ("0", [7; 100_000].as_slice());
        let answer = student.post(body(&[("operations", text.as_bytes()), ("map", map), file])).await;
        assert!(
            answer.json()["errors"][0]["message"].as_str().is_some_and(|told| told.len() < 1000),
            "{}",
            answer.text()
        );
        student.site.end().await;
    });
}
