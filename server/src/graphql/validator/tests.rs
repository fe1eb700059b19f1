//! Documents that break a rule each, against a small schema; and some that break none.

use super::{TOLD, Validator};

const SDL: &str = "
    interface Thing { id: ID! }
    type T implements Thing { id: ID!, i: Int, must: Int!, text: String, one: T, all: [T!]! }
    type U implements Thing { id: ID!, i: Int, must: Int, text: ID, one: U, all: [U!]! }
    enum Order { UP DOWN }
    input Filter { word: String!, order: Order, within: Filter }
    type Query { thing: Thing, t(id: ID!): T, u: U, ten(x: Int! = 10): Int, some(filter: Filter, orders: [Order!]): [Thing!] }
    type Subscription { t: T, u: U }
";

fn faults(document: &str) -> Vec<String> {
    let faults = Validator::of(SDL).faults(document);
    let told = faults.iter().map(|fault| {
        let places: Vec<_> = fault.locations.iter().map(|place| format!("{}:{}", place.line, place.column)).collect();
        format!("{} {}", fault.message, places.join(" "))
    });
    told.collect()
}

#[test]
fn what_breaks_no_rule_has_no_fault() {
    for document in [
        "{ thing { id ... on T { i } ... on U { i: must } } }",
        "{ thing { ... on T { one { i } } ... on U { one { i } } } }",
        "{ thing { ... on T { all { id } } ... on Thing { ... on U { all { id } } } } }",
        "query($id: ID!, $yes: Boolean!) { t(id: $id) { __typename @include(if: $yes) i } }",
        "query($x: Int) { ten(x: $x) }",
        "query($word: String!) { some(filter: { word: $word, within: { word: \"a\", order: UP } }, orders: UP) { id } }",
        "query A { u { ...F } } query B { u { ...F } } fragment F on U { i }",
        "subscription { t { i } }",
        "{ some(orders: [UP]) { id } some(orders: [UP]) { id } a: some(orders: [UP, DOWN]) { id } }",
        "{ __schema { types { name } } __type(name: \"T\") { name } }",
    ] {
        assert_eq!(faults(document), [""; 0], "{document}");
    }
}

#[test]
fn each_rule_has_its_fault_and_its_place() {
    for (document, wanted) in [
        ("{ nothing }", "Type `Query` does not have a field `nothing`. 1:3"),
        ("{ u { i(x: 1) } }", "The argument `x` is not supported by `U.i`. 1:9"),
        ("{ t { i } }", "The required argument `Query.t(id:)` is not provided. 1:3"),
        ("{ u }", "Interface, union and object types must have a subselection set. 1:3"),
        ("{ u { i { id } } }", "Field selection of scalar type `Int` must not have subselections. 1:7"),
        ("{ ...F }", "Cannot find fragment `F` in this document. 1:3"),
        ("{ u { __typename @foo } }", "Cannot find directive `@foo` in this document. 1:18"),
        ("{ u { __typename(x: 1) } }", "The argument `x` is not supported by `U.__typename`. 1:18"),
        ("{ u { i @skip } }", "The required argument `@skip(if:)` is not provided. 1:9"),
        ("{ ten(x: \"a\") }", "Expected value of type Int!, found a string. 1:10"),
        ("{ some(filter: 1) { id } }", "Expected value of type Filter, found an integer. 1:16"),
        ("{ some(orders: [\"UP\"]) { id } }", "Expected value of type Order!, found a string. 1:17"),
        (
            "{ some(filter: { word: \"a\", word: \"b\" }) { id } }",
            "There are two values for the field `word`. 1:18 1:29",
        ),
        ("query($x: Int) { u { i } }", "Unused variable: `$x`. 1:7"),
        ("{ ten(x: $x) }", "Variable `$x` is not defined. 1:10"),
        (
            "query($x: ID) { t(id: $x) { i } }",
            "Variable `$x` of type `ID` cannot be used for argument `id` of type `ID!`. 1:19",
        ),
        (
            "query($n: String) { __type(name: $n) { name } }",
            "Variable `$n` of type `String` cannot be used for argument `name` of type `String!`. 1:28",
        ),
        (
            "query A { u { i } } query B($v: ID) { t(id: $v) { i } }",
            "Variable `$v` of type `ID` cannot be used for argument `id` of type `ID!`. 1:41",
        ),
        ("query($f: Filter = 5) { some(filter: $f) { id } }", "Expected value of type Filter, found an integer. 1:20"),
        (
            "query($x: Int @deprecated) { ten(x: $x) }",
            "Deprecated directive is not supported for VARIABLE_DEFINITION location. 1:15",
        ),
        (
            "query A { u { i } } query A { u { id } }",
            "The operation `A` is defined multiple times in the document. 1:27",
        ),
        // What comes to one object.
        ("{ a: thing { id } a: u { id } }", "Cannot select different fields into the same alias `a`. 1:19"),
        (
            "{ thing { ... on Thing { x: id } ... on T { x: text } } }",
            "Cannot select different fields into the same alias `x`. 1:26",
        ),
        (
            "{ u { x: i } ...F } fragment F on Query { u { x: id } }",
            "Cannot select different fields into the same alias `x`. 1:47",
        ),
        // Variables inside of values.
        (
            "query($o: Order) { some(orders: [$o]) { id } }",
            "Variable `$o` of type `Order` cannot be used where `Order!` is expected. 1:7 1:34",
        ),
        (
            "query($w: String) { some(filter: { word: $w }) { id } }",
            "Variable `$w` of type `String` cannot be used where `String!` is expected. 1:7 1:42",
        ),
        (
            "query($i: ID = null) { t(id: $i) { i } }",
            "Variable `$i` of type `ID` cannot be used where `ID!` is expected. 1:7 1:30",
        ),
        (
            "{ some(orders: [UP]) { id } some(orders: [UP, DOWN]) { id } }",
            "Cannot select different fields into the same alias `some`. 1:3 1:29",
        ),
        (
            "{ some(orders: []) { id } ...F } fragment F on Query { some(orders: [UP]) { id } }",
            "Cannot select different fields into the same alias `some`. 1:3 1:56",
        ),
        // What comes to objects of different types.
        (
            "{ thing { ... on T { must } ... on U { must } } }",
            "Operation must not select different types using the same name `must`. 1:40",
        ),
        (
            "{ thing { ... on T { one { text } } ... on U { one { text } } } }",
            "Operation must not select different types using the same name `text`. 1:54",
        ),
        ("subscription { t { i } u { i } }", "Anonymous subscription can only have one root field. 1:1"),
    ] {
        let told = faults(document);
        assert!(told.iter().any(|told| told == wanted), "{document}: {told:?}");
    }
}

#[test]
fn faults_come_in_order_and_are_cut_where_they_become_a_flood() {
    let many: String = (0..50).map(|number| format!("f{number} ")).collect();
    let told = faults(&format!("{{ {many} }}"));
    assert_eq!(told.len(), TOLD + 1);
    assert!(told[0].contains("`f0`") && told[19].contains("`f19`"), "{told:?}");
    assert_eq!(told[TOLD], "There are 30 more like these. ");
}

#[test]
fn what_follows_from_a_fault_is_not_told() {
    assert_eq!(faults("{ u { nothing } }"), ["Type `U` does not have a field `nothing`. 1:7"]);
    assert_eq!(faults("{\n  u {\n    nothing\n  }\n}").len(), 1);
    assert_eq!(faults("{ u thing { nothing } }").len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_too() {
    assert_eq!(faults("{ nothing u { i }"), ["Syntax error: expected R_CURLY, got EOF. 1:18"]);
}
