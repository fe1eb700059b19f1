//! What scripts and autograders of the predecessor ask for, in its envelopes.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::site::{Plan, Site};
use tests::stories;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

stories![
    an_autograder_reads_work_and_scores_it,
    people_and_courses_are_told_to_whom_they_may_be,
    what_came_in_is_listed_page_by_page,
    answers_have_the_manners_of_the_predecessor,
    who_runs_the_site_looks_after_clients
];

const COURSE: &str = "data-in-the-wild";
const ENDPOINT: &str = "data-in-the-wild/word-counts";

/// Everybody of a story, by their tokens.
struct Campus {
    site: Site,
    admin: String,
    grader: String,
    ada: String,
    eve: String,
}

async fn campus(backend: Backend) -> Campus {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let eve = site.enrolled(&admin, "eve@example.org", COURSE, "STUDENT").await;
    Campus { site, admin, grader, ada, eve }
}

impl Campus {
    async fn get(&self, token: &str, path: &str) -> Answer {
        let bearer = (!token.is_empty()).then(|| ("authorization", format!("Bearer {token}")));
        client::send(self.site.address, Method::GET, &format!("/api/v3/{path}"), bearer, "").await
    }

    /// The data of a good answer.
    async fn data(&self, token: &str, path: &str) -> Value {
        let answer = self.get(token, path).await;
        let mut told = answer.json();
        assert_eq!(
            (answer.status, &told["code"], &told["message"]),
            (StatusCode::OK, &json!(200), &json!("success")),
            "{path}: {told}"
        );
        told["data"].take()
    }

    /// The status of an answer that has no data.
    async fn refused(&self, token: &str, path: &str) -> u16 {
        let answer = self.get(token, path).await;
        let told = answer.json();
        assert!(told["data"].is_object() && told["message"].is_string(), "{path}: {told}");
        assert_eq!(told["code"], answer.status.as_u16(), "{path}: {told}");
        answer.status.as_u16()
    }

    async fn post(&self, token: &str, path: &str, kind: &str, body: &str) -> Answer {
        let headers = [("authorization", format!("Bearer {token}")), ("content-type", kind.to_owned())];
        client::send(self.site.address, Method::POST, &format!("/api/v3/{path}"), headers, body.to_owned()).await
    }

