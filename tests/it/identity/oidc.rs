//! Signing in at a provider: a real one, and one that lies.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use server::config::Oidc;
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client::Answer;
use tests::mailbox;
use tests::oidc::{Makeup, Provider};
use tests::site::{LIMITS, PASSWORD, Plan, Site};
use tests::stories;

use super::{VIEWER, account, change, problem};

stories![
    who_is_invited_comes_in_by_the_provider,
    strangers_show_a_password_once,
    accounts_are_made_where_the_site_says_so,
    a_closed_account_stays_closed_and_a_new_password_ends_connections,
    an_answer_counts_in_the_browser_that_has_asked_and_once,
    what_a_provider_says_is_verified,
    a_provider_may_be_away_and_change_its_keys,
    nobody_has_the_provider_asked_without_end
];

/// A site that believes a provider, but for what is changed in its settings.
async fn site_with(backend: Backend, provider: &Provider, settings: impl FnOnce(&mut Oidc)) -> Site {
    let mut oidc = provider.settings();
    settings(&mut oidc);
    Site::new(backend, Plan { oidc: Some(oidc), ..Plan::default() }).await
}

/// Begins to sign in; where the site sends.
async fn begin(browser: &mut Browser) -> String {
    let sent = browser.get("/login/oidc?next=%2F%23%2Fcourse%2Fx").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    sent.header("location").to_owned()
}

/// Signs in at the provider as that subject; what the site answers.
async fn arrive(browser: &mut Browser, provider: &Provider, subject: &str) -> Answer {
    let place = provider.sign_in(&begin(browser).await, subject).await;
    browser.get(&place).await
}

/// Whose browser it is.
async fn email(browser: &mut Browser) -> Value {
    browser.data(VIEWER).await["viewer"]["user"]["email"].take()
}

/// The page that asks for a password: what it carries.
fn stranger(page: &Answer) -> String {
    let text = page.text();
    assert!(page.status == StatusCode::OK && text.contains("Connect your account"), "{text}");
    let (_, rest) = text.split_once("name=\"stranger\" value=\"").expect("a field");
    rest.split('"').next().expect("its value").to_owned()
}

async fn who_is_invited_comes_in_by_the_provider(backend: Backend) {
    let people = json!({ "s1": { "email": "Ada@Example.org", "email_verified": true, "name": "Ada Lovelace" } });
    let provider = Provider::start(Makeup::of(people)).await;
    let site = site_with(backend, &provider, |_| {}).await;
    let admin = site.sign_in("admin@example.org").await;
    let invited = json!({ "email": "ada@example.org", "name": "A. L." });
    change(&site, Some(&admin), "inviteUser", invited, "user { id }").await;
    let code = mailbox::letter(&site, "ada@example.org", "invite", 0).await.code();
    let mut browser = Browser::at(site.address);
    let login = browser.get("/login?next=%2F%23%2Fcourse%2Fx").await.text().replace("&#x2f;", "/");
    assert!(login.contains("href=\"/login/oidc?next=%2F%23%2Fcourse%2Fx\">Sign in with the school</a>"), "{login}");
    let entered = arrive(&mut browser, &provider, "s1").await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/#/course/x"));
    assert!(browser.others.is_empty(), "the browser forgets its journey");
    assert_eq!(email(&mut browser).await, "ada@example.org");
    // The invitation is used up by that, and there is no letter about a way in that is the first.
    let input = json!({ "code": code, "password": "a password of hers" });
    assert_eq!(problem(&change(&site, None, "acceptInvitation", input, "user { id }").await), "NOT_GOOD");
    assert_eq!(mailbox::count(&site, "ada@example.org").await, 1);
    let query = "{ viewer { user { name externalIdentities { nodes { id issuer subject user { email } } } } } }";
    let user = browser.data(query).await["viewer"]["user"].take();
    let identity = &user["externalIdentities"]["nodes"][0];
    let issuer = format!("http://{}", provider.address);
    assert_eq!((&user["name"], &identity["issuer"]), (&json!("Ada Lovelace"), &json!(issuer)));
    assert_eq!((&identity["subject"], &identity["user"]["email"]), (&json!("s1"), &json!("ada@example.org")));
    // Who somebody is there is for them and who runs the site.
    account(&site, &admin, "grace@example.org").await;
    let grace = site.sign_in("grace@example.org").await;
    let input = json!({ "identity": identity["id"] });
    let refused = change(&site, Some(&grace), "disconnectIdentity", input.clone(), "disconnected").await;
    assert_eq!(problem(&refused), "NOT_FOUND");
    let node = json!({ "id": identity["id"] });
    let seen = site.ask(&grace, "query($id: ID!) { node(id: $id) { id } }", node).await;
    assert_eq!(seen["node"], Value::Null);
    // The next time the connection counts, whatever address the provider says.
    let mut phone = Browser::at(site.address);
    arrive(&mut phone, &provider, "s1").await;
    assert_ne!(phone.cookie, browser.cookie);
    assert_eq!(email(&mut phone).await, "ada@example.org");
    let ended = browser
        .data(&format!(
            "mutation {{ disconnectIdentity(input: {{ identity: {} }}) {{ disconnected }} }}",
            identity["id"]
        ))
        .await;
    assert_eq!(ended["disconnectIdentity"]["disconnected"], true);
    // Whoever was shut out shows the password before they are let in again.
    stranger(&arrive(&mut phone, &provider, "s1").await);
    let query = "{ auditLog(filter: { action: \"identity.\" }) { nodes { action user { email } } } }";
    let noted = site.post(Some(&admin), query, json!({})).await;
    let noted = noted["data"]["auditLog"]["nodes"].as_array().cloned().unwrap_or_default();
    let actions: Vec<_> = noted.iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(actions, ["identity.disconnected", "identity.connected"], "{noted:?}");
    site.end().await;
}

