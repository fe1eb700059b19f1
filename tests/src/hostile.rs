//! Requests that nobody means well: each with what it is refused with. For the tests, and for the benchmark that measures what a refusal
//! costs.

use serde_json::{Value, json};

/// A request to `/graphql`.
#[derive(Clone, Debug)]
pub struct Hostile {
    pub what: &'static str,
    /// The body of a POST.
    pub body: Vec<u8>,
    /// Whether somebody is signed in. Some things are only reached then.
    pub signed_in: bool,
    /// The code that it is refused with.
    pub code: &'static str,
    /// The limit that it breaks, where it breaks one.
    pub limit: Option<&'static str>,
}

const NO_LIMIT: Option<&str> = None;
const TOO_COMPLEX: &str = "TOO_COMPLEX";
const INVALID: &str = "INVALID_DOCUMENT";
const BAD_INPUT: &str = "BAD_INPUT";

/// All of them. Where the schema is shown to who is signed in.
#[must_use]
pub fn requests() -> Vec<Hostile> {
    let anonymous = limits().into_iter().chain(mistakes()).chain(bodies());
    anonymous.chain(pages().into_iter().map(|request| Hostile { signed_in: true, ..request })).collect()
}

fn body(what: &'static str, body: impl Into<Vec<u8>>, code: &'static str, limit: Option<&'static str>) -> Hostile {
    Hostile { what, body: body.into(), signed_in: false, code, limit }
}

fn document(what: &'static str, document: impl AsRef<str>, code: &'static str, limit: Option<&'static str>) -> Hostile {
    body(what, json!({ "query": document.as_ref() }).to_string(), code, limit)
}

fn variables(what: &'static str, query: &str, variables: &Value, code: &'static str) -> Hostile {
    body(what, json!({ "query": query, "variables": variables }).to_string(), code, NO_LIMIT)
}

/// So many times, each with its number.
fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// Fragments of which each spreads the next twice.
fn doubling(levels: usize) -> String {
    let level = |level| format!("fragment F{level} on Query {{ ...F{0} ...F{0} }} ", level + 1);
    each(levels, level) + &format!("fragment F{levels} on Query {{ server {{ version }} }}")
}

/// What breaks a limit of documents.
fn limits() -> Vec<Hostile> {
    let over = |what, text: String, limit| document(what, text, TOO_COMPLEX, Some(limit));
    let deep = |open: &str, count: usize| open.repeat(count);
    let spread = "fragment F on Query { ".to_owned() + &"server { version } ".repeat(50) + "}";
    vec![
        over("15,000 aliases", format!("{{ {} }}", "a:b ".repeat(15_000)), "aliases"),
        over(
            "20,000 aliases in 500 KB",
            format!("{{ {} }}", each(20_000, |n| format!("a{n}: server {{ version }} "))),
            "bytes",
        ),
        over("6 sign-ins at once", format!("mutation {{ {} }}", each(6, sign_in)), "complexity"),
        over("600 sign-ins at once", format!("mutation {{ {} }}", each(600, sign_in)), "aliases"),
        over("selections, 10,000 deep", deep("{a", 10_000), "nesting"),
        over("selections, 10,000 deep and closed", deep("{a", 10_000) + &deep("}", 10_000), "nesting"),
        over("inline fragments, 10,000 deep", "{".to_owned() + &deep("...{", 10_000), "nesting"),
        over("lists in an argument, 10,000 deep", "{ node(id: ".to_owned() + &deep("[", 10_000), "nesting"),
        over("objects in an argument, 10,000 deep", "{ node(id: ".to_owned() + &deep("{a:", 10_000), "nesting"),
        over("objects in a default, 10,000 deep", "query($v: I = ".to_owned() + &deep("{a:", 10_000), "nesting"),
        over("a type, 10,000 deep", "query($v: ".to_owned() + &deep("[", 10_000), "nesting"),
        over("arguments of directives, 9,000 deep", "{ a ".to_owned() + &deep("@b(c: [", 9_000), "nesting"),
        over(
            "a chain of 100 fragments",
            format!("{{ ...F0 }} {}", each(100, link)) + "fragment F100 on Query { a }",
            "nesting",
        ),
        over("fragments that double, 24 levels", format!("{{ ...F0 }} {}", doubling(24)), "fields"),
        over("fragments that double, and nobody uses", format!("{{ a }} {}", doubling(24)), "fields"),
        over(
            "a thousand unused fragments",
            "{ a } ".to_owned() + &each(1_000, |n| format!("fragment F{n} on Query {{ a }} ")),
            "fragments",
        ),
        over("one fragment spread 600 times", format!("{{ {} }} {spread}", "...F ".repeat(600)), "fields"),
        over("fields within each other, through `ofType`", introspection(20), "depth"),
        over("directives, 9,000 on one field", format!("{{ a {} }}", "@b ".repeat(9_000)), "directives"),
        over("a thousand operations", each(1_000, |n| format!("query Q{n} {{ server {{ version }} }} ")), "operations"),
        over("4,000 variables", format!("query({}) {{ a }}", each(4_000, |n| format!("$v{n}:I "))), "variables"),
        over("a name of 60 KB", format!("{{ {} }}", "a".repeat(60_000)), "word"),
        over(
            "a number of 5,000 digits",
            format!("{{ courses(first: {}) {{ nodes {{ id }} }} }}", "9".repeat(5_000)),
            "word",
        ),
        over("a string of 60 KB", format!("{{ node(id: \"{}\") {{ id }} }}", "a".repeat(60_000)), "string"),
        over(
            "a block string of 60,000 lines",
            format!("{{ node(id: \"\"\"{}\"\"\") {{ id }} }}", "\n".repeat(60_000)),
            "string",
        ),
        over("10,000 ids", format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"a\" ".repeat(10_000)), "tokens"),
        over("a thousand arguments", format!("{{ a({}) }}", each(3_000, |n| format!("b{n}:1 "))), "tokens"),
        over("130 KB of comments", "#\n".repeat(70_000) + "{ server { version } }", "bytes"),
        over("60,000 lines", "\n".repeat(60_000) + "{ server { version } }", "lines"),
        over("130 KB of commas", ",".repeat(140_000) + "{ server { version } }", "bytes"),
    ]
}