    async fn hand_in(&self, token: &str, files: Value, submit: bool) -> String {
        let body = json!({ "assignment": ENDPOINT, "messages": { "file_contents": files }, "submit": submit });
        let answer = self.post(token, "backups/", "application/json", &body.to_string()).await.json();
        answer["data"]["key"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn token(&self, of: &str, scope: &str, courses: &[&str]) -> String {
        let query = "mutation($input: CreateTokenInput!) { createToken(input: $input) { token problems { message } } }";
        let mut input = json!({ "name": "script", "scopes": [scope] });
        if !courses.is_empty() {
            let mut ids = Vec::new();
            for key in courses {
                let course =
                    self.site.ask(of, "query($key: String!) { course(key: $key) { id } }", json!({ "key": key }));
                ids.push(course.await["course"]["id"].take());
            }
            input["courses"] = ids.into();
        }
        let made = self.site.ask(of, query, json!({ "input": input })).await;
        made["createToken"]["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    async fn scores(&self, key: &str) -> Vec<(String, String)> {
        let query =
            "query($id: ID!) { node(id: $id) { ... on Submission { scores { kind value message run { id } } } } }";
        let answer = self.site.ask(&self.ada, query, json!({ "id": format!("sub_{key}") })).await;
        let all = answer["node"]["scores"].as_array().expect("scores").iter().filter(|score| score["run"].is_null());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.map(|score| (text(&score["kind"]), text(&score["value"]))).collect()
    }
}

async fn an_autograder_reads_work_and_scores_it(backend: Backend) {
    let campus = campus(backend).await;
    let (site, ada) = (&campus.site, &campus.ada);
    let key = campus.hand_in(ada, json!({ "words.py": "pass" }), true).await;
    let worker = campus.token(&campus.grader, "ALL", &[]).await;
    let work = campus.data(&worker, &format!("backups/{key}/")).await;
    assert_eq!(work["messages"][0]["contents"]["words.py"], "pass", "{work}");
    // Fields come as JSON, as a form, or in the address.
    let json = json!({ "bid": key, "kind": " Composition ", "score": 2.5, "message": "Good.\u{0}" }).to_string();
    for (query, kind, body) in [
        (String::new(), "application/json", json),
        (
            String::new(),
            "application/x-www-form-urlencoded",
            format!("bid={key}&kind=style&score=3.33333333&message=a+b"),
        ),
        (format!("?bid={key}&kind=effort&score=1"), "text/plain", String::new()),
    ] {
        let answer = campus.post(&worker, &format!("score/{query}"), kind, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let pair = |kind: &str, value: &str| (kind.to_owned(), value.to_owned());
    let given = [pair("composition", "2.5"), pair("style", "3.3333"), pair("effort", "1")];
    assert_eq!(campus.scores(&key).await, given);
    campus
        .post(&worker, "score/", "application/json", &json!({ "bid": key, "kind": "STYLE", "score": "4" }).to_string())
        .await;
    assert_eq!(campus.scores(&key).await, [pair("composition", "2.5"), pair("effort", "1"), pair("style", "4")]);
    for (token, body, status) in [
        (ada, json!({ "bid": key, "kind": "style", "score": 1 }), 401),
        (&worker, json!({ "bid": key, "kind": "style" }), 400),
        (&worker, json!({ "bid": key, "kind": "style", "score": "much" }), 400),
        (&worker, json!({ "bid": "nothing!", "kind": "style", "score": 1 }), 404),
        (&worker, json!({ "bid": "negN3d", "kind": "style", "score": 1 }), 403),
    ] {
        let answer = campus.post(token, "score/", "application/json", &body.to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
    }
    // What a grader has to say about a line.
    let comment = json!({ "filename": "words.py", "line": 1, "message": "Is that **all**?" }).to_string();
    let path = format!("backups/{key}/comment/");
    assert_eq!(campus.post(&worker, &path, "application/json", &comment).await.json()["data"], json!({}));
    let told = campus.data(ada, &path).await;
    let first = &told["comments"][0];
    assert_eq!((&first["author"]["email"], &first["line"]), (&json!("gra@example.org"), &json!(1)), "{told}");
    assert_eq!(first["message"], "Is that **all**?");
    assert_eq!(campus.refused(&campus.eve, &path).await, 404);
    assert_eq!(campus.post(&campus.eve, &path, "application/json", &comment).await.status, StatusCode::NOT_FOUND);
    // A file that is no text is in no message, and is had by itself.
    let assignment = "query($endpoint: String!) { assignment(endpoint: $endpoint) { id } }";
    let id = site.ask(ada, assignment, json!({ "endpoint": ENDPOINT })).await["assignment"]["id"].take();
    let file = site.base.data().join("bytes");
    std::fs::write(&file, b"\xff\0\x01").expect("a file");
    let submit = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } problems { message } } }";
    let input = json!({ "input": { "assignment": id, "files": [{ "name": "words.py", "upload": null }] } });
    let url = format!("http://{}/graphql", site.address);
    let handed_in = tests::gql::upload(&url, ada, submit, input, &file).await;
    let key = handed_in["submit"]["submission"]["id"].as_str().unwrap_or_else(|| panic!("{handed_in}"));
    let key = key.trim_start_matches("sub_");
    let work = campus.data(&worker, &format!("backups/{key}/")).await;
    let external = &work["external_files"][0];
    assert_eq!((&external["filename"], &work["messages"][0]["contents"]), (&json!("words.py"), &json!({})), "{work}");
    let place = format!("file/{}", external["id"].as_str().expect("an id"));
    assert!(external["download_link"].as_str().is_some_and(|link| link.ends_with(&place)), "{work}");
    let bytes = campus.get(ada, &place).await;
    assert_eq!((&bytes.body[..], bytes.header("content-type")), (&b"\xff\0\x01"[..], "application/octet-stream"));
    assert_eq!(campus.refused(&campus.eve, &place).await, 404);
    campus.site.end().await;
}

async fn people_and_courses_are_told_to_whom_they_may_be(backend: Backend) {
    let campus = campus(backend).await;
    let (admin, grader, ada, eve) = (&campus.admin, &campus.grader, &campus.ada, &campus.eve);
    let enroll = "mutation($input: EnrollInput!) { enroll(input: $input) { enrolled } }";
    let input = json!({ "email": "ada@example.org", "course": COURSE, "role": "STUDENT", "classAccount": "cs-aa",
        "labSection": "A1", "studentNumber": "4711" });
    campus.site.ask(admin, enroll, json!({ "input": input })).await;
    for token in [ada, admin] {
        let told = campus.data(token, "user/ada@example.org").await;
        let part = &told["participations"][0];
        assert_eq!((&told["email"], &told["is_admin"]), (&json!("ada@example.org"), &json!(false)), "{told}");
        assert_eq!(
            (&part["class_account"], &part["section"], &part["role"]),
            (&json!("cs-aa"), &json!("A1"), &json!("student"))
        );
        assert!(!told.to_string().contains("4711"), "student numbers are not told here: {told}");
        let courses = campus.data(token, "enrollment/ada@example.org/").await;
        assert_eq!(courses["courses"], told["participations"]);
    }
    for (token, path, status) in [
        (eve, "user/ada@example.org", 403),
        (eve, "user/nobody@example.org", 403),
        (admin, "user/nobody@example.org", 404),
        (eve, "enrollment/ada@example.org/", 403),
        (grader, "course/nowhere/roster", 403),
        (admin, "course/nowhere/roster", 404),
        (ada, "course/data-in-the-wild/enrollment", 403),
        (ada, "course/data-in-the-wild/roster", 403),
        (ada, "course/data-in-the-wild/grades", 403),
        (&String::new(), "course/data-in-the-wild/grades", 401),
        (&String::new(), "course/nowhere/assignments", 404),
    ] {
        assert_eq!(campus.refused(token, path).await, status, "{path}");
    }
    let public = campus.data("", &format!("course/{COURSE}/assignments")).await;
    let first = public["assignments"].as_array().and_then(|all| all.iter().find(|one| one["name"] == ENDPOINT));
    assert_eq!(first.map(|one| &one["active"]), Some(&json!("True")), "{public}");
    let roles = campus.data(grader, &format!("course/{COURSE}/enrollment")).await;
    assert_eq!(roles["student"].as_array().map(Vec::len), Some(2), "{roles}");
    assert_eq!((&roles["grader"][0]["email"], &roles["staff"]), (&json!("gra@example.org"), &json!([])));
    let roster = campus.data(grader, &format!("course/{COURSE}/roster")).await;
    assert_eq!(roster["requester"], "gra@example.org");
    assert!(
        roster["roster"].as_str().is_some_and(|table| table.contains("ada@example.org,ada,student,4711,cs-aa,A1\n"))
    );
    let key = campus.hand_in(ada, json!({ "words.py": "pass" }), true).await;
    campus.post(grader, &format!("score/?bid={key}&kind=style&score=2"), "text/plain", "").await;
    let grades = campus.data(grader, &format!("course/{COURSE}/grades")).await;
    assert!(grades["grades"].as_str().is_some_and(|table| table.contains("word-counts style")), "{grades}");
    // A token of the course, in the address, for a program that holds nothing else.
    let of_course = campus.token(grader, "READ", &[COURSE]).await;
    let elsewhere = campus.token(admin, "READ", &["python-first-steps"]).await;
    for what in ["enrollment", "roster", "grades"] {
        let path = format!("course/{COURSE}/export/{what}");
        let told = campus.data("", &format!("{path}?export_token={of_course}")).await;
        assert!(told.as_object().is_some_and(|told| !told.is_empty()), "{told}");
        assert_eq!(campus.refused("", &path).await, 401);
        assert_eq!(campus.refused("", &format!("{path}?export_token=lct_nothing")).await, 401);
        assert_eq!(campus.refused("", &format!("{path}?export_token={elsewhere}")).await, 403);
        let nowhere = format!("course/nowhere/export/{what}?export_token={of_course}");
        assert_eq!(campus.refused("", &nowhere).await, 404);
    }
    campus.site.end().await;
}

async fn what_came_in_is_listed_page_by_page(backend: Backend) {
    let campus = campus(backend).await;
    let (grader, ada, eve) = (&campus.grader, &campus.ada, &campus.eve);
    let first = campus.hand_in(ada, json!({ "words.py": "1" }), true).await;
    let second = campus.hand_in(ada, json!({ "words.py": "2" }), true).await;
    let kept = campus.hand_in(ada, json!({ "words.py": "3" }), false).await;
    campus.hand_in(eve, json!({ "words.py": "4" }), false).await;
    let only_kept = campus.hand_in(eve, json!({ "words.py": "5" }), false).await;
    let keys = |data: &Value| -> Vec<String> {
        let all = data["backups"].as_array().unwrap_or_else(|| panic!("{data}")).iter();
        all.map(|backup| backup["id"].as_str().expect("an id").to_owned()).collect()
    };
    // One of each: what counts, else the newest that was kept.
    let path = format!("assignment/{ENDPOINT}/submissions/");
    let all = campus.data(grader, &path).await;
    assert_eq!(keys(&all), [second.clone(), only_kept.clone()], "{all}");
    let said = |data: &Value| ["count", "limit", "offset", "has_more"].map(|name| data[name].clone());
    assert_eq!(said(&all), [json!(2), json!(150), json!(0), json!(false)]);
    assert_eq!(
        (&all["backups"][0]["submitter"]["email"], &all["backups"][0]["submit"]),
        (&json!("ada@example.org"), &json!(true))
    );
    let page = campus.data(grader, &format!("{path}?limit=1")).await;
    assert_eq!((keys(&page), said(&page)), (vec![second.clone()], [json!(2), json!(1), json!(0), json!(true)]));
    let page = campus.data(grader, &format!("{path}?limit=1&offset=1")).await;
    assert_eq!((keys(&page), &page["has_more"]), (vec![only_kept], &json!(false)));
    let bare = campus.get(grader, &format!("{path}?envelope=false")).await.json();
    assert_eq!((keys(&bare), &bare["count"]), (keys(&all), &json!(2)));
    // All of one, the newest first, for themselves and their graders.
    let path = format!("assignment/{ENDPOINT}/export/ada@example.org");
    for token in [ada, grader] {
        let own = campus.data(token, &path).await;
        assert_eq!(keys(&own), [kept.clone(), second.clone(), first.clone()], "{own}");
        assert!(own["backups"][0].get("submitter").is_none(), "{own}");
    }
    for (token, path, status) in [
        (eve, path.clone(), 403),
        (ada, format!("assignment/{ENDPOINT}/submissions/"), 403),
        (grader, "assignment/data-in-the-wild/nothing/submissions/".to_owned(), 403),
        (&campus.admin, "assignment/data-in-the-wild/nothing/submissions/".to_owned(), 404),
        (grader, format!("assignment/{ENDPOINT}/export/nobody@example.org"), 404),
        (grader, format!("assignment/{ENDPOINT}/submissions/?limit=many"), 400),
    ] {
        assert_eq!(campus.refused(token, &path).await, status, "{path}");
    }
    // The assignment itself is where it was.
    assert_eq!(campus.data(ada, &format!("assignment/{ENDPOINT}")).await["name"], ENDPOINT);
    campus.site.end().await;
}

async fn answers_have_the_manners_of_the_predecessor(backend: Backend) {
    let campus = campus(backend).await;
    let ada = &campus.ada;
    // Also what nobody answers.
    for path in ["nothing", "user/a/b/c", "backups/x/y/z"] {
        assert_eq!(campus.refused(ada, path).await, 404, "{path}");
    }
    assert_eq!(campus.refused(ada, "score/").await, 405);
    let answer = campus.post(ada, "user/", "application/json", "{}").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["data"]), (405, &json!({})));
    assert_eq!(answer.header("allow"), "GET, HEAD");
    assert_eq!(campus.get(ada, "score/").await.header("allow"), "POST");
    // Without the envelope on request, refusals too.
    let bare = campus.get(ada, "user/?envelope=false").await.json();
    assert_eq!(bare["email"], "ada@example.org", "{bare}");
    let refused = campus.get("", "user/?envelope=false").await;
    assert_eq!((refused.status.as_u16(), refused.json()), (401, json!({})));
    let by_parameter = campus.data("", &format!("user/?access_token={ada}")).await;
    assert_eq!(by_parameter["email"], "ada@example.org");
    // A token that is not for it hears what would be.
    let submits = campus.token(&campus.grader, "SUBMIT", &[]).await;
    for path in [format!("course/{COURSE}/roster"), format!("assignment/{ENDPOINT}/submissions/")] {
        let answer = campus.get(&submits, &path).await;
        let told = answer.json()["data"].take();
        assert_eq!((answer.status.as_u16(), &told["current_scopes"]), (403, &json!(["submit"])), "{path}: {told}");
        assert!(told["required_scopes"].as_array().is_some_and(|all| all.contains(&json!("all"))), "{path}: {told}");
    }
    let key = campus.hand_in(ada, json!({ "words.py": "pass" }), true).await;
    // One that says who somebody is says nothing else.
    let email = campus.token(ada, "EMAIL", &[]).await;
    let told = campus.data(&email, "user/").await;
    assert_eq!(
        (&told["email"], &told["participations"][0]["role"]),
        (&json!("ada@example.org"), &json!("student")),
        "{told}"
    );
    for path in ["enrollment/ada@example.org/".to_owned(), format!("backups/{key}/comment/"), "file/lejRej".to_owned()]
    {
        let answer = campus.get(&email, &path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["data"]["current_scopes"].take()),
            (403, json!(["email"])),
            "{path}"
        );
    }
    assert_eq!(campus.refused(&email, &format!("backups/{key}/")).await, 404);
    let query = "{ viewer { user { email submissions { nodes { id } } } } }";
    let seen = campus.site.ask(&email, query, json!({})).await["viewer"]["user"].take();
    assert_eq!(seen, json!({ "email": "ada@example.org", "submissions": { "nodes": [] } }));
    let body = json!({ "bid": key, "kind": "style", "score": 1 }).to_string();
    let answer = campus.post(&submits, "score/", "application/json", &body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["data"]["required_scopes"].take()),
        (403, json!(["grade", "all"]))
    );
    campus.site.end().await;
}