async fn strangers_show_a_password_once(backend: Backend) {
    let people = json!({
        "unverified": { "email": "ada@example.org", "email_verified": false },
        "unsaid": { "email": "grace@example.org" },
        "root": { "email": "admin@example.org", "email_verified": true },
        "before": { "email": "lin@example.org", "email_verified": true },
        "after": { "email": "lin@example.org", "email_verified": true },
    });
    let makeup = Makeup { alg: "ES256", method: "client_secret_post", in_token: true, ..Makeup::of(people) };
    let provider = Provider::start(makeup).await;
    let site = site_with(backend, &provider, |_| {}).await;
    let admin = site.sign_in("admin@example.org").await;
    for email in ["ada@example.org", "grace@example.org", "lin@example.org"] {
        account(&site, &admin, email).await;
    }
    let mut browser = Browser::at(site.address);
    // An address that nobody has verified is nobody's, and one that who runs the site has opens more than an address may.
    for subject in ["unsaid", "root"] {
        stranger(&arrive(&mut browser, &provider, subject).await);
        assert_eq!(browser.cookie, None);
    }
    let sealed = stranger(&arrive(&mut browser, &provider, "unverified").await);
    let show = |password| [("email", "ada@example.org"), ("password", password), ("stranger", sealed.as_str())];
    let wrong = browser.post("/login/oidc/connect", &show("not the password")).await;
    assert_eq!((wrong.status, browser.cookie.clone()), (StatusCode::UNPROCESSABLE_ENTITY, None));
    assert_eq!(stranger(&Answer { status: StatusCode::OK, ..wrong }), sealed);
    let cross = browser.post_from("http://evil.example", "/login/oidc/connect", &show(PASSWORD)).await;
    assert_eq!((cross.status, browser.cookie.clone()), (StatusCode::FORBIDDEN, None));
    let mut forged = show(PASSWORD);
    let other = sealed.replace('a', "b");
    forged[2].1 = &other;
    assert_eq!(browser.post("/login/oidc/connect", &forged).await.status, StatusCode::BAD_REQUEST);
    let entered = browser.post("/login/oidc/connect", &show(PASSWORD)).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/#/course/x"));
    assert_eq!(email(&mut browser).await, "ada@example.org");
    let told = mailbox::letter(&site, "ada@example.org", "identity_connected", 0).await;
    assert!(told.text.contains(&format!("by signing in with {}", provider.address)), "{}", told.text);
    let mut phone = Browser::at(site.address);
    assert_eq!(arrive(&mut phone, &provider, "unverified").await.status, StatusCode::SEE_OTHER);
    assert_eq!(email(&mut phone).await, "ada@example.org");
    // It belongs to one account, whoever's password is shown next.
    let grace = [("email", "grace@example.org"), ("password", PASSWORD), ("stranger", &sealed)];
    let taken = browser.post("/login/oidc/connect", &grace).await;
    assert!(taken.text().contains("connected with another account"), "{}", taken.text());
    // A verified address is enough once; whoever is given the address later is somebody else.
    assert_eq!(arrive(&mut Browser::at(site.address), &provider, "before").await.status, StatusCode::SEE_OTHER);
    mailbox::letter(&site, "lin@example.org", "identity_connected", 0).await;
    stranger(&arrive(&mut Browser::at(site.address), &provider, "after").await);
    site.end().await;
}

