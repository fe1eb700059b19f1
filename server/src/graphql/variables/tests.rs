//! Variables of all kinds in all places.

use async_graphql::parser::parse_query;
use async_graphql::{Enum, InputObject, Object, Request, Schema, Variables};
use serde_json::{Value as Json, json};

use crate::graphql::executor::Executor;
use crate::graphql::gate::Gated;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Order {
    Up,
    Down,
}

#[derive(Debug, InputObject)]
struct Filter {
    number: Option<i32>,
    word: String,
    #[graphql(default = 7)]
    limit: i32,
    orders: Option<Vec<Order>>,
}

struct Query;

#[Object]
impl Query {
    async fn int(&self, x: i32) -> i32 {
        x
    }
    async fn maybe(&self, x: Option<i32>) -> Option<i32> {
        x
    }
    async fn ten(&self, #[graphql(default = 10)] x: i32) -> i32 {
        x
    }
    async fn flag(&self, #[graphql(default)] x: bool) -> bool {
        x
    }
    async fn id(&self, x: async_graphql::ID) -> String {
        x.0
    }
    async fn order(&self, x: Option<Order>) -> Option<Order> {
        x
    }
    async fn ints(&self, x: Vec<i32>) -> Vec<i32> {
        x
    }
    async fn filter(&self, x: Option<Filter>) -> String {
        format!("{x:?}")
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn int(&self, x: i32) -> i32 {
        x
    }
}

type Site = Executor<Query, Mutation, async_graphql::EmptySubscription>;

fn site() -> Site {
    Executor::new(Gated::new(|| Query, |root| Schema::build(root, Mutation, async_graphql::EmptySubscription)))
}

/// The data; or the codes and messages of what was refused.
async fn ask(site: &Site, query: &str, variables: &Json) -> Json {
    assert!(parse_query(query).is_ok(), "{query}");
    let answer = site.execute(Request::new(query).variables(Variables::from_json(variables.clone()))).await;
    match answer.errors.first() {
        None => answer.data.into_json().unwrap(),
        Some(error) => {
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).unwrap();
            assert_eq!(code.to_string(), "\"INVALID_DOCUMENT\"", "{query} {answer:?}");
            assert!(answer.data == async_graphql::Value::Null, "{query} {answer:?}");
            json!("refused")
        }
    }
}

