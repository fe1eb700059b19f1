//! What answers look like that the library left unfinished.

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::{Name, PathSegment, Response, ServerError, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Shape, Types};

const SDL: &str = "
    type Query { pet: Pet, sure: Dog!, pets: [Pet!]!, maybe: [Dog], rows: [[Int!]] }
    interface Pet { name: String!, age: Int }
    type Dog implements Pet { name: String!, age: Int, friend: Pet, owner: Person! }
    type Person { name: String!, dogs: [Dog!]! }
";

fn shape(query: &str) -> Shape {
    let document = parse_query(query).unwrap();
    Shape::of(&Types::of(SDL), &document, &document.operations.iter().next().unwrap().1.node)
}

fn completed(query: &str, data: Json, failed: &[Json]) -> Json {
    let mut answer = Response::new(Value::from_json(data).unwrap());
    for path in failed {
        let mut error = ServerError::new("it failed", None);
        error.path = path.as_array().unwrap().iter().map(step).collect();
        answer.errors.push(error);
    }
    shape(query).complete(&mut answer);
    answer.data.into_json().unwrap()
}

fn step(step: &Json) -> PathSegment {
    match step.as_u64() {
        Some(place) => PathSegment::Index(usize::try_from(place).unwrap()),
        None => PathSegment::Field(step.as_str().unwrap().to_owned()),
    }
}

#[test]
fn what_failed_is_null_and_so_is_what_cannot_do_without_it() {
    for (query, data, failed, wanted) in [
        (
            "{ pet { name age } }",
            json!({"pet": {"name": "a"}}),
            vec![json!(["pet", "age"])],
            json!({"pet": {"name": "a", "age": null}}),
        ),
        ("{ pet { age name } }", json!({"pet": {"age": 1}}), vec![json!(["pet", "name"])], json!({"pet": null})),
        ("{ pet { age } }", json!({"pet": null}), vec![json!(["pet", "age"])], json!({"pet": {"age": null}})),
        ("{ pet { age } }", json!(null), vec![json!(["pet"])], json!({"pet": null})),
        ("{ pet { age } }", json!({"pet": {}}), vec![], json!({"pet": {}})),
        ("{ pet { age } }", json!(null), vec![], json!({})),
        ("{ pet { age } }", json!({"pet": {}}), vec![json!(["pet", "age"])], json!({"pet": {"age": null}})),
        ("{ pet { name } }", json!({"pet": {}}), vec![json!(["pet", "name"])], json!({"pet": null})),
        ("{ sure { age } pet { age } }", json!({"pet": {"age": 1}}), vec![json!(["sure"])], json!(null)),
        ("{ pets { name } }", json!({"pets": [{"name": "a"}, null]}), vec![json!(["pets", 1, "name"])], json!(null)),
        (
            "{ maybe { name } }",
            json!({"maybe": [{"name": "a"}, null]}),
            vec![json!(["maybe", 1, "name"])],
            json!({"maybe": [{"name": "a"}, null]}),
        ),
        (
            "{ maybe { o: owner { n: name } } }",
            json!({"maybe": [{"o": null}, {"o": {"n": "b"}}]}),
            vec![json!(["maybe", 0, "o", "n"])],
            json!({"maybe": [null, {"o": {"n": "b"}}]}),
        ),
        ("{ rows }", json!({}), vec![json!(["rows", 0, 1])], json!({"rows": null})),
        (
            "{ pet { ... on Dog { friend { age } } name } }",
            json!({"pet": {"name": "a"}}),
            vec![json!(["pet", "friend"])],
            json!({"pet": {"friend": null, "name": "a"}}),
        ),
        (
            "{ pet { ...D } } fragment D on Dog { owner { name } age }",
            json!({"pet": {"age": 3}}),
            vec![json!(["pet", "owner"])],
            json!({"pet": null}),
        ),
        (
            "{ a: pet { age } b: pet { age } }",
            json!({"b": {"age": 1}}),
            vec![json!(["a"])],
            json!({"a": null, "b": {"age": 1}}),
        ),
        // What was left out on purpose stays so.
        (
            "query($x: Boolean!) { pet @skip(if: $x) { age } maybe { age } }",
            json!({}),
            vec![json!(["maybe"])],
            json!({"maybe": null}),
        ),
        ("{ pet { name ... on Dog { age } } }", json!({"pet": {"name": "a"}}), vec![], json!({"pet": {"name": "a"}})),
        // Nothing was executed.
        ("{ pet { age } }", json!(null), vec![json!([])], json!(null)),
    ] {
        assert_eq!(completed(query, data, &failed), wanted, "{query}");
    }
}

#[test]
fn fields_come_as_they_were_asked_for() {
    for (query, came, wanted) in [
        (
            "{ pet { name age } maybe { age } }",
            r#"{"maybe":[{"age":1}],"pet":{"age":1,"name":"a"}}"#,
            r#"{"pet":{"name":"a","age":1},"maybe":[{"age":1}]}"#,
        ),
        (
            "{ pet { b: age ...F a: age } } fragment F on Pet { name b: age }",
            r#"{"pet":{"a":1,"name":"x","b":1}}"#,
            r#"{"pet":{"b":1,"name":"x","a":1}}"#,
        ),
        ("{ pet { name } pet { age } }", r#"{"pet":{"age":1,"name":"x"}}"#, r#"{"pet":{"name":"x","age":1}}"#),
        (
            "{ maybe { age name } }",
            r#"{"maybe":[{"name":"x","age":1},null,{"age":2,"name":"y"}]}"#,
            r#"{"maybe":[{"age":1,"name":"x"},null,{"age":2,"name":"y"}]}"#,
        ),
    ] {
        let came: Value = serde_json::from_str(came).unwrap();
        let mut answer = Response::new(came);
        shape(query).complete(&mut answer);
        assert_eq!(serde_json::to_string(&answer.data).unwrap(), wanted, "{query}");
    }
}

proptest! {
    /// Whatever came, in whatever order: nothing is lost, and nothing is there that was not asked for.
    #[test]
    fn an_answer_without_errors_keeps_its_values(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(), there in 0..64_u32) {
        let names = ["f", "b", "e", "a", "d", "c"];
        let query = format!("{{ {} }}", names.map(|name| format!("{name}: rows")).join(" "));
        let came: Vec<usize> = order.into_iter().filter(|place| there >> place & 1 == 1).collect();
        let fields = came.iter().map(|place| (Name::new(names[*place]), Value::from(*place)));
        let mut answer = Response::new(Value::Object(fields.collect()));
        shape(&query).complete(&mut answer);
        let Value::Object(fields) = answer.data else { panic!("an object") };
        let mut sorted = came.clone();
        sorted.sort_unstable();
        let keys: Vec<&str> = fields.keys().map(Name::as_str).collect();
        prop_assert_eq!(keys, sorted.iter().map(|place| names[*place]).collect::<Vec<_>>());
        let kept: HashMap<&str, &Value> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
        prop_assert!(came.iter().all(|place| *kept[names[*place]] == Value::from(*place)));
    }
}