async fn accounts_are_made_where_the_site_says_so(backend: Backend) {
    let people = json!({
        "s1": { "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace" },
        "s2": { "email": "grace@example.org", "name": "Grace\nBcc: x" },
        "s3": { "email": "not an address", "email_verified": true },
    });
    let provider = Provider::start(Makeup::of(people)).await;
    let site = site_with(backend, &provider, |_| {}).await;
    let page = arrive(&mut Browser::at(site.address), &provider, "s1").await;
    stranger(&page);
    assert!(page.text().contains("There is no account with that address here."), "{}", page.text());
    let base = site.end().await;
    let mut oidc = provider.settings();
    (oidc.makes_accounts, oidc.believes_addresses) = (true, true);
    let site = Site::on(base, Plan { oidc: Some(oidc), ..Plan::default() }).await;
    let mut browsers = [Browser::at(site.address), Browser::at(site.address)];
    let mut places = Vec::new();
    for browser in &mut browsers {
        places.push(provider.sign_in(&begin(browser).await, "s1").await);
    }
    // At once, twice: one account.
    let [one, other] = &mut browsers;
    let (first, second) = tokio::join!(one.get(&places[0]), other.get(&places[1]));
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "{}", second.text());
    assert_eq!((email(one).await, email(other).await), (json!("ada@example.org"), json!("ada@example.org")));
    // What is no name is none.
    let mut browser = Browser::at(site.address);
    arrive(&mut browser, &provider, "s2").await;
    let user = json!({ "email": "grace@example.org", "name": "grace" });
    assert_eq!(browser.data(VIEWER).await["viewer"]["user"], user);
    stranger(&arrive(&mut Browser::at(site.address), &provider, "s3").await);
    site.end().await;
}

async fn a_closed_account_stays_closed_and_a_new_password_ends_connections(backend: Backend) {
    let people = json!({ "s1": { "email": "ada@example.org", "email_verified": true } });
    let provider = Provider::start(Makeup::of(people)).await;
    let site = site_with(backend, &provider, |_| {}).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let close = async |disabled: bool| {
        let input = json!({ "email": "ada@example.org", "disabled": disabled });
        change(&site, Some(&admin), "disableUser", input, "user { id }").await;
    };
    // Before it is connected, and after.
    for _ in 0..2 {
        close(true).await;
        let mut browser = Browser::at(site.address);
        let refused = arrive(&mut browser, &provider, "s1").await;
        assert_eq!((refused.status, browser.cookie.clone()), (StatusCode::FORBIDDEN, None), "{}", refused.text());
        close(false).await;
        assert_eq!(arrive(&mut browser, &provider, "s1").await.status, StatusCode::SEE_OTHER);
    }
    change(&site, None, "requestPassword", json!({ "email": "ada@example.org" }), "taken").await;
    let code = mailbox::letter(&site, "ada@example.org", "reset", 0).await.code();
    let input = json!({ "code": code, "password": "a password that is hers" });
    change(&site, None, "resetPassword", input, "changed").await;
    let mut browser = Browser::at(site.address);
    let connect = async |browser: &mut Browser| {
        let sealed = stranger(&arrive(browser, &provider, "s1").await);
        let shown = [("email", "ada@example.org"), ("password", "a password that is hers"), ("stranger", &*sealed)];
        assert_eq!(browser.post("/login/oidc/connect", &shown).await.status, StatusCode::SEE_OTHER);
    };
    connect(&mut browser).await;
    assert_eq!(arrive(&mut browser, &provider, "s1").await.status, StatusCode::SEE_OTHER);
    // Who is made one who runs the site signs in with the password, also where the provider was enough until then.
    let promote = json!({ "email": "ada@example.org", "admin": true });
    assert_eq!(change(&site, Some(&admin), "setAdmin", promote, "user { id }").await["problems"], json!([]));
    assert_eq!(browser.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED);
    connect(&mut browser).await;
    // Another password by oneself ends it too.
    let input = "{ password: \"a password that is hers\", newPassword: \"one more, as good\" }";
    browser.data(&format!("mutation {{ changePassword(input: {input}) {{ changed }} }}")).await;
    stranger(&arrive(&mut Browser::at(site.address), &provider, "s1").await);
    let seen = browser.data("{ viewer { user { externalIdentities { nodes { endedAt } } } } }").await;
    assert!(seen["viewer"]["user"]["externalIdentities"]["nodes"][0]["endedAt"].is_string(), "{seen}");
    site.end().await;
}

