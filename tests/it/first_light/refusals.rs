//! What is refused, and how: with the cause and the way out, and with nothing leaked.

use std::fs;
use std::path::Path;

use hyper::{Method, StatusCode};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client;
use tests::site::{Plan, Site, examples};
use tests::stories;

stories!(a_bad_notebook_changes_nothing, only_who_signs_in_gets_in, bad_requests_are_told_so, bad_hand_ins_are_told_so);

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

async fn a_bad_notebook_changes_nothing(backend: Backend) {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&examples().join("content"), folder.path());
    let site = Site::new(backend, Plan { content: folder.path().to_owned(), ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    assert!(site.sync(&admin).await.iter().all(|(_, outcome)| outcome == "stored"));
    let titles = "{ mission(number: 205) { title screens { key title } } }";
    let before = site.ask(&admin, titles, json!({})).await;

    let notebook = folder.path().join("missions/205-counting-and-grouping/Mission205.ipynb");
    let text = fs::read_to_string(&notebook).expect("the notebook");
    fs::write(&notebook, &text[..text.len() / 2]).expect("half of it");
    let meta = folder.path().join("missions/206-averages-and-honest-charts/meta.yml");
    let changed = fs::read_to_string(&meta).expect("the meta file").replace("name: ", "name: New ");
    fs::write(&meta, changed).expect("another name");

    let outcomes = site.sync(&admin).await;
    let outcome =
        |subject: &str| outcomes.iter().find(|(found, _)| found == subject).map(|(_, outcome)| outcome.as_str());
    assert_eq!(outcome("mission/205"), Some("failed"));
    assert_eq!(outcome("mission/206"), Some("stored"), "a bad mission stopped another");
    assert_eq!(site.ask(&admin, titles, json!({})).await, before, "the stored version changed");
    let check = "{ contentCheck(subject: \"mission/205\") { outcome diagnostics { rule severity file hint } } }";
    let check = site.ask(&admin, check, json!({})).await["contentCheck"].take();
    assert_eq!(
        (&check["outcome"], &check["diagnostics"][0]["rule"]),
        (&json!("FAILED"), &json!("notebook.json")),
        "{check:#}"
    );
    site.end().await;
}

async fn only_who_signs_in_gets_in(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token problems { code message } } }";
    let mut answers = Vec::new();
    for email in ["admin@example.org", "nobody@example.org"] {
        let input = json!({ "input": { "email": email, "password": "a wrong one" } });
        answers.push(site.post(None, sign_in, input).await["data"]["signIn"].take());
    }
    assert_eq!(answers[0], answers[1], "the answer tells whether an address is known");
    assert_eq!(answers[0]["problems"][0]["code"], "WRONG_CREDENTIALS");

    assert_eq!(
        site.post(None, "{ courses { nodes { key } } }", json!({})).await["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    let token = site.sign_in("admin@example.org").await;
    let viewer = json!({ "query": "{ viewer { user { name } } }" });
    let forged = format!("{}x", &token[..token.len() - 1]);
    for bad in [forged.as_str(), "x", "a.b.c"] {
        let answer = client::post_json(site.address, "/graphql", Some(bad), &viewer).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"), "{bad}");
    }
    assert_eq!(site.ask(&token, "mutation { signOut { signedOut } }", json!({})).await["signOut"]["signedOut"], true);
    let answer = client::post_json(site.address, "/graphql", Some(&token), &viewer).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text().contains("is not good any more"), "{}", answer.text());

    let token = site.sign_in("admin@example.org").await;
    let db = site.app.kernel.deps.db.write_connection();
    let past = Statement::from_string(db.get_database_backend(), "UPDATE session SET expires_at = 1");
    db.execute_raw(past).await.expect("the sign-ins are old");
    let answer = client::post_json(site.address, "/graphql", Some(&token), &viewer).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text().contains("has expired"), "{}", answer.text());
    site.end().await;
}