#[tokio::test]
async fn a_variable_is_of_its_type_and_used_where_it_fits() {
    let refused = || json!("refused");
    for (query, variables, wanted) in [
        // Values.
        ("query($x: Int!) { int(x: $x) }", json!({ "x": 1 }), json!({ "int": 1 })),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": null }), refused()),
        ("query($x: Int!) { int(x: $x) }", json!({}), refused()),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": "1" }), refused()),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": 2_147_483_648_i64 }), refused()),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": 1.5 }), refused()),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": [1] }), refused()),
        ("query($x: Int! = 4) { int(x: $x) }", json!({}), json!({ "int": 4 })),
        ("query($x: Int! = 4) { int(x: $x) }", json!({ "x": null }), refused()),
        ("query($x: ID!) { id(x: $x) }", json!({ "x": "a" }), json!({ "id": "a" })),
        ("query($x: ID!) { id(x: $x) }", json!({ "x": 1 }), json!({ "id": "1" })),
        ("query($x: ID!) { id(x: $x) }", json!({ "x": true }), refused()),
        ("query($x: Order) { order(x: $x) }", json!({ "x": "UP" }), json!({ "order": "UP" })),
        ("query($x: Order) { order(x: $x) }", json!({ "x": "rubbish" }), refused()),
        ("query($x: Order) { order(x: $x) }", json!({ "x": null }), json!({ "order": null })),
        ("query($x: [Int!]!) { ints(x: $x) }", json!({ "x": [1, 2] }), json!({ "ints": [1, 2] })),
        ("query($x: [Int!]!) { ints(x: $x) }", json!({ "x": 1 }), json!({ "ints": [1] })),
        ("query($x: [Int!]!) { ints(x: $x) }", json!({ "x": [1, null] }), refused()),
        ("query($x: [Int!]!) { ints(x: $x) }", json!({ "x": [1, "2"] }), refused()),
        ("query($x: Filter) { filter(x: $x) }", json!({ "x": { "word": "a", "orders": ["UP", "odd"] } }), refused()),
        ("query($x: Filter) { filter(x: $x) }", json!({ "x": { "number": 1 } }), refused()),
        ("query($x: Filter) { filter(x: $x) }", json!({ "x": { "word": "a", "more": 1 } }), refused()),
        ("query($x: Filter) { filter(x: $x) }", json!({ "x": "a" }), refused()),
        // Places.
        ("query($x: String) { order(x: $x) }", json!({ "x": "UP" }), refused()),
        ("query($x: ID) { order(x: $x) }", json!({ "x": "UP" }), refused()),
        ("query($x: String!) { id(x: $x) }", json!({ "x": "a" }), refused()),
        ("query($x: Float!) { int(x: $x) }", json!({ "x": 1 }), refused()),
        ("query($x: Int) { int(x: $x) }", json!({ "x": 1 }), refused()),
        ("query($x: Int = 3) { int(x: $x) }", json!({}), json!({ "int": 3 })),
        ("query($x: Int) { ten(x: $x) }", json!({ "x": 1 }), json!({ "ten": 1 })),
        ("query($x: Int!) { ints(x: $x) }", json!({ "x": 1 }), refused()),
        ("query($x: Int!) { ints(x: [$x, 2]) }", json!({ "x": 1 }), json!({ "ints": [1, 2] })),
        ("query($x: Int) { ints(x: [$x, 2]) }", json!({ "x": 1 }), refused()),
        ("query($x: String) { filter(x: { word: $x }) }", json!({ "x": "a" }), refused()),
        ("query($x: Boolean) { int(x: 1) @skip(if: $x) }", json!({ "x": false }), refused()),
        ("query($x: String!) { ...F } fragment F on Query { order(x: $x) }", json!({ "x": "UP" }), refused()),
        ("mutation($x: Int) { int(x: $x) }", json!({ "x": 1 }), refused()),
        // What is not given was not written.
        ("query($x: Int) { maybe(x: $x) }", json!({}), json!({ "maybe": null })),
        ("query($x: Int) { ten(x: $x) }", json!({}), json!({ "ten": 10 })),
        ("query($x: Boolean) { flag(x: $x) }", json!({}), json!({ "flag": false })),
        (
            "query($x: Int, $w: String!) { filter(x: { word: $w, limit: $x, number: $x }) }",
            json!({ "w": "a" }),
            json!({ "filter": "Some(Filter { number: None, word: \"a\", limit: 7, orders: None })" }),
        ),
    ] {
        let site = site();
        for time in ["first", "again"] {
            assert_eq!(ask(&site, query, &variables).await, wanted, "{time} {query} {variables}");
        }
    }
}

#[tokio::test]
async fn what_passes_once_is_no_pass_for_what_is_wrong() {
    let site = site();
    for (query, right, wrong) in [
        ("query($x: Order) { order(x: $x) }", json!({ "x": "UP" }), json!({ "x": "odd" })),
        ("query($x: String!) { filter(x: { word: $x }) }", json!({ "x": "a" }), json!({ "x": null })),
        ("query($x: Int!) { int(x: $x) }", json!({ "x": 1 }), json!({ "x": "1" })),
        ("query($x: Int) { maybe(x: $x) }", json!({}), json!({ "x": true })),
    ] {
        for _ in 0..2 {
            assert_ne!(ask(&site, query, &right).await, json!("refused"), "{query}");
            assert_eq!(ask(&site, query, &wrong).await, json!("refused"), "{query}");
        }
    }
}
