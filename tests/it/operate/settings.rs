//! What is wrong with the settings is told at once, all of it, and without secrets.

use std::process::{Output, Stdio};

use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::redis::Redis;
use tests::smtp::MailServer;
use tests::tools::launcher;
use tests::{postgres, stories};
use tokio::process::Command;

stories!(what_can_be_reached_is_said);

async fn lectern(settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(launcher());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(folder.path()).kill_on_drop(true).args(arguments);
    command.env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters").env("LECTERN_LOG", "trace");
    command.envs(settings.iter().copied()).stdin(Stdio::null());
    command.output().await.expect("the program starts")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part).into_owned()).concat()
}

async fn what_can_be_reached_is_said(backend: Backend) {
    let base = Base::new(backend).await;
    let (redis, mail) = (Redis::start(), MailServer::start().await);
    let (redis_url, data) = (redis.url(), base.data().to_str().expect("letters"));
    let settings = [
        ("LECTERN_DATABASE_URL", base.url.as_str()),
        ("LECTERN_DATA_DIR", data),
        ("LECTERN_REDIS_URL", &redis_url),
        ("LECTERN_SMTP_URL", &mail.url),
    ];
    let output = lectern(&settings, &["config", "check"]).await;
    let said = said(&output);
    let of_redis = if backend == Backend::Sqlite { "Redis: has no use" } else { "Redis: answers" };
    for line in ["database: answers, and has this version's shape", of_redis, "mail: the server greets"] {
        assert!(said.contains(&format!("ok       {line}")), "{line}: {said}");
    }
    assert!(output.status.success(), "{said}");
}

#[test]
fn doctor_tells_what_is_weak() {
    tell(Backend::Sqlite, |_| async {
        let settings = [("LECTERN_LISTEN", "0.0.0.0:8000"), ("LECTERN_PUBLIC_URL", "http://lectern.example")];
        let output = lectern(&settings, &["doctor"]).await;
        let said = said(&output);
        for setting in ["LECTERN_PUBLIC_URL is not https", "LECTERN_SMTP_URL is not set"] {
            assert!(said.contains(&format!("WEAK     {setting}")), "{setting}: {said}");
        }
        let output = lectern(&settings, &["doctor", "--json"]).await;
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
        assert_eq!(told["weak"].as_array().map(Vec::len), Some(2), "{told}");
    });
}

const WRONG: [(&str, &str); 5] = [
    ("LECTERN_OIDC_ISSUER", "http://127.0.0.1:1"),
    ("LECTERN_OIDC_CLIENT_ID", "lectern"),
    ("LECTERN_DATABASE_URL", "postgres://lectern:hunter2@127.0.0.1:1/lectern"),
    ("LECTERN_REDIS_URL", "redis://:hunter2@127.0.0.1:1"),
    ("LECTERN_SMTP_URL", "smtp://ada%40example.net:hunter2@127.0.0.1:1"),
];

#[test]
fn all_that_cannot_be_reached_is_told_at_once_without_secrets() {
    tell(Backend::Sqlite, |_| async {
        let output = lectern(&WRONG, &["config", "check"]).await;
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for (what, setting) in [
            ("database", "DATABASE_URL"),
            ("Redis", "REDIS_URL"),
            ("mail", "SMTP_URL"),
            ("provider of sign-ins", "OIDC_ISSUER"),
        ] {
            let line = text.lines().find(|line| line.starts_with(&format!("TROUBLE  {what}: ")));
            assert!(line.is_some_and(|line| line.contains(&format!("check LECTERN_{setting}"))), "{text}");
        }
        assert!(!text.contains("hunter2") && !text.contains("example.net"), "{text}");
        let offline = lectern(&WRONG, &["config", "check", "--offline"]).await;
        assert!(offline.status.success() && !said(&offline).contains("TROUBLE"), "{offline:?}");
    });
}

#[test]
fn a_database_without_tables_is_told_of() {
    tell(Backend::Postgres, |_| async {
        let url = postgres::empty().await;
        let output = lectern(&[("LECTERN_DATABASE_URL", &url)], &["config", "check"]).await;
        let text = said(&output);
        assert!(text.contains("TROUBLE  database: answers, and has no tables yet; run `lectern migrate`"), "{text}");
        assert_eq!(output.status.code(), Some(1), "{text}");
    });
}

#[test]
fn a_url_that_is_none_is_told_without_its_secret() {
    tell(Backend::Sqlite, |_| async {
        for (setting, wrong) in [
            ("LECTERN_DATABASE_URL", "postgres://lectern:hun/ter2@h"),
            ("LECTERN_DATABASE_URL", "mysql://lectern:hun/ter2@h"),
            ("LECTERN_REDIS_URL", "redis:/:hun/ter2@h"),
            ("LECTERN_SMTP_URL", "smtp//ada:hun/ter2@h"),
            ("LECTERN_SMTP_URL", "smtp://ada:hun/ter2@h"),
        ] {
            for command in [&["config", "check"][..], &["serve"]] {
                let output = lectern(&[(setting, wrong)], command).await;
                let text = said(&output);
                assert!(!output.status.success() && text.contains(setting), "{wrong}: {text}");
                assert!(!text.contains("ter2"), "{text}");
            }
        }
    });
}

#[test]
fn where_there_is_no_site_none_is_made_by_looking() {
    tell(Backend::Sqlite, |_| async {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("nothing");
        let output = lectern(&[("LECTERN_DATA_DIR", data.to_str().expect("letters"))], &["jobs", "list"]).await;
        assert!(said(&output).contains("there is no site in") && !data.exists(), "{output:?}");
        assert_eq!(output.status.code(), Some(1));
    });
}
