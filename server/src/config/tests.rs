//! Settings as they are written down, and what is told about them.

use super::{Config, Introspection, Mode, Path, Secret};

fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_sources(Path::new("/nonexistent/lectern.toml"), variables, Vec::new()).map_err(|mistakes| mistakes.0)
}

fn mistakes_of_file(text: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lectern.toml");
    std::fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_sources(&file, variables, Vec::new()).unwrap_err().to_string()
}

#[test]
fn a_value_of_the_wrong_kind_hides_no_other_mistake() {
    let file = "slots = \"many\"\nsecret_key = 12345678\nlistn = \"x\"\nmode = \"prod\"\n";
    let told = mistakes_of_file(file, &[("LECTERN_LEASE_SECONDS", "ten"), ("LECTERN_LISTEN", "8000")]);
    for words in [
        "slots in ",
        "lectern.toml must be a whole number",
        "lectern.toml must be a text in quotes",
        "lectern.toml is not a setting; did you mean listen?",
        "LECTERN_MODE is `prod`",
        "LECTERN_LEASE_SECONDS is `ten`; it must be a whole number",
        "LECTERN_LISTEN is `8000`",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("12345678"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_shows_no_secret() {
    let told = mistakes_of_file("slots = 3\nsecret_key = \"0123456789abc\nmode = 'x'", &[("LECTERN_SLOTS", "x")]);
    assert!(told.contains("lectern.toml cannot be read") && told.contains("line 2"), "{told}");
    assert!(told.contains("LECTERN_SLOTS is `x`") && !told.contains("0123456789"), "{told}");
}

#[test]
fn the_default_is_embedded() {
    let config = read(&[("HOME", "/root"), ("LECTERN_MODE", "development"), ("LECTERN_SLOTS", "3")]).unwrap();
    assert!(config.is_embedded());
    assert_eq!(config.database_url.reveal(), "sqlite:lectern-data/lectern.db");
    assert_eq!((config.mode, config.slots), (Mode::Development, 3));
    assert_eq!(config.public_url, "http://127.0.0.1:8000");
    assert_eq!(config.limits.introspection, Introspection::Everybody);
    let settings = [("LECTERN_BUDGET_PER_SESSION", "0"), ("LECTERN_INTROSPECTION", "signed-in")];
    let limits = read(&settings).unwrap().limits;
    assert_eq!((limits.introspection, limits.rates.session), (Introspection::SignedIn, None));
    assert!(limits.rates.user.is_some());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mistakes = read(&[
        ("LECTERN_LISTEN", "8000"),
        ("LECTERN_MODE", "prod"),
        ("LECTERN_LISTNE", "x"),
        ("LECTERN_REDIS_URL", "http://user:hush@h"),
        ("LECTERN_SECRET_KEY_FILE", "/nonexistent/key"),
        ("LECTERN_DATABASE_URL", "postgres://h/d"),
        ("LECTERN_QUERY_SECONDS", "0"),
        ("LECTERN_INTROSPECTION", "yes"),
        ("LECTERN_BUDGET_PER_USER", "a lot"),
        ("LECTERN_TASK_QUEUE", "tokens"),
        ("LECTERN_TASK_QUEUE_TOKENS", "hunter2"),
        ("LECTERN_TASK_QUEUE_HOSTS", "queue,http://queue"),
        ("SENTRY_DNS", "https://hunter2@sentry.example.org"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("LECTERN_GRAPHQL_DOCUMENTS", "/nonexistent/documents.json"),
        ("LECTERN_GRAPHQL_POLICY", "all"),
        ("LECTERN_SECRET_KEY_PREVIOUS", "hunter2"),
        ("LECTERN_OIDC_ISSUER", "http://login.example.org"),
        ("LECTERN_OIDC_CLIENT_ID", "lectern"),
        ("LECTERN_OIDC_ACCOUNTS", "all"),
    ])
    .unwrap_err()
    .join("\n");
    assert!(!mistakes.contains("hush"), "{mistakes}");
    for word in [
        "redis+unix:///path/to/socket",
        "127.0.0.1:8000",
        "development or production",
        "did you mean LECTERN_LISTEN?",
        "/nonexistent/key",
        "LECTERN_SECRET_KEY is missing",
        "LECTERN_TASK_QUEUE_TOKENS: token 1 has fewer than 16 characters",
        "LECTERN_TASK_QUEUE_HOSTS names `http://queue`",
        "LECTERN_QUERY_SECONDS is 0; it must be between 1 and 600",
        "everybody, signed-in or nobody",
        "LECTERN_BUDGET_PER_USER is `a lot`; it must be a whole number",
        "SENTRY_DSN is not an address of Sentry",
        "OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector",
        "OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`",
        "LECTERN_GRAPHQL_DOCUMENTS: /nonexistent/documents.json cannot be read",
        "LECTERN_GRAPHQL_POLICY is `all`; it must be any or trusted",
        "LECTERN_SECRET_KEY_PREVIOUS is too short",
        "LECTERN_OIDC_ISSUER is `http://login.example.org`; it must look like https://login.example.org",
        "LECTERN_OIDC_ACCOUNTS is `all`; it must be existing or new",
    ] {
        assert!(mistakes.contains(word), "{word}: {mistakes}");
    }
    assert!(!mistakes.contains("hunter2"), "{mistakes}");
}

#[test]
fn secrets_are_not_printed() {
    let config = read(&[
        ("LECTERN_SECRET_KEY", "0123456789abcdef0123456789abcdef"),
        ("LECTERN_SMTP_URL", "smtp://u:pw@h"),
        ("LECTERN_TASK_QUEUE", "tokens"),
        ("LECTERN_TASK_QUEUE_TOKENS", "0123456789abcdef0"),
        ("LECTERN_REDIS_URL", "rediss://u:pw@h:6380/1"),
        ("LECTERN_OIDC_ISSUER", "https://login.example.org"),
        ("LECTERN_OIDC_CLIENT_ID", "lectern"),
        ("LECTERN_OIDC_CLIENT_SECRET", "pw"),
        ("SENTRY_DSN", "https://pw@h/1"),
        ("SENTRY_DNS", "https://other@h/2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318"),
    ])
    .unwrap();
    assert_eq!(config.sentry_dsn.as_ref().map(Secret::reveal), Some("https://pw@h/1"), "the right name wins");
    let printed = format!("{config:?}");
    assert!(!printed.contains("0123456789") && !printed.contains("pw"), "{printed}");
}
