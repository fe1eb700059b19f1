//! The schema keeps its conventions, but for the exceptions that are listed here with their reasons.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::rules::RULES;

const PAGE: &str = include_str!("../../../docs/api/conventions.md");

/// Rule, coordinate, why not. A `*` at the beginning stands for any name.
const EXCEPTIONS: [(&str, &str, &str); 23] = [
    ("described", "*Connection", "the library that makes connections leaves no place for it"),
    ("described", "*Edge.cursor", "the library's own words"),
    ("described", "*Edge.node", "the library's own words"),
    ("described", "PageInfo", "the library's own words"),
    ("described", "PageInfo.hasNextPage", "the library's own words"),
    ("described", "PageInfo.hasPreviousPage", "the library's own words"),
    ("yes-or-no", "PageInfo.hasNextPage", "the library's own words"),
    ("yes-or-no", "PageInfo.hasPreviousPage", "the library's own words"),
    ("yes-or-no", "SignOutPayload.signedOut", "it is always true"),
    ("names", "JSON", "everybody writes it so"),
    ("ids", "Letter.cause", "may name a thing of any type, also one that is gone"),
    ("times", "Job.leaseUntil", "an end, not an instant of something that happened"),
    ("times", "Server.time", "the time itself"),
    ("mutations", "Mutation.pauseLane", "pausing and resuming are two turns of one switch, with one payload"),
    ("mutations", "Mutation.resumeLane", "pausing and resuming are two turns of one switch, with one payload"),
    ("mutations", "Mutation.endOtherSessions", "there is nothing to say: the sign-in says who"),
    ("mutations", "Mutation.rotateKeys", "there is nothing to say: there is one key"),
    ("mutations", "Mutation.signOut", "there is nothing to say: the token says who"),
    ("payloads", "SignOutPayload", "it cannot fail in a way that one could expect"),
    ("payloads", "ReviveTasksPayload", "it has the problems of setting a queue up"),
    (
        "subscriptions",
        "Subscription.lanes",
        "tells how things are, not what happened: the last event replaces those before",
    ),
    ("nullable", "LaneWaiting.workers", "null is for whom it is not; an empty list says that there is none"),
    ("nullable", "Query.nodes", "answers in the order of the ids, with null where there is nothing"),
];

/// Lists without pages, and what keeps them short.
const SHORT: [(&str, &str); 30] = [
    ("*Problem.path", "the depth of an input"),
    ("Assignment.template", "the files that a submission may have"),
    ("Assignment.tests", "a file that its author wrote"),
    ("Backup.files", "the files that a submission may have"),
    ("Backup.messages", "the kinds of messages that a client sends, at most 64"),
    ("Concept.related", "a file that its author wrote"),
    ("ContentCheck.diagnostics", "what one mission or assignment can have wrong"),
    ("Course.waiting", "one for each lane"),
    ("Exercise.hintsHtml", "a cell that its author wrote"),
    ("Grade.explanation", "one for each rule"),
    ("Language.modes", "one for each tool"),
    ("LaneWaiting.workers", "one for each process"),
    ("Mission.prerequisites", "a list that its author wrote"),
    ("Mission.screens", "a notebook that its author wrote"),
    ("Query.lanes", "one for each lane"),
    ("Query.languages", "one for each language"),
    ("Query.taskQueues", "what the site's staff has set up"),
    ("Query.workers", "one for each process"),
    ("Run.files", "the files that a submission may have"),
    ("Run.steps", "one for each test, and the build"),
    ("Run.tests", "one for each test"),
    ("Screen.concepts", "a list that its author wrote"),
    ("Submission.files", "the files that a submission may have"),
    ("Submission.scores", "one of each kind"),
    ("TaskQueue.admins", "what the site's staff has set up"),
    ("TaskQueue.consumers", "what the site's staff has set up"),
    ("TaskQueue.producers", "what the site's staff has set up"),
    ("TestResult.parts", "one for each part"),
    ("Worker.kinds", "one for each kind of job"),
    ("Worker.lanes", "one for each lane"),
];

fn is_at(pattern: &str, coordinate: &str) -> bool {
    pattern.strip_prefix('*').map_or(pattern == coordinate, |end| coordinate.ends_with(end))
}