/// Answers one request, and says which it was.
async fn one_answer(listener: TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.expect("somebody comes");
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        socket.read_buf(&mut asked).await.expect("a request");
    }
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("they listen");
    String::from_utf8_lossy(&asked).lines().next().unwrap_or_default().to_owned()
}

async fn who_runs_the_site_looks_after_clients(backend: Backend) {
    let campus = campus(backend).await;
    let (admin, ada) = (&campus.admin, &campus.ada);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let link = format!("http://{}/ok", listener.local_addr().expect("bound"));
    let body = json!({ "current_version": "v1.19.0", "download_link": link }).to_string();
    assert_eq!(campus.post(ada, "version/ok-client", "application/json", &body).await.status.as_u16(), 403);
    let asked = tokio::spawn(one_answer(listener));
    let set = campus.post(admin, "version/ok-client", "application/json", &body).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    assert!(asked.await.expect("it was asked").starts_with("HEAD /ok "));
    let told = campus.data("", "version/ok-client").await;
    assert_eq!(told["results"][0]["current_version"], "v1.19.0", "{told}");
    // Nobody answers there any more, so nothing is said of it.
    let later = json!({ "current_version": "v1.20.0", "download_link": link }).to_string();
    assert_eq!(campus.post(admin, "version/ok-client", "application/json", &later).await.status.as_u16(), 400);
    assert_eq!(campus.data("", "version/").await["results"][0]["current_version"], "v1.19.0");
    let register =
        "mutation($input: RegisterProgramInput!) { registerProgram(input: $input) { clientId problems { code } } }";
    let input = json!({ "key": "autograder", "name": "Autograder", "redirects": ["https://grader.example/back"], "scopes": ["ALL"] });
    campus.site.ask(admin, register, json!({ "input": input })).await;
    let told = campus.data(admin, "client/autograder").await;
    assert_eq!(
        (&told["client_id"], &told["redirect_uris"]),
        (&json!("autograder"), &json!(["https://grader.example/back"]))
    );
    let path = "client/autograder/redirect_urls";
    let more =
        campus.post(admin, path, "application/x-www-form-urlencoded", "url=https%3A%2F%2Fgrader.example%2Fmore").await;
    assert_eq!(more.json()["data"]["redirect_uris"].as_array().map(Vec::len), Some(2), "{}", more.text());
    for (token, path, body, status) in [
        (ada, path, "url=https://a.example/", 403),
        (admin, path, "url=http://a.example/", 400),
        (admin, path, "", 400),
        (admin, "client/nothing/redirect_urls", "url=https://a.example/", 404),
        (admin, "client/ok-client/redirect_urls", "url=https://a.example/", 404),
    ] {
        let answer = campus.post(token, path, "application/x-www-form-urlencoded", body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text());
    }
    assert_eq!(campus.refused(ada, "client/autograder").await, 403);
    assert_eq!(campus.refused(admin, "client/nothing").await, 404);
    campus.site.end().await;
}
