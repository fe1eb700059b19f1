//! Every field of every type, on rows of different people; the questions and the subscriptions.

use super::ask::{Answer, Asker};
use super::campus::Campus;
use super::receipt::ELSEWHERE;
use super::schema::{Field, Shape};
use super::table::Table;

/// How one comes to an object: what stands around its fields, and where it is in the answer.
struct Way {
    of: &'static str,
    title: String,
    before: String,
    after: &'static str,
    path: Vec<&'static str>,
    followed: bool,
}

impl Way {
    fn new(
        of: &'static str,
        title: &str,
        before: impl Into<String>,
        after: &'static str,
        path: &[&'static str],
    ) -> Self {
        Self { of, title: title.to_owned(), before: before.into(), after, path: path.to_vec(), followed: false }
    }

    /// The object itself, and below it.
    fn node(of: &'static str, name: &str, id: &str) -> Self {
        Self::new(of, name, format!("node(id: \"{id}\") {{ ... on {of} {{"), "} }", &[])
    }

    /// A part of a node.
    fn part(of: &'static str, name: &str, node: (&'static str, &str), field: &str, path: &[&'static str]) -> Self {
        Self::new(of, name, format!("node(id: \"{}\") {{ ... on {} {{ {field} {{", node.1, node.0), "} } }", path)
    }

    fn followed(self) -> Self {
        Self { followed: true, ..self }
    }
}

pub async fn ask(campus: &Campus, shape: &Shape, table: &mut Table) {
    questions(campus, shape, table).await;
    subscriptions(campus, table).await;
    for way in ways(campus) {
        fields(campus, shape, table, &way).await;
    }
    connections(campus, shape, table).await;
}

fn ways(campus: &Campus) -> Vec<Way> {
    let mut ways: Vec<Way> = campus.ids.iter().map(|(of, name, id)| Way::node(of, name, id)).collect();
    let submission = ("Submission", campus.id("Submission", "the owner"));
    let run = ("Run", campus.id("Run", "the owner"));
    let screen = ("Screen", campus.id("Screen", "of a finished mission"));
    let mission = ("Mission", campus.id("Mission", "finished"));
    let assignment = ("Assignment", campus.id("Assignment", "an assignment"));
    let job = ("Job", campus.id("Job", "the owner"));
    let group = ("Group", campus.id("Group", "of the owner"));
    let backup = ("Backup", campus.id("Backup", "the owner"));
    let work = ("Work", campus.id("Work", "the owner"));
    let course = campus.id("Course", "the course");
    let numbers =
        |part: &str| format!("node(id: \"{}\") {{ ... on Assignment {{ statistics {{ {part} {{", assignment.1);
    let elsewhere = format!("verifyReceipt(receipt: {:?})", ELSEWHERE.trim());
    ways.extend([
        Way::part("CourseRole", "of the course, the first", ("Course", course), "roles", &["roles", "0"]),
        Way::part("JobProgress", "of the owner's job", job, "progress", &["progress"]),
        Way::new("LaneWaiting", "of the site", "lanes {", "}", &["0"]),
        Way::new("LaneWaiting", "of the course", format!("lanes(course: \"{course}\") {{"), "}", &["0"]),
        Way::new("LaneWaiting", "of the site, followed", "lanes {", "}", &["0"]).followed(),
        Way::new("Worker", "the first", "workers {", "}", &["0"]),
        Way::new("WorkerLane", "the first", "workers { lanes {", "} }", &["0", "lanes", "0"]),
        Way::part("SourceFile", "of the owner's submission", submission, "files", &["files", "0"]),
        Way::part("Receipt", "of the owner's submission", submission, "receipt", &["receipt"]),
        Way::new(
            "ReceiptBlock",
            "of the owner's submission",
            format!("node(id: \"{}\") {{ ... on Submission {{ receipt {{ block {{", submission.1),
            "} } } }",
            &["receipt", "block"],
        ),
        Way::new("ReceiptVerification", "of another site's", format!("{elsewhere} {{"), "}", &[]),
        Way::new("ReceiptCheck", "of another site's", format!("{elsewhere} {{ checks {{"), "} }", &["checks", "0"]),
        Way::part("RunStep", "of the owner's run, the first", run, "steps", &["steps", "0"]),
        Way::part("RunStep", "of the owner's run, of a hidden test", run, "steps", &["steps", "1"]),
        Way::part("TestResult", "of the owner's run, the first", run, "tests", &["tests", "0"]),
        Way::part("TestResult", "of the owner's run, of a hidden test", run, "tests", &["tests", "1"]),
        Way::new(
            "TestPart",
            "of the owner's run, the first test",
            format!("node(id: \"{}\") {{ ... on Run {{ tests {{ parts {{", run.1),
            "} } } }",
            &["tests", "0", "parts", "0"],
        ),
        Way::new(
            "TestPart",
            "of the owner's run, of a hidden test",
            format!("node(id: \"{}\") {{ ... on Run {{ tests {{ parts {{", run.1),
            "} } } }",
            &["tests", "1", "parts", "0"],
        ),
        Way::part("RunRecord", "of the owner's run, its output", run, "output", &["output", "0"]),
        Way::part("RunRecord", "of the owner's run, the site's own", run, "output", &["output", "1"]),
        Way::part("ScreenProgress", "one's own", screen, "viewerProgress", &["viewerProgress"]),
        Way::part("LearningProgress", "one's own, in a mission", mission, "viewerProgress", &["viewerProgress"]),
        Way::part("GroupMember", "of the owner's group, the owner", group, "members", &["members", "0"]),
        Way::part("GroupMember", "of the owner's group, who is invited", group, "members", &["members", "1"]),
        Way::part("ClientMessage", "of the owner's backup", backup, "messages", &["messages", "0"]),
        Way::part("Deadline", "of the owner's work", work, "deadline", &["deadline"]),
        Way::part("Grade", "of the owner's work", work, "grade", &["grade"]),
        Way::new(
            "ScoreStep",
            "of the owner's work",
            format!("node(id: \"{}\") {{ ... on Work {{ grade {{ explanation {{", work.1),
            "} } } }",
            &["grade", "explanation", "0"],
        ),
        Way::part("LatePolicy", "of an assignment", assignment, "latePolicy", &["latePolicy"]),
        Way::part("RuleByHand", "of an assignment", assignment, "rulesByHand", &["rulesByHand", "0"]),
        Way::part("Standings", "of an assignment", assignment, "standings", &["standings"]),
        Way::part("AssignmentStatistics", "of an assignment", assignment, "statistics", &["statistics"]),
        Way::new("VerdictCount", "of an assignment", numbers("verdicts"), "} } } }", &["statistics", "verdicts", "0"]),
        Way::new(
            "PointsPart",
            "of an assignment",
            numbers("distribution"),
            "} } } }",
            &["statistics", "distribution", "0"],
        ),
        Way::new(
            "FailedTest",
            "of an assignment",
            numbers("failedTests"),
            "} } } }",
            &["statistics", "failedTests", "0"],
        ),
        Way::part("StuckOn", "of the owner's work", work, "stuckOn", &["stuckOn"]),
        Way::new(
            "HistoryEntry",
            "of the owner, the first",
            format!(
                "node(id: \"{}\") {{ ... on Enrollment {{ history {{ nodes {{",
                campus.id("Enrollment", "the owner")
            ),
            "} } } }",
            &["history", "nodes", "0"],
        ),
        Way::part("Test", "the first", assignment, "tests", &["tests", "0"]),
        Way::part("Test", "a hidden one", assignment, "tests", &["tests", "1"]),
        Way::new(
            "JobEvent",
            "of the owner's job",
            format!("node(id: \"{}\") {{ ... on Job {{ events {{ nodes {{", job.1),
            "} } } }",
            &["events", "nodes", "0"],
        ),
        Way::new("JobEvent", "of the owner's job, followed", format!("job(id: \"{}\") {{", job.1), "}", &[]).followed(),
        Way::new("RunRecord", "of the owner's run, followed", format!("runOutput(run: \"{}\") {{", run.1), "}", &[])
            .followed(),
        Way::new("ActivityEvent", "of the course", format!("courseActivity(course: \"{course}\") {{"), "}", &[])
            .followed(),
        Way::new(
            "ContentSync",
            "of a mission of the course",
            "contentSyncs(subject: \"mission/204\") { nodes {",
            "} }",
            &["nodes", "0"],
        ),
        Way::new(
            "ContentSync",
            "of what is in no course",
            "contentSyncs(subject: \"mission/999\") { nodes {",
            "} }",
            &["nodes", "0"],
        ),
        Way::new("ContentCheck", "of a mission of the course", "contentCheck(subject: \"mission/204\") {", "}", &[]),
        Way::new("ContentCheck", "of what is in no course", "contentCheck(subject: \"mission/999\") {", "}", &[]),
        Way::new(
            "Diagnostic",
            "of a mission of the course",
            "contentCheck(subject: \"mission/204\") { diagnostics {",
            "} }",
            &["diagnostics", "0"],
        ),
        Way::new("Language", "the second", "languages {", "}", &["1"]),
        Way::new("RateLimit", "one's own", "rateLimit {", "}", &[]),
        Way::new("Server", "the site", "server {", "}", &[]),
        Way::new("TaskQueue", "the first", "taskQueues {", "}", &["0"]),
        Way::new("Viewer", "oneself", "viewer {", "}", &[]),
    ]);
    ways
}

/// A field of an object for everybody.
async fn fields(campus: &Campus, shape: &Shape, table: &mut Table, way: &Way) {
    let fields = shape.fields(way.of);
    let asked = |part: usize, selection: &str| format!("a{part}: {}{selection}{}", way.before, way.after);
    let mut columns: Vec<Vec<String>> = Vec::new();
    for scope in &campus.scopes {
        let asker = Asker::new(&campus.world, scope);
        let mut selections = vec!["__typename".to_owned()];
        selections.extend(fields.iter().map(|field| shape.selection(field)));
        let mut cells = Vec::new();
        if way.followed {
            for (part, selection) in selections.iter().enumerate() {
                let answer = asker.follow(&format!("subscription {{ {} }}", asked(part, selection))).await;
                cells.push(one(&answer, way, part, fields));
            }
        } else {
            let parts: Vec<String> = selections.iter().enumerate().map(|(part, text)| asked(part, text)).collect();
            let answer = asker.ask(&format!("{{ {} }}", parts.join("\n"))).await;
            cells.extend((0..selections.len()).map(|part| one(&answer, way, part, fields)));
        }
        columns.push(cells);
    }
    table.section(format!("{}, {}", way.of, way.title));
    let row = |part: usize| columns.iter().map(|cells| cells[part].clone()).collect();
    table.row(format!("{}, {}", way.of, way.title), "(itself)", row(0));
    for (part, field) in fields.iter().enumerate() {
        table.row(format!("{}.{}", way.of, field.name), field.name.as_str(), row(part + 1));
    }
}

/// The cell of a part: the object itself, or one of its fields.
fn one(answer: &Answer, way: &Way, part: usize, fields: &[Field]) -> String {
    let alias = format!("a{part}");
    let mut path = vec![alias.as_str()];
    let top = answer.cell(&path);
    path.extend(&way.path);
    let Some(field) = part.checked_sub(1).map(|index| &fields[index]) else {
        let reached = answer.at(&path).is_some_and(|value| !value.is_null());
        return if reached { "value".to_owned() } else { nothing(&top) };
    };
    if answer.at(&path).is_none_or(serde_json::Value::is_null) {
        path.push(&field.name);
        return answer.error(&path).map_or_else(|| ".".to_owned(), str::to_owned);
    }
    path.push(&field.name);
    answer.cell(&path)
}

/// What stands for an object that is not there, by what stands above it.
fn nothing(top: &str) -> String {
    if top == "value" { "-".to_owned() } else { top.to_owned() }
}

/// The questions at the top.
async fn questions(campus: &Campus, shape: &Shape, table: &mut Table) {
    table.section("Query");
    let arguments = |name: &str| match name {
        "assignment" => "(endpoint: \"home/area\")".to_owned(),
        "concept" => "(name: \"output\")".to_owned(),
        "contentCheck" => "(subject: \"mission/204\")".to_owned(),
        "course" => "(key: \"home\")".to_owned(),
        "mission" => "(number: 204)".to_owned(),
        "node" => format!("(id: \"{}\")", campus.id("Submission", "the owner")),
        "verifyReceipt" => format!("(receipt: {:?})", ELSEWHERE.trim()),
        "user" => "(email: \"owner@example.org\")".to_owned(),
        "nodes" => format!("(ids: [\"{}\"])", campus.id("Submission", "the owner")),
        _ => String::new(),
    };
    let course = format!("(course: \"{}\")", campus.id("Course", "the course"));
    let unfinished = [
        ("mission", "(number: 205)"),
        ("courses", "(filter: {enrolled: true})"),
        ("jobs", "(filter: {kind: \"execution.run\"})"),
        ("jobs", "(filter: {states: [DEAD], lane: \"execution\"}, newestFirst: true)"),
        ("lanes", course.as_str()),
    ];
    for field in shape.fields("Query") {
        question(campus, shape, table, field, &arguments(&field.name)).await;
        for (_, arguments) in unfinished.iter().filter(|(name, _)| *name == field.name) {
            question(campus, shape, table, field, arguments).await;
        }
    }
}

async fn question(campus: &Campus, shape: &Shape, table: &mut Table, field: &Field, arguments: &str) {
    let below = shape.selection(field);
    let text = format!("{{ {}{arguments}{} }}", field.name, &below[field.name.len()..]);
    let mut cells = Vec::new();
    for scope in &campus.scopes {
        let answer = Asker::new(&campus.world, scope).ask(&text).await;
        let cell = answer.cell(&[&field.name]);
        // A list of nothing but null is what somebody gets who may see none of it.
        let nothing = field.list && answer.at(&[&field.name, "0"]).is_some_and(serde_json::Value::is_null);
        cells.push(if nothing { "[-]".to_owned() } else { cell });
    }
    let shown = if arguments.contains('_') { "" } else { arguments };
    table.row(format!("Query.{}", field.name), format!("{}{shown}", field.name), cells);
}

async fn subscriptions(campus: &Campus, table: &mut Table) {
    table.section("Subscription");
    let (course, job, run) =
        (campus.id("Course", "the course"), campus.id("Job", "the owner"), campus.id("Run", "the owner"));
    let assignment = campus.id("Assignment", "an assignment");
    let followed = [
        ("assignmentActivity", "assignment", assignment),
        ("courseActivity", "course", course),
        ("job", "id", job),
        ("runOutput", "run", run),
    ];
    for (name, argument, id) in followed {
        let mut cells = Vec::new();
        for scope in &campus.scopes {
            let text = format!("subscription {{ {name}({argument}: \"{id}\") {{ __typename }} }}");
            cells.push(Asker::new(&campus.world, scope).follow(&text).await.cell(&[name]));
        }
        table.row(format!("Subscription.{name}"), name, cells);
    }
    let mut cells = Vec::new();
    for scope in &campus.scopes {
        let answer = Asker::new(&campus.world, scope).follow("subscription { lanes { __typename } }").await;
        cells.push(answer.cell(&["lanes"]));
    }
    table.row("Subscription.lanes", "lanes", cells);
}

/// Pages, their edges and what is said about them: they have no rights of their own, but show rows.
async fn connections(campus: &Campus, shape: &Shape, table: &mut Table) {
    let places = [
        ("AssignmentConnection", "Course", "the course", "assignments"),
        ("BackupConnection", "Assignment", "an assignment", "backups"),
        ("CommentConnection", "Submission", "the owner", "comments"),
        ("CourseConnection", "Section", "a section", "courses"),
        ("DiagnosticConnection", "Mission", "finished", "diagnostics"),
        ("ExternalIdentityConnection", "User", "the owner", "externalIdentities"),
        ("EnrollmentConnection", "Course", "the course", "enrollments"),
        ("ExtensionConnection", "Assignment", "an assignment", "extensions"),
        ("GroupConnection", "Assignment", "an assignment", "groups"),
        ("HistoryEntryConnection", "Enrollment", "the owner", "history"),
        ("JobEventConnection", "Job", "the owner", "events"),
        ("JoinCodeConnection", "Course", "the course", "joinCodes"),
        ("MissionConnection", "Course", "the course", "missions"),
        ("RunConnection", "Submission", "the owner", "runs"),
        ("ScreenConnection", "Concept", "a concept", "screens"),
        ("SessionConnection", "User", "the owner", "sessions"),
        ("SubmissionConnection", "Assignment", "an assignment", "submissions"),
        ("WorkConnection", "Assignment", "an assignment", "works"),
    ];
    let node = |place: &(&'static str, &str, &str, &'static str)| {
        let (of, row, name, field) = *place;
        (of, format!("node(id: \"{}\") {{ ... on {row} {{ {field} {{", campus.id(row, name)), "} } }", vec![field])
    };
    let mut all: Vec<_> = places.iter().map(node).collect();
    all.push(("AuditEntryConnection", "auditLog {".to_owned(), "}", Vec::new()));
    all.push(("ProgramConnection", "programs {".to_owned(), "}", Vec::new()));
    all.push(("JobConnection", "jobs {".to_owned(), "}", Vec::new()));
    all.push(("ConceptConnection", "concepts {".to_owned(), "}", Vec::new()));
    all.push(("ContentSyncConnection", "contentSyncs {".to_owned(), "}", Vec::new()));
    all.push(("SectionConnection", "sections {".to_owned(), "}", Vec::new()));
    all.push(("LetterConnection", "viewer { letters {".to_owned(), "} }", vec!["letters"]));
    for (of, before, after, path) in all {
        let way = Way::new(of, "a page", before, after, &path);
        // One page at a time: the lists at the top are not null, so a refusal takes the whole answer with it.
        fields(campus, shape, table, &way).await;
        let edge: &'static str = Box::leak(of.replace("Connection", "Edge").into_boxed_str());
        let below: Vec<&'static str> = path.iter().copied().chain(["edges", "0"]).collect();
        let after: &'static str = Box::leak(format!("}} {after}").into_boxed_str());
        let edges = Way::new(edge, "of a page", format!("{} edges {{", way.before), after, &below);
        fields(campus, shape, table, &edges).await;
    }
    let before = "jobs { pageInfo {";
    fields(campus, shape, table, &Way::new("PageInfo", "of a page", before, "} }", &["pageInfo"])).await;
}