#[test]
fn the_schema_keeps_its_conventions() {
    let graph = Graph::parse(super::FILE);
    let short = SHORT.iter().map(|(at, why)| ("lists", *at, *why));
    let exceptions: Vec<_> = EXCEPTIONS.into_iter().chain(short).collect();
    let (mut faults, mut used) = (Vec::new(), BTreeSet::new());
    for (name, rule) in RULES {
        for (coordinate, fault) in rule(&graph) {
            let mut places = exceptions.iter().enumerate();
            match places.find(|(_, (of, at, _))| *of == name && is_at(at, &coordinate)) {
                Some((place, _)) => drop(used.insert(place)),
                None => faults.push(format!("{name}: {coordinate}: {fault}")),
            }
        }
    }
    assert!(faults.is_empty(), "see docs/api/conventions.md: {faults:#?}");
    let idle = exceptions.iter().enumerate().filter(|(place, _)| !used.contains(place));
    let idle: Vec<_> = idle.map(|(_, exception)| exception).collect();
    assert!(idle.is_empty(), "these exceptions are not needed any more: {idle:#?}");
}

#[test]
fn the_page_and_the_test_have_the_same_rules() {
    let (_, table) = PAGE.split_once("| rule |").expect("the page has a table of rules");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), RULES.map(|(name, _)| name));
}

/// For each rule something that breaks it, and where.
const BROKEN: [(&str, &str, &str); 24] = [
    ("described", "type A { \"A name\" b: Int }", "A.b"),
    ("described", "\"An input.\" input AInput { b: Int }", "AInput.b"),
    ("names", "type a_b { c: Int }", "a_b"),
    ("names", "type A { b(c_d: Int): Int }", "A.b(c_d:)"),
    ("names", "enum A { done }", "A.done"),
    ("names", "input A { b: Int }", "A"),
    ("ids", "type A { id: ID! }", "A"),
    ("ids", "type A { owner: ID }", "A.owner"),
    ("times", "type A { sent: DateTime }", "A.sent"),
    ("times", "type A { sentAt: String }", "A.sentAt"),
    ("yes-or-no", "type A { \"It is late.\" late: Boolean! }", "A.late"),
    ("yes-or-no", "type A { \"Whether you may see it.\" visible: Boolean! }", "A.visible"),
    ("lists", "type A { \"All.\" words: [String!]! }", "A.words"),
    ("pages", "type A { \"All of them.\" bs(first: Int, after: String): BConnection! }", "A.bs"),
    ("connections", "type BConnection { nodes: [B!]! }", "BConnection"),
    ("filters", "type A { bs(which: BFilter): Int }", "A.bs(which:)"),
    ("filters", "type A { bs(filter: BFilter!): Int }", "A.bs(filter:)"),
    ("mutations", "type Mutation { go(where: String): GoPayload! }", "Mutation.go"),
    ("mutations", "type Mutation { go(input: GoInput!): Boolean }", "Mutation.go"),
    ("payloads", "type GoPayload { problems: [Problem!]! }", "GoPayload"),
    ("problems", "type GoProblem { code: String! }", "GoProblem"),
    ("subscriptions", "type Subscription { a(after: String): A! } type A { at: DateTime }", "Subscription.a"),
    ("nullable", "type A { words: [String]! }", "A.words"),
    ("deprecations", "type A { b: Int @deprecated(reason: \"Old.\") }", "A.b"),
];

#[test]
fn each_rule_finds_what_breaks_it() {
    for (name, sdl, coordinate) in BROKEN {
        let (_, rule) = RULES.iter().find(|(rule, _)| *rule == name).unwrap_or_else(|| panic!("no rule {name}"));
        let found: Vec<_> = rule(&Graph::parse(sdl)).into_iter().map(|(at, _)| at).collect();
        assert!(found.iter().any(|at| at == coordinate), "{name} finds {found:?} in {sdl}");
    }
    let idle: Vec<_> = RULES.iter().filter(|(name, _)| !BROKEN.iter().any(|(of, ..)| of == name)).collect();
    assert!(idle.is_empty(), "nothing breaks these: {idle:?}");
    let kept = "type A { b: Int @deprecated(reason: \"Use `A.c` instead, which is exact; goes on 2027-03-01.\") }";
    assert_eq!(super::rules::deprecations(&Graph::parse(kept)), []);
}
