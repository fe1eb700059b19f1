//! Resolvers that break in every way there is, and what their callers see.

use async_graphql::{Context, Object, Request, Result, Schema, Subscription, Value};
use futures_util::stream::{Stream, StreamExt as _, iter};

use super::Executor;
use crate::graphql::error;
use crate::graphql::gate::Gated;

/// What no answer may say.
const SECRET: &str = "SELECT hunter2 FROM /srv/lectern.db";

struct Query;

#[Object]
impl Query {
    async fn fine(&self) -> i32 {
        1
    }
    /// More than is answered at once.
    #[graphql(complexity = 60_000)]
    async fn dear(&self) -> i32 {
        1
    }
    async fn panics(&self) -> Option<usize> {
        Some(SECRET.parse::<usize>().unwrap())
    }
    /// A cause that a resolver lets through.
    async fn leaks(&self) -> Result<Option<i32>> {
        Err(std::io::Error::other(SECRET))?
    }
    async fn breaks(&self) -> Result<Option<i32>> {
        Err(error::internal(SECRET))
    }
    async fn away(&self) -> Result<Option<i32>> {
        let silence = sea_orm::RuntimeErr::Internal(SECRET.to_owned());
        Err(error::database(sea_orm::DbErr::Conn(silence)))
    }
    async fn refuses(&self, _ctx: &Context<'_>, number: i32) -> Result<Option<i32>> {
        Err(error::bad_input(format!("{number} is too much.")))
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn fine(&self) -> i32 {
        1
    }
}

struct Following;

#[Subscription]
impl Following {
    /// Two numbers, and a panic.
    async fn numbers(&self) -> impl Stream<Item = i32> {
        iter([1, 2, 3]).map(|number| if number < 3 { number } else { panic!("{SECRET}") })
    }
}

fn executor() -> Executor<Query, Mutation, Following> {
    Executor::new(Gated::new(|| Schema::build(Query, Mutation, Following)))
}

fn code(error: &async_graphql::ServerError) -> String {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    code.map_or_else(String::new, |code| code.to_string().replace('"', ""))
}

fn run<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

#[test]
fn every_error_has_a_code_and_tells_nothing_of_our_insides() {
    run(async {
        for (query, wanted) in [
            ("{ panics }", "INTERNAL"),
            ("{ leaks }", "INTERNAL"),
            ("{ breaks }", "INTERNAL"),
            ("{ away }", "UNAVAILABLE"),
            ("{ refuses(number: 1) }", "BAD_INPUT"),
            ("{ refuses(number: \"hunter2\") }", "INVALID_DOCUMENT"),
            ("{ nothing }", "INVALID_DOCUMENT"),
            ("{ fine hunter2(", "INVALID_DOCUMENT"),
            ("", "INVALID_DOCUMENT"),
            ("query A { fine } query B { fine }", "INVALID_DOCUMENT"),
            ("{ dear }", "TOO_COMPLEX"),
        ] {
            let answer = executor().execute(query).await;
            assert_eq!(answer.errors.iter().map(code).collect::<Vec<_>>(), [wanted], "{query}: {answer:?}");
            let told = serde_json::to_string(&answer).unwrap();
            for secret in ["SELECT", "/srv", "-->", "FROM"] {
                assert!(!told.contains(secret), "{query}: {told}");
            }
            assert_eq!(told.contains("requestId"), wanted == "INTERNAL", "{query}: {told}");
        }
        let both = executor().execute("{ fine leaks }").await;
        assert!(both.data.to_string().contains("fine: 1"), "the rest is answered: {both:?}");
    });
}

#[test]
fn a_panic_ends_its_subscription_and_nothing_else() {
    run(async {
        let executor = executor();
        let answers: Vec<_> = executor.execute_stream("subscription { numbers }").collect().await;
        assert_eq!(answers.len(), 3);
        assert!(answers[..2].iter().all(|answer| answer.errors.is_empty()), "{answers:?}");
        assert_eq!((code(&answers[2].errors[0]).as_str(), &answers[2].data), ("INTERNAL", &Value::Null));
        assert!(executor.execute("{ fine }").await.is_ok());
    });
}

#[test]
fn the_operation_that_is_meant_is_noted() {
    let meant = |document: &str, name: Option<&str>| {
        let mut operation = Request::new(document);
        operation.operation_name = name.map(str::to_owned);
        let (kind, name) = super::meant(&mut operation);
        format!("{} {}", kind.unwrap_or("-"), name.as_deref().unwrap_or("-"))
    };
    let two = "query A { fine } mutation B { fine }";
    assert_eq!(meant("{ fine }", None), "query -");
    assert_eq!(meant(two, Some("B")), "mutation B");
    assert_eq!(meant(two, Some("C")), "- -");
    assert_eq!(meant(two, None), "- -");
    assert_eq!(meant("{ hunter2", None), "- -");
    assert_eq!(meant(&format!("query {} {{ fine }}", "a".repeat(65)), None), "query -");
}