fn sign_in(number: usize) -> String {
    format!("a{number}: signIn(input: {{ email: \"a\", password: \"b\" }}) {{ token }} ")
}

fn link(number: usize) -> String {
    format!("fragment F{number} on Query {{ ...F{} }} ", number + 1)
}

fn introspection(levels: usize) -> String {
    format!(
        "{{ __schema {{ types {{ fields {{ type {} }} }} }} }}",
        "{ ofType ".repeat(levels) + "{ name }" + &"}".repeat(levels)
    )
}

/// What is no document of this schema.
fn mistakes() -> Vec<Hostile> {
    let invalid = |what, text: String| document(what, text, INVALID, NO_LIMIT);
    let text = str::to_owned;
    let hidden = format!("{{ nodes(ids: [\"\"\" \" {}", "[".repeat(10_000));
    let (lines, blanks) = ("\n".repeat(2_900), " ".repeat(60_000));
    let differ = format!("{{ server({}) {} }}", each(490, |n| format!("b{n}:1 ")), "server ".repeat(490));
    vec![
        invalid("a fragment that spreads itself", text("{ ...A } fragment A on Query { ...A }")),
        invalid("fragments in a circle", text("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")),
        invalid("a circle that nobody uses", text("{ server { version } } fragment A on Query { ...A }")),
        invalid("lists behind what is no block string, 10,000 deep", hidden),
        invalid("a string that does not end", text("{ node(id: \"abc) { id } }")),
        invalid("1e400", text("{ courses(first: 1e400) { nodes { id } } }")),
        invalid("an integer of 100 digits", format!("{{ courses(first: {}) {{ nodes {{ id }} }} }}", "9".repeat(100))),
        invalid("450 unknown fields", format!("{{ {} }}", each(450, |n| format!("f{n} ")))),
        invalid("450 unknown fields behind 2,900 lines", format!("{lines}{{ {} }}", each(450, |n| format!("f{n} ")))),
        invalid(
            "1,900 wrong entries behind 60,000 blanks",
            format!("{blanks}{{ nodes(ids: [{}]) {{ id }} }}", "A ".repeat(1_900)),
        ),
        invalid("450 unknown arguments", format!("{{ server({}) {{ version }} }}", each(450, |n| format!("b{n}:1 ")))),
        invalid("490 fields that differ in 490 arguments", differ),
        invalid(
            "390 variables that nobody defines",
            format!("{{ server({}) {{ version }} }}", each(390, |n| format!("b{n}:$v{n} "))),
        ),
        invalid("90 unknown directives", format!("{{ server {} {{ version }} }}", each(90, |n| format!("@d{n} ")))),
        invalid(
            "90 times the same directive",
            format!("{{ server {} {{ version }} }}", "@skip(if: false) ".repeat(90)),
        ),
        invalid("an operation twice", text("query A { server { version } } query A { server { version } }")),
        invalid("one with a name and one without", text("query A { server { version } } { server { version } }")),
        invalid("NUL", text("{ server\0 { version } }")),
        invalid("control characters", text("{ server \u{1}\u{7f}\u{1b}[31m { version } }")),
        invalid("a name in other letters", text("{ sërver { version } }")),
        invalid("nothing", text("")),
        invalid("only a comment", text("# { server { version } }")),
        invalid("an empty selection", text("{ }")),
        invalid("what is no GraphQL", text("SELECT * FROM user; DROP TABLE user")),
        document("the schema, by who may not know it", introspection(3), "INTROSPECTION_CLOSED", NO_LIMIT),
        document(
            "a type, by who may not know it",
            "{ a: __type(name: \"User\") { name } }",
            "INTROSPECTION_CLOSED",
            NO_LIMIT,
        ),
        body(
            "an operation that is not there",
            r#"{"query":"query A { server { version } }","operationName":"B"}"#,
            INVALID,
            NO_LIMIT,
        ),
    ]
}