type Headers = Vec<(&'static str, String)>;

async fn bad_requests_are_told_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let typed = ("content-type", "application/json".to_owned());
    let modern = ("accept", "application/graphql-response+json".to_owned());
    let mutation = "query=mutation%7BsignOut%7BsignedOut%7D%7D";
    let mut bomb = "{ ...F0 }".to_owned();
    for level in 0..30 {
        bomb.push_str(&format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
    }
    bomb.push_str(" fragment F30 on Query { server { version } }");
    let bomb = json!({ "query": bomb }).to_string();
    let many =
        (0..50).map(|number| format!("a{number}: signIn(input: {{email: \"a\", password: \"b\"}}) {{ token }} "));
    let many = json!({ "query": format!("mutation {{ {} }}", many.collect::<String>()) }).to_string();
    let cases: [(Method, String, Headers, String, StatusCode); 8] = [
        (Method::GET, format!("/graphql?{mutation}"), vec![], String::new(), StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, "/graphql".into(), vec![typed.clone()], "{}".into(), StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::POST,
            "/graphql".into(),
            vec![("content-type", "text/plain".into())],
            "{}".into(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (Method::POST, "/graphql".into(), vec![typed.clone()], "{".into(), StatusCode::BAD_REQUEST),
        (Method::POST, "/graphql".into(), vec![typed.clone()], "[]".into(), StatusCode::BAD_REQUEST),
        (Method::POST, "/graphql".into(), vec![typed.clone()], "{}".into(), StatusCode::BAD_REQUEST),
        (Method::POST, "/graphql".into(), vec![typed.clone()], " ".repeat(3 << 20), StatusCode::PAYLOAD_TOO_LARGE),
        (Method::POST, "/graphql".into(), vec![typed.clone(), modern.clone()], bomb, StatusCode::BAD_REQUEST),
    ];
    for (method, path, headers, body, status) in cases {
        let answer = client::send(site.address, method.clone(), &path, headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert!(answer.json()["errors"][0]["message"].is_string(), "{method} {path}: {}", answer.text());
    }
    let many = client::send(site.address, Method::POST, "/graphql", [typed.clone()], many).await;
    let code = &many.json()["errors"][0]["extensions"]["code"];
    assert_eq!(code, "TOO_COMPLEX", "fifty passwords are tried at once: {}", many.text());
    let query = client::send(site.address, Method::GET, "/graphql?query=%7Bserver%7Bversion%7D%7D", [], "").await;
    assert_eq!(query.json()["data"]["server"]["version"], env!("CARGO_PKG_VERSION"));
    let wrong =
        client::send(site.address, Method::POST, "/graphql", [typed, modern], r#"{"query":"{ nothing }"}"#).await;
    assert_eq!(
        (wrong.status, wrong.header("content-type")),
        (StatusCode::BAD_REQUEST, "application/graphql-response+json; charset=utf-8")
    );
    site.end().await;
}

async fn bad_hand_ins_are_told_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    let ids = "{ a: assignment(endpoint: \"data-in-the-wild/word-counts\") { id } \
         b: assignment(endpoint: \"python-first-steps/stage-sum\") { id } }";
    let known = site.ask(&admin, ids, json!({})).await;
    assert!(site.ask(&ada, ids, json!({})).await["b"].is_null(), "a course that she is not in");
    let submit =
        "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } problems { code message path } } }";
    let file = |name: &str, text: &str| json!({ "name": name, "text": text });
    let good = file("words.py", "");
    let cases: [(&Value, Vec<Value>, &str); 7] = [
        (&known["b"]["id"], vec![good.clone()], "ASSIGNMENT_UNKNOWN"),
        (&json!("asn_nothing"), vec![good.clone()], "ASSIGNMENT_UNKNOWN"),
        (&json!("sub_lejRej"), vec![good.clone()], "ASSIGNMENT_UNKNOWN"),
        (&known["a"]["id"], vec![], "FILE_NAME"),
        (&known["a"]["id"], vec![good.clone(), good.clone()], "FILE_NAME"),
        (&known["a"]["id"], vec![good.clone(), file("../words.py", "")], "FILE_NAME"),
        (&known["a"]["id"], vec![file("words.py", &"x".repeat((1 << 20) + 1))], "TOO_LARGE"),
    ];
    for (assignment, files, code) in cases {
        let answer = site.ask(&ada, submit, json!({ "input": { "assignment": assignment, "files": files } })).await;
        assert!(answer["submit"]["submission"].is_null());
        assert_eq!(answer["submit"]["problems"][0]["code"], code, "{answer}");
    }
    // Bytes that some databases and logs choke on are work like any other.
    let odd = "# \u{0} \u{1F600} \u{202E}\n";
    let input = json!({ "assignment": known["a"]["id"], "files": [file("words.py", odd)] });
    let answer = site.ask(&ada, submit, json!({ "input": input })).await;
    let read = "query($id: ID!) { node(id: $id) { ... on Submission { files { text } } } }";
    let read = site.ask(&ada, read, json!({ "id": answer["submit"]["submission"]["id"] })).await;
    assert_eq!(read["node"]["files"][0]["text"], odd);
    site.end().await;
}
