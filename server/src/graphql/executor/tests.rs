//! Resolvers that break in every way there is, and what their callers see.

use std::cell::Cell;

use async_graphql::{Context, Object, Request, Result, Schema, Subscription, Value, Variables};
use futures_util::stream::{Stream, StreamExt as _, iter};
use serde_json::json;

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
    /// Must not be null, and fails.
    async fn sure(&self) -> Result<i32> {
        Err(error::bad_input("No."))
    }
    #[graphql(complexity = "looked(number)")]
    async fn weighed(&self, number: i32) -> i32 {
        number
    }
    async fn refuses(&self, _ctx: &Context<'_>, number: i32) -> Result<Option<i32>> {
        Err(error::bad_input(format!("{number} is too much.")))
    }
}

thread_local! {
    /// How often somebody has looked what an operation costs.
    static LOOKED: Cell<usize> = const { Cell::new(0) };
}

fn looked(_: i32) -> usize {
    LOOKED.with(|looked| looked.set(looked.get() + 1));
    1
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
    Executor::new(Gated::new(|| Query, |root| Schema::build(root, Mutation, Following)))
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
            let executor = executor();
            // What has passed goes another way when it comes again.
            for time in ["first", "again"] {
                let answer = executor.execute(query).await;
                assert_eq!(answer.errors.iter().map(code).collect::<Vec<_>>(), [wanted], "{time} {query}: {answer:?}");
                let told = serde_json::to_string(&answer).unwrap();
                for secret in ["SELECT", "/srv", "-->", "FROM"] {
                    assert!(!told.contains(secret), "{time} {query}: {told}");
                }
                assert_eq!(told.contains("requestId"), wanted == "INTERNAL", "{time} {query}: {told}");
            }
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
fn what_comes_again_is_answered_as_before() {
    run(async {
        for (query, variables) in [
            ("{ fine }", json!({})),
            ("{ b: fine a: fine __typename }", json!({})),
            ("{ fine refuses(number: 1) }", json!({})),
            ("{ sure }", json!({})),
            ("query A { fine }", json!({})),
            ("query Q($number: Int!) { refuses(number: $number) fine }", json!({ "number": 3 })),
            ("query Q($number: Int = 4) { refuses(number: $number) fine }", json!({})),
            ("{ ...F } fragment F on Query { fine }", json!({})),
            ("{ fine @skip(if: true) b: fine }", json!({})),
            ("mutation { fine }", json!({})),
            ("{ __schema { queryType { name } } }", json!({})),
        ] {
            let executor = executor();
            let ask = async || {
                let operation = Request::new(query).variables(Variables::from_json(variables.clone()));
                serde_json::to_string(&executor.execute(operation).await).unwrap()
            };
            let (first, again) = (ask().await, ask().await);
            assert_eq!(again, first, "{query}");
        }
    });
}

#[test]
fn only_what_has_passed_is_not_looked_at_again() {
    run(async {
        let executor = executor();
        let ask = async |number: serde_json::Value| {
            let operation = Request::new("query Q($number: Int!) { weighed(number: $number) }");
            let operation = operation.variables(Variables::from_json(json!({ "number": number })));
            let looked = LOOKED.with(Cell::take);
            assert_eq!(looked, 0);
            let answer = executor.execute(operation).await;
            (answer.errors.first().map(code).unwrap_or_default(), LOOKED.with(Cell::take))
        };
        for (number, wanted) in [
            (json!(3), ("", 2)),
            (json!(3), ("", 0)),
            (json!(4), ("", 2)),
            (json!("3"), ("INVALID_DOCUMENT", 0)),
            (json!(null), ("INVALID_DOCUMENT", 0)),
            (json!(3), ("", 0)),
        ] {
            let (code, looked) = ask(number.clone()).await;
            assert_eq!((code.as_str(), looked), wanted, "{number}");
        }
    });
}

#[test]
fn the_operation_that_is_meant_is_noted() {
    let meant = |document: &str, name: Option<&str>| {
        let mut operation = Request::new(document);
        operation.operation_name = name.map(str::to_owned);
        let document = executor().known.document(&mut operation).ok();
        let meant = document.as_ref().and_then(|document| document.meant(name));
        let name = meant.and_then(super::named);
        format!("{} {}", meant.map_or("-", |meant| super::word(meant.kind)), name.as_deref().unwrap_or("-"))
    };
    let two = "query A { fine } mutation B { fine }";
    assert_eq!(meant("{ fine }", None), "query -");
    assert_eq!(meant(two, Some("B")), "mutation B");
    assert_eq!(meant(two, Some("C")), "- -");
    assert_eq!(meant(two, None), "- -");
    assert_eq!(meant("{ hunter2", None), "- -");
    assert_eq!(meant(&format!("query {} {{ fine }}", "a".repeat(65)), None), "query -");
}