async fn an_answer_counts_in_the_browser_that_has_asked_and_once(backend: Backend) {
    let people = json!({ "s1": { "email": "ada@example.org", "email_verified": true } });
    let provider = Provider::start(Makeup::of(people)).await;
    let site = site_with(backend, &provider, |oidc| oidc.makes_accounts = true).await;
    let mut browser = Browser::at(site.address);
    // Another site's page begins nothing: its reader says first that they want to.
    let elsewhere = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let led = browser.send(Method::GET, "/login/oidc?next=%2Fx", &elsewhere, String::new()).await;
    assert_eq!((led.header("location"), browser.others.len()), ("/login?next=%2Fx", 0));
    // Nothing is kept but in the cookie, and what is in it cannot be read.
    let sent = browser.get("/login/oidc?next=https://evil.example").await;
    let set = sent.header("set-cookie");
    assert!(set.starts_with("lectern-oidc=") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    let place = provider.sign_in(sent.header("location"), "s1").await;
    let kept = browser.others["lectern-oidc"].clone();
    // Another browser, one that has begun another sign-in, and one that has another's cookie.
    let mut other = Browser::at(site.address);
    assert_eq!(other.get(&place).await.status, StatusCode::BAD_REQUEST);
    begin(&mut other).await;
    assert_eq!(other.get(&place).await.status, StatusCode::BAD_REQUEST);
    let mixed = format!("{place}&iss=http%3A%2F%2Fevil.example");
    let mixed = if place.contains("&iss=") { place.replace("iss=http", "iss=https") } else { mixed };
    let mut copied = Browser::at(site.address);
    copied.others.insert("lectern-oidc".to_owned(), kept.clone());
    let page = copied.get(&mixed).await;
    assert!(page.status == StatusCode::BAD_REQUEST && page.text().contains("another provider"), "{}", page.text());
    let entered = browser.get(&place).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", entered.text());
    // Whoever has copied all of it comes too late.
    copied.others.insert("lectern-oidc".to_owned(), kept);
    let late = copied.get(&place).await;
    assert!(late.text().contains("does not take the code"), "{}", late.text());
    assert_eq!((late.status, copied.cookie.clone()), (StatusCode::BAD_REQUEST, None));
    // Who turns back is told so; what the address says is not shown.
    let back = provider.turn_back(&begin(&mut other).await).await;
    let page = other.get(&format!("{back}&error_description=Call+this+number")).await;
    assert_eq!((page.status, other.cookie.clone()), (StatusCode::FORBIDDEN, None));
    assert!(page.text().contains("You did not sign in at the school.") && !page.text().contains("number"));
    // Whoever was signed in in this browser is not any more.
    let mut before = browser.clone();
    arrive(&mut browser, &provider, "s1").await;
    assert_eq!(before.ask(VIEWER).await.status, StatusCode::UNAUTHORIZED);
    site.end().await;
}

async fn what_a_provider_says_is_verified(backend: Backend) {
    let mut liar = Provider::liar().await;
    let site = site_with(backend, &liar, |oidc| oidc.makes_accounts = true).await;
    for (lie, status) in [
        ("alg none", StatusCode::BAD_GATEWAY),
        ("shared secret", StatusCode::BAD_GATEWAY),
        ("confusion", StatusCode::BAD_GATEWAY),
        ("other key", StatusCode::BAD_GATEWAY),
        ("unknown key", StatusCode::BAD_GATEWAY),
        ("issuer", StatusCode::BAD_GATEWAY),
        ("audience", StatusCode::BAD_GATEWAY),
        ("audiences", StatusCode::BAD_GATEWAY),
        ("nonce", StatusCode::BAD_GATEWAY),
        ("no nonce", StatusCode::BAD_GATEWAY),
        ("expired", StatusCode::BAD_GATEWAY),
        ("no token", StatusCode::BAD_GATEWAY),
        // Where it is asked about somebody it speaks of somebody else.
        ("no address", StatusCode::SERVICE_UNAVAILABLE),
        ("flood", StatusCode::SERVICE_UNAVAILABLE),
        ("hang up", StatusCode::SERVICE_UNAVAILABLE),
        // And the truth, also as a text.
        ("none", StatusCode::SEE_OTHER),
        ("text", StatusCode::SEE_OTHER),
    ] {
        liar.tell(json!({ "lie": lie })).await;
        let mut browser = Browser::at(site.address);
        let place = liar.answer(&begin(&mut browser).await).await;
        let page = browser.get(&place).await;
        let came_in = status == StatusCode::SEE_OTHER;
        assert_eq!((page.status, browser.cookie.is_some()), (status, came_in), "{lie}: {}", page.text());
    }
    let base = site.end().await;
    liar.tell(json!({ "lie": "other issuer" })).await;
    let site = Site::on(base, Plan { oidc: Some(liar.settings()), ..Plan::default() }).await;
    let refused = Browser::at(site.address).get("/login/oidc").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "it is not who it should be");
    site.end().await;
}