/// What is no request.
fn bodies() -> Vec<Hostile> {
    let bad = |what, text: String| body(what, text, BAD_INPUT, NO_LIMIT);
    let with = |variables: &str| format!(r#"{{"query":"{{ server {{ version }} }}","variables":{variables}}}"#);
    let one = json!({ "query": "{ server { version } }" });
    let over = |what, text: String, limit| body(what, text, TOO_COMPLEX, Some(limit));
    vec![
        bad("a batch of 1,000", Value::from(vec![one.clone(); 1_000]).to_string()),
        bad("lists, 100,000 deep", "[".repeat(100_000)),
        over("variables, 10,000 deep", with(&"[".repeat(10_000)), "levels"),
        over("objects in variables, 10,000 deep", with(&"{\"a\":".repeat(10_000)), "levels"),
        over("600,000 empty lists", with(&format!("{{\"a\":[{}[]]}}", "[],".repeat(600_000))), "values"),
        over(
            "a variable with 100,000 keys",
            with(&format!("{{{}\"z\":1}}", each(100_000, |n| format!("\"k{n}\":1,")))),
            "values",
        ),
        over("10,000 ids in a variable", with(&json!({ "ids": vec!["job_ab"; 10_000] }).to_string()), "values"),
        over(
            "extensions with 100,000 values",
            format!(r#"{{"query":"{{a}}","extensions":{{"a":[{}1]}}}}"#, "1,".repeat(100_000)),
            "values",
        ),
        over("3 MB", with(&json!({ "a": "a".repeat(3 << 20) }).to_string()), "body"),
        bad("1e400 in a variable", with(r#"{"a":1e400}"#)),
        bad("an integer of 5,000 digits in a variable", with(&format!("{{\"a\":{}}}", "9".repeat(5_000)))),
        bad("a key twice", r#"{"query":"{ server { version } }","query":"{ server { time } }"}"#.to_owned()),
        bad("a truncated body", r#"{"query":"{ server { vers"#.to_owned()),
        bad("a mark of byte order", format!("\u{feff}{one}")),
        bad("NUL in JSON", "{\"query\":\"{ server\0 }\"}".to_owned()),
        bad("half a character", r#"{"query":"{ a(b: \"\ud800\") }"}"#.to_owned()),
        bad("null", "null".to_owned()),
        bad("a number", "1e5".to_owned()),
        bad("a text", "\"{ server { version } }\"".to_owned()),
        bad("nothing at all", String::new()),
        bad("variables that are a list", with("[]")),
        body(
            "bytes that are no text",
            [b"{\"query\":\"".as_slice(), &[0xff; 100], b"\"}"].concat(),
            BAD_INPUT,
            NO_LIMIT,
        ),
    ]
}

/// What asks for too much of pages, or for impossible ones.
fn pages() -> Vec<Hostile> {
    let first = "query($n: Int) { courses(first: $n) { nodes { id } } }";
    let bad = |what, n: Value| variables(what, first, &json!({ "n": n }), BAD_INPUT);
    let all = "nodes { id assignments(first: $n) { nodes { id submissions(first: $n) { nodes { id } } } }";
    let whole = format!("query($n: Int = 100) {{ courses(first: $n) {{ {all} }} }} }}");
    let complex = Some("complexity");
    vec![
        bad("a page of 2,147,483,647", json!(i32::MAX)),
        bad("a page of -1", json!(-1)),
        variables("a page of 2^40", first, &json!({ "n": 1_u64 << 40 }), INVALID),
        document("pages of pages of pages, by a default", &whole, TOO_COMPLEX, complex),
        Hostile {
            limit: complex,
            ..variables("pages of pages of pages, by a variable", &whole, &json!({ "n": 90 }), TOO_COMPLEX)
        },
        document(
            "pages of pages of pages, by a number",
            whole.replace("($n: Int = 100)", "").replace("$n", "100"),
            TOO_COMPLEX,
            complex,
        ),
        variables(
            "101 ids",
            "query($i: [ID!]!) { nodes(ids: $i) { __typename } }",
            &json!({ "i": vec!["job_ab"; 101] }),
            BAD_INPUT,
        ),
        variables(
            "2,900 ids",
            "query($i: [ID!]!) { nodes(ids: $i) { __typename } }",
            &json!({ "i": vec!["job_ab"; 2_900] }),
            BAD_INPUT,
        ),
    ]
}
