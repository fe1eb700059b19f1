//! Somebody in a browser: the cookie, the forms, and what other sites cannot do with them.

use hyper::{Method, StatusCode};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;
use tests::backend::Backend;
use tests::browser::Browser;
use tests::mailbox::letter;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{VIEWER, account, change};

stories![
    who_runs_the_site_sees_it_as_another_does,
    a_cookie_lets_a_browser_in_and_no_other_site,
    a_cookie_is_replaced_when_rights_change,
    a_copied_cookie_is_good_for_nothing_after_another_password,
    over_tls_a_cookie_is_for_this_host_alone,
    a_form_leads_nowhere_else,
    letters_lead_to_forms_that_work
];

const LOGIN: [(&str, &str); 3] = [("email", "admin@example.org"), ("password", PASSWORD), ("next", "/#/course/x")];

async fn a_cookie_lets_a_browser_in_and_no_other_site(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let mut browser = Browser::at(site.address);
    assert_eq!(browser.data(VIEWER).await["viewer"], json!(null));
    let page = browser.get("/login?next=%2F%23%2Fcourse%2Fx&email=%22%3E%3Cscript%3E").await;
    assert!(
        page.text().contains("value=\"&quot;&gt;&lt;script&gt;\"") && !page.text().contains("<script>"),
        "{}",
        page.text()
    );
    for header in ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"] {
        assert_ne!(page.header(header), "", "{header}");
    }
    let wrong = browser.post("/login", &[("email", "admin@example.org"), ("password", "not the password")]).await;
    assert_eq!((wrong.status, browser.cookie.clone()), (StatusCode::UNPROCESSABLE_ENTITY, None));
    // A form of another site signs nobody in, and neither does one of which the browser does not say whose it is.
    assert_eq!(browser.post_from("http://evil.example", "/login", &LOGIN).await.status, StatusCode::FORBIDDEN);
    let unsaid = browser.send(
        Method::POST,
        "/login",
        &[("content-type", "application/x-www-form-urlencoded")],
        "email=a&password=b".to_owned(),
    );
    assert_eq!(unsaid.await.status, StatusCode::FORBIDDEN);
    let entered = browser.post("/login", &LOGIN).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/#/course/x"));
    let set = entered.header("set-cookie");
    for part in ["lectern=lcs_", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(set.contains(part), "{part}: {set}");
    }
    assert_eq!(browser.data(VIEWER).await["viewer"]["user"]["email"], "admin@example.org");
    // Other sites act with the cookie as little as they read with it.
    for origin in ["http://evil.example", "null", &format!("http://localhost:{}", site.address.port())] {
        let refused = browser.ask_from(origin, "mutation { signOut { signedOut } }").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "CROSS_SITE");
    }
    let upgrade = |origin| {
        [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "graphql-transport-ws"),
            ("origin", origin),
        ]
    };
    let socket = browser.send(Method::GET, "/graphql", &upgrade("http://evil.example"), String::new()).await;
    assert_eq!(socket.status, StatusCode::FORBIDDEN);
    let own = format!("http://{}", site.address);
    let socket = browser.send(Method::GET, "/graphql", &upgrade(&own), String::new()).await;
    assert_eq!(socket.status, StatusCode::SWITCHING_PROTOCOLS);
    // The secret of a cookie is no token.
    let cookie = browser.cookie.clone().expect("a cookie");
    assert!(super::refusal(&site, &cookie).await.is_some());
    // With every sign-in comes another one, and signing out ends the one that is shown.
    let mut other = Browser::at(site.address);
    other.post("/login", &LOGIN).await;
    assert_ne!(other.cookie, browser.cookie);
    let before = other.clone();
    other.post("/login", &LOGIN).await;
    let mut before = before;
    assert_eq!(before.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED, "the one that the browser held has ended");
    let left = browser.post("/logout", &[]).await;
    assert_eq!((left.status, browser.cookie.clone()), (StatusCode::SEE_OTHER, None));
    browser.cookie = Some(cookie);
    let refused = browser.ask(VIEWER).await;
    assert_eq!(
        (refused.status, browser.cookie.clone()),
        (StatusCode::UNAUTHORIZED, None),
        "and the browser forgets it"
    );
    assert_eq!(other.data(VIEWER).await["viewer"]["user"]["email"], "admin@example.org");
    // A link does not sign anybody out.
    assert_eq!(other.get("/logout").await.status, StatusCode::METHOD_NOT_ALLOWED);
    site.end().await;
}