async fn a_provider_may_be_away_and_change_its_keys(backend: Backend) {
    let people = json!({ "s1": { "email": "ada@example.org", "email_verified": true } });
    let mut provider = Provider::start(Makeup::of(people)).await;
    let nobody = tests::client::free_address();
    let site = site_with(backend, &provider, |oidc| oidc.issuer = format!("http://{nobody}")).await;
    let away = Browser::at(site.address).get("/login/oidc").await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(away.text().contains("sign in with your password here"), "{}", away.text());
    site.sign_in("admin@example.org").await;
    let base = site.end().await;
    let mut oidc = provider.settings();
    oidc.makes_accounts = true;
    let site = Site::on(base, Plan { oidc: Some(oidc), ..Plan::default() }).await;
    let mut browser = Browser::at(site.address);
    assert_eq!(arrive(&mut browser, &provider, "s1").await.status, StatusCode::SEE_OTHER);
    provider.tell(json!({ "rotate": true })).await;
    assert_eq!(arrive(&mut browser, &provider, "s1").await.status, StatusCode::SEE_OTHER, "the keys are read anew");
    assert_eq!(email(&mut browser).await, "ada@example.org");
    site.end().await;
}

async fn nobody_has_the_provider_asked_without_end(backend: Backend) {
    let people = json!({ "s1": { "email": "ada@example.org", "email_verified": true } });
    let provider = Provider::start(Makeup::of(people)).await;
    let mut limits = LIMITS;
    limits.rates.address = Some(15_000);
    let plan = Plan { oidc: Some(provider.settings()), limits, ..Plan::default() };
    let site = Site::new(backend, plan).await;
    let mut browser = Browser::at(site.address);
    let place = provider.sign_in(&begin(&mut browser).await, "s1").await;
    let mut copied = browser.clone();
    stranger(&browser.get(&place).await);
    // As long as there is anything left the provider is asked, and says that its code was used.
    assert_eq!(copied.clone().get(&place).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(copied.get(&place).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(browser.get("/login/oidc").await.status, StatusCode::TOO_MANY_REQUESTS);
    site.end().await;
}