async fn a_cookie_is_replaced_when_rights_change(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    account(&site, &admin, "ada@example.org").await;
    let mut browser = Browser::at(site.address);
    browser.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    let before = browser.clone();
    browser.data(VIEWER).await;
    assert_eq!(browser.cookie, before.cookie);
    let enroll = json!({ "email": "ada@example.org", "course": "data-in-the-wild", "role": "INSTRUCTOR" });
    change(&site, Some(&admin), "enroll", enroll, "enrolled").await;
    browser.data(VIEWER).await;
    assert_ne!(browser.cookie, before.cookie);
    let after = browser.clone();
    // What was under way with the old one is answered, and changes nothing more.
    let mut late = before.clone();
    assert_eq!(late.data(VIEWER).await["viewer"]["user"]["email"], "ada@example.org");
    assert_eq!(late.cookie, before.cookie);
    browser.data(VIEWER).await;
    assert_eq!(browser.cookie, after.cookie);
    site.end().await;
}

async fn over_tls_a_cookie_is_for_this_host_alone(backend: Backend) {
    let plan = Plan { public_url: "https://lectern.example".to_owned(), ..Plan::default() };
    let site = Site::new(backend, plan).await;
    let mut browser = Browser::at(site.address);
    let entered = browser.post_from("https://lectern.example", "/login", &LOGIN).await;
    let set = entered.header("set-cookie");
    assert!(set.starts_with("__Host-lectern=lcs_") && set.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let answer = browser.ask_from("https://lectern.example", VIEWER).await.json();
    assert_eq!(answer["data"]["viewer"]["user"]["email"], "admin@example.org");
    assert_eq!(entered.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(entered.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", "no page");
    // A page of the same host in clear may be anybody's.
    assert_eq!(browser.ask(VIEWER).await.status, StatusCode::FORBIDDEN);
    // A cookie of the name that any host may set is none.
    let held = browser.others.remove("__Host-lectern").expect("a cookie");
    browser.cookie = Some(held);
    assert_eq!(browser.data(VIEWER).await["viewer"], json!(null));
    site.end().await;
}

async fn a_copied_cookie_is_good_for_nothing_after_another_password(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let mut browser = Browser::at(site.address);
    browser.post("/login", &LOGIN).await;
    browser.data(VIEWER).await;
    let mut copy = browser.clone();
    let input = format!("{{ password: \"{PASSWORD}\", newPassword: \"one more, as good\" }}");
    let changed = browser.data(&format!("mutation {{ changePassword(input: {input}) {{ changed }} }}")).await;
    assert_eq!(changed["changePassword"]["changed"], true);
    assert_ne!(browser.cookie, copy.cookie);
    // Whoever has it asks first, and is nobody.
    assert_eq!(copy.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.data(VIEWER).await["viewer"]["user"]["email"], "admin@example.org");
    site.end().await;
}

async fn a_form_leads_nowhere_else(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\r\nset-cookie: x=y",
    ] {
        let mut browser = Browser::at(site.address);
        let entered = browser.post("/login", &[LOGIN[0], LOGIN[1], ("next", next)]).await;
        assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
    let mut browser = Browser::at(site.address);
    let long = "x".repeat(20_000);
    assert_eq!(browser.post("/login", &[("email", &long), ("password", "x")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.post("/login", &[("email", "x")]).await.status, StatusCode::BAD_REQUEST);
    site.end().await;
}

async fn letters_lead_to_forms_that_work(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let mut browser = Browser::at(site.address);
    for path in
        ["/account/register", "/account/forgotten", "/account/welcome", "/account/new-password", "/account/address"]
    {
        let page = browser.get(path).await;
        assert!(page.status == StatusCode::OK && page.text().contains("<form"), "{path}: {}", page.text());
    }
    let sent = browser.post("/account/register", &[("email", "ada@example.org"), ("name", "Ada")]).await;
    assert!(sent.text().contains("Look at your mail"), "{}", sent.text());
    let code = letter(&site, "ada@example.org", "register", 0).await.code();
    let weak = [("code", code.as_str()), ("password", "password123"), ("name", "")];
    let refused = browser.post("/account/welcome", &weak).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text().contains(&code),
        "what was typed is kept"
    );
    assert!(!refused.text().contains("password123"), "but for passwords");
    let good = [("code", code.as_str()), ("password", "another good one 42"), ("name", "Ada")];
    let entered = browser.post("/account/welcome", &good).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/"));
    let viewer = browser.data(VIEWER).await;
    assert_eq!(viewer["viewer"]["user"], json!({ "email": "ada@example.org", "name": "Ada" }));
    browser.post("/account/forgotten", &[("email", "ada@example.org")]).await;
    let code = letter(&site, "ada@example.org", "reset", 0).await.code();
    let reset = browser.post("/account/new-password", &[("code", &code), ("password", "yet another good one")]).await;
    assert!(reset.text().contains("Your password is the new one"), "{}", reset.text());
    assert_eq!(browser.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED);
    site.end().await;
}

async fn who_runs_the_site_sees_it_as_another_does(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    account(&site, &admin, "second@example.org").await;
    let act = [("email", "ada@example.org"), ("reason", "cannot see the course")];
    let mut nobody = Browser::at(site.address);
    assert!(nobody.get("/account/act-as").await.header("location").starts_with("/login"));
    let mut student = Browser::at(site.address);
    student.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    for answer in [student.get("/account/act-as").await, student.post("/account/act-as", &act).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let mut browser = Browser::at(site.address);
    browser.post("/login", &LOGIN).await;
    let mut own = browser.clone();
    assert!(browser.get("/account/act-as").await.text().contains("It stays in the audit log"));
    let wordless = browser.post("/account/act-as", &[("email", "ada@example.org"), ("reason", " ")]).await;
    assert_eq!(wordless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.post("/account/act-as", &act).await.status, StatusCode::SEE_OTHER);
    let seen = browser.data("{ viewer { impersonator user { email } } }").await;
    assert_eq!(seen["viewer"], json!({ "impersonator": "Robin Admin", "user": { "email": "ada@example.org" } }));
    assert_eq!(own.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED, "the sign-in whose cookie is gone has ended");
    let mut kept = browser.clone();
    browser.post("/logout", &[]).await;
    assert_eq!(kept.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED);
    // Its owner's new password ends what others do in their name, and so does the end of whoever does it.
    let open = |email: &'static str| json!({ "email": email, "reason": "to look" });
    let opened = change(&site, Some(&admin), "impersonate", open("ada@example.org"), "token").await;
    let token = opened["token"].as_str().expect("a token");
    assert_eq!(super::refusal(&site, token).await, None);
    let password = json!({ "password": PASSWORD, "newPassword": "another good one 42" });
    let ada = site.sign_in("ada@example.org").await;
    change(&site, Some(&ada), "changePassword", password, "changed").await;
    assert!(super::refusal(&site, token).await.is_some());
    let opened = change(&site, Some(&admin), "impersonate", open("second@example.org"), "token").await;
    let token = opened["token"].as_str().expect("a token");
    assert_eq!(super::refusal(&site, token).await, None);
    let db = site.app.kernel.deps.db.write_connection();
    let less = "UPDATE \"user\" SET admin = FALSE WHERE email = 'admin@example.org'";
    db.execute_raw(Statement::from_string(db.get_database_backend(), less)).await.expect("it answers");
    // Nothing tells of a change that was made by hand: what is known of a token is looked at anew after a second.
    while super::refusal(&site, token).await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    site.end().await;
}
