//! Every mutation, tried by everybody. These come last: they change what there is.

use serde_json::Value;

use super::ask::{Answer, Asker};
use super::campus::{CODE, Campus, ROLES};
use super::schema::{Field, Shape};
use super::table::Table;

/// A mutation, what distinguishes this try of it, and its argument as this role gives it.
struct Try {
    name: &'static str,
    how: &'static str,
    argument: fn(&Campus, &str) -> String,
}

const TRIES: &[Try] = &[
    Try {
        name: "signIn",
        how: "as the owner, with the password",
        argument: |_, _| "(input: {email: \"owner@example.org\", password: \"correct horse\"})".to_owned(),
    },
    Try {
        name: "signIn",
        how: "as somebody unknown",
        argument: |_, role| {
            format!("(input: {{email: \"nobody-{}@example.org\", password: \"correct horse\"}})", plain_name(role))
        },
    },
    Try {
        name: "createUser",
        how: "",
        argument: |_, role| {
            format!(
                "(input: {{email: \"new-{}@example.org\", name: \"New\", password: \"correct horse\"}})",
                plain_name(role)
            )
        },
    },
    Try {
        name: "enroll",
        how: "",
        argument: |_, _| "(input: {email: \"outsider@example.org\", course: \"home\", role: STUDENT})".to_owned(),
    },
    Try {
        name: "submit",
        how: "",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!("(input: {{assignment: \"{assignment}\", files: [{{name: \"main.py\", text: \"{CODE}\"}}]}})")
        },
    },
    Try {
        name: "attemptExercise",
        how: "of a finished mission",
        argument: |campus, _| attempt(campus.id("Exercise", "of a finished mission")),
    },
    Try {
        name: "openScreen",
        how: "of a finished mission",
        argument: |campus, _| format!("(input: {{screen: \"{}\"}})", campus.id("Screen", "of a finished mission")),
    },
    Try {
        name: "openScreen",
        how: "of a mission under construction",
        argument: |campus, _| {
            format!("(input: {{screen: \"{}\"}})", campus.id("Screen", "of a mission under construction"))
        },
    },
    Try {
        name: "openHint",
        how: "of a finished mission",
        argument: |campus, _| {
            format!("(input: {{exercise: \"{}\", number: 1}})", campus.id("Exercise", "of a finished mission"))
        },
    },
    Try {
        name: "showAnswer",
        how: "of a finished mission",
        argument: |campus, _| format!("(input: {{exercise: \"{}\"}})", campus.id("Exercise", "of a finished mission")),
    },
    Try {
        name: "attemptExercise",
        how: "of a mission under construction",
        argument: |campus, _| attempt(campus.id("Exercise", "of a mission under construction")),
    },
    Try {
        name: "runProgram",
        how: "",
        argument: |_, _| {
            format!("(input: {{language: \"python3\", files: [{{name: \"main.py\", text: \"{CODE}\"}}]}})")
        },
    },
    Try {
        name: "runProgram",
        how: "in a mode that there is not",
        argument: |_, _| {
            "(input: {language: \"python3\", mode: \"fly\", files: [{name: \"a.py\", text: \"\"}]})".to_owned()
        },
    },
    Try {
        name: "cancelRun",
        how: "the owner's, which is done",
        argument: |campus, _| format!("(input: {{run: \"{}\"}})", campus.id("Run", "the owner")),
    },
    Try {
        name: "cancelRun",
        how: "one that there is not",
        argument: |_, _| "(input: {run: \"run_nothing\"})".to_owned(),
    },
    Try {
        name: "syncContent",
        how: "a mission of the course",
        argument: |_, _| "(input: {missions: [204]})".to_owned(),
    },
    Try {
        name: "setTaskQueue",
        how: "",
        argument: |_, _| "(input: {project: \"demo\", name: \"work\", maxLeases: 3})".to_owned(),
    },
    Try { name: "reviveTasks", how: "", argument: |_, _| "(input: {project: \"demo\", name: \"work\"})".to_owned() },
    Try { name: "syncContent", how: "everything", argument: |_, _| "(input: {})".to_owned() },
    Try {
        name: "cancelJob",
        how: "the owner's, which is dead",
        argument: |campus, _| format!("(input: {{job: \"{}\"}})", campus.id("Job", "the owner")),
    },
    Try {
        name: "retryJob",
        how: "the owner's, of a kind that nobody knows",
        argument: |campus, _| format!("(input: {{job: \"{}\"}})", campus.id("Job", "the owner")),
    },
    Try { name: "retryJobs", how: "everywhere", argument: |_, _| "(input: {lane: \"mail\"})".to_owned() },
    Try {
        name: "retryJobs",
        how: "of the course",
        argument: |campus, _| {
            format!("(input: {{kind: \"mail.deliver\", course: \"{}\"}})", campus.id("Course", "the course"))
        },
    },
    Try {
        name: "saveBackup",
        how: "",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!("(input: {{assignment: \"{assignment}\", files: [{{name: \"main.py\", text: \"{CODE}\"}}]}})")
        },
    },
    Try {
        name: "flagSubmission",
        how: "the owner's",
        argument: |campus, _| format!("(input: {{submission: \"{}\"}})", campus.id("Submission", "the owner")),
    },
    Try {
        name: "promoteBackup",
        how: "the owner's, which is handed in",
        argument: |campus, _| format!("(input: {{backup: \"{}\"}})", campus.id("Backup", "the owner")),
    },
    Try {
        name: "inviteToGroup",
        how: "where each is on their own",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!("(input: {{assignment: \"{assignment}\", email: \"classmate@example.org\"}})")
        },
    },
    Try {
        name: "answerInvitation",
        how: "of the owner's group, with no",
        argument: |campus, _| format!("(input: {{group: \"{}\", accept: false}})", campus.id("Group", "of the owner")),
    },
    Try {
        name: "leaveGroup",
        how: "the owner's",
        argument: |campus, _| format!("(input: {{group: \"{}\"}})", campus.id("Group", "of the owner")),
    },
    Try {
        name: "removeFromGroup",
        how: "the owner of theirs",
        argument: |campus, _| {
            let (group, owner) = (campus.id("Group", "of the owner"), campus.id("User", "the owner"));
            format!("(input: {{group: \"{group}\", user: \"{owner}\"}})")
        },
    },
    Try {
        name: "formGroup",
        how: "where each is on their own",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!("(input: {{assignment: \"{assignment}\", emails: [\"classmate@example.org\"]}})")
        },
    },
    Try {
        name: "requestExtension",
        how: "",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!("(input: {{assignment: \"{assignment}\", until: {{days: 3}}, reason: \"ill\"}})")
        },
    },
    Try {
        name: "importExtensions",
        how: "tried only",
        argument: |_, _| {
            "(input: {course: \"home\", csv: \"email,assignment,days,reason\\nclassmate@example.org,x,1,ill\", dryRun: true})"
                .to_owned()
        },
    },
    Try {
        name: "answerExtension",
        how: "the owner's",
        argument: |campus, _| {
            format!("(input: {{extension: \"{}\", decision: DECLINE}})", campus.id("Extension", "of the owner"))
        },
    },
    Try {
        name: "grantExtension",
        how: "to a classmate",
        argument: |campus, _| {
            let assignment = campus.id("Assignment", "an assignment");
            format!(
                "(input: {{assignment: \"{assignment}\", email: \"classmate@example.org\", until: {{days: 3}}, reason: \"ill\"}})"
            )
        },
    },
    Try {
        name: "withdrawExtension",
        how: "the owner's, which is decided",
        argument: |campus, _| format!("(input: {{extension: \"{}\"}})", campus.id("Extension", "of the owner")),
    },
    Try {
        name: "updateAssignment",
        how: "",
        argument: |campus, _| {
            format!("(input: {{assignment: \"{}\", maxGroupSize: 2}})", campus.id("Assignment", "an assignment"))
        },
    },
    Try {
        name: "runBackup",
        how: "the owner's",
        argument: |campus, _| format!("(input: {{backup: \"{}\"}})", campus.id("Backup", "the owner")),
    },
    Try { name: "renewSignIn", how: "with nothing", argument: |_, _| "(input: {refreshToken: \"x\"})".to_owned() },
    Try {
        name: "register",
        how: "",
        argument: |_, role| format!("(input: {{email: \"own-{}@example.org\", name: \"Own\"}})", plain_name(role)),
    },
    Try {
        name: "requestPassword",
        how: "",
        argument: |_, role| format!("(input: {{email: \"own-{}@example.org\"}})", plain_name(role)),
    },
    Try {
        name: "acceptInvitation",
        how: "with nothing",
        argument: |_, _| "(input: {code: \"x\", password: \"correct horse\"})".to_owned(),
    },
    Try {
        name: "resetPassword",
        how: "with nothing",
        argument: |_, _| "(input: {code: \"x\", password: \"correct horse\"})".to_owned(),
    },
    Try { name: "confirmEmail", how: "with nothing", argument: |_, _| "(input: {code: \"x\"})".to_owned() },
    Try {
        name: "changePassword",
        how: "with another password than the present one",
        argument: |_, _| "(input: {password: \"x\", newPassword: \"correct horse\"})".to_owned(),
    },
    Try {
        name: "requestEmailChange",
        how: "with another password than the present one",
        argument: |_, _| "(input: {password: \"x\", email: \"x@example.org\"})".to_owned(),
    },
    Try {
        name: "exportAccount",
        how: "with another password than the present one",
        argument: |_, _| "(input: {password: \"x\"})".to_owned(),
    },
    Try {
        name: "eraseAccount",
        how: "with another password than the present one",
        argument: |_, _| "(input: {password: \"x\"})".to_owned(),
    },
    Try { name: "createToken", how: "", argument: |_, _| "(input: {name: \"nightly\", scopes: [READ]})".to_owned() },
    Try {
        name: "createToken",
        how: "for the owner",
        argument: |_, _| "(input: {name: \"nightly\", scopes: [READ], email: \"owner@example.org\"})".to_owned(),
    },
    Try {
        name: "endSession",
        how: "the owner's",
        argument: |campus, _| format!("(input: {{session: \"{}\"}})", campus.id("Session", "the owner")),
    },
    Try {
        name: "inviteUser",
        how: "",
        argument: |_, role| format!("(input: {{email: \"guest-{}@example.org\", name: \"Guest\"}})", plain_name(role)),
    },
    Try {
        name: "sendNewPassword",
        how: "to the outsider",
        argument: |_, _| "(input: {email: \"outsider@example.org\"})".to_owned(),
    },
    Try {
        name: "disableUser",
        how: "the outsider",
        argument: |_, _| "(input: {email: \"outsider@example.org\", disabled: false})".to_owned(),
    },
    Try {
        name: "impersonate",
        how: "the classmate",
        argument: |_, _| "(input: {email: \"classmate@example.org\", reason: \"a story\"})".to_owned(),
    },
    Try {
        name: "registerProgram",
        how: "",
        argument: |_, role| {
            let key = plain_name(role);
            format!(
                "(input: {{key: \"the-{key}\", name: \"A program\", redirects: [\"http://127.0.0.1/\"], scopes: [READ]}})"
            )
        },
    },
    Try {
        name: "removeProgram",
        how: "which they have just registered, if they may",
        argument: |_, role| format!("(input: {{clientId: \"the-{}\"}})", plain_name(role)),
    },
    Try {
        name: "setAdmin",
        how: "the outsider, who does not",
        argument: |_, _| "(input: {email: \"outsider@example.org\", admin: false})".to_owned(),
    },
    Try {
        name: "disconnectIdentity",
        how: "the owner's",
        argument: |campus, _| format!("(input: {{identity: \"{}\"}})", campus.id("ExternalIdentity", "the owner")),
    },
    Try {
        name: "disconnectIdentity",
        how: "the classmate's",
        argument: |campus, _| format!("(input: {{identity: \"{}\"}})", campus.id("ExternalIdentity", "the classmate")),
    },
    Try {
        name: "removeRole",
        how: "of which the course says nothing",
        argument: |_, _| "(input: {course: \"home\", key: \"nobody\"})".to_owned(),
    },
    Try {
        name: "removeRole",
        how: "of which the site says nothing",
        argument: |_, _| "(input: {key: \"nobody\"})".to_owned(),
    },
    Try {
        name: "setRole",
        how: "of the course",
        argument: |_, _| {
            "(input: {course: \"home\", key: \"helper\", name: \"Helper\", kind: LAB_ASSISTANT, permissions: [ATTEND, PREVIEW]})".to_owned()
        },
    },
    Try {
        name: "setRole",
        how: "of the site",
        argument: |_, _| {
            "(input: {key: \"student\", name: \"Student\", kind: STUDENT, permissions: [ATTEND]})".to_owned()
        },
    },
    Try {
        name: "enroll",
        how: "as an instructor",
        argument: |_, _| "(input: {email: \"outsider@example.org\", course: \"home\", role: INSTRUCTOR})".to_owned(),
    },
    Try {
        name: "unenroll",
        how: "the outsider",
        argument: |_, _| "(input: {email: \"outsider@example.org\", course: \"home\"})".to_owned(),
    },
    Try {
        name: "transferCourse",
        how: "",
        argument: |_, _| "(input: {email: \"instructor@example.org\", course: \"home\"})".to_owned(),
    },
    Try {
        name: "importRoster",
        how: "tried only",
        argument: |_, _| "(input: {course: \"home\", csv: \"email\\noutsider@example.org\", dryRun: true})".to_owned(),
    },
    Try {
        name: "createJoinCode",
        how: "",
        argument: |_, _| "(input: {course: \"home\", labSection: \"A2\"})".to_owned(),
    },
    Try {
        name: "revokeJoinCode",
        how: "",
        argument: |campus, _| format!("(input: {{joinCode: \"{}\"}})", campus.id("JoinCode", "of the course")),
    },
    Try { name: "joinCourse", how: "with nothing", argument: |_, _| "(input: {code: \"x\"})".to_owned() },
    Try {
        name: "score",
        how: "the owner's submission",
        argument: |campus, _| {
            let work = campus.id("Submission", "the owner");
            format!("(input: {{submission: \"{work}\", kind: \"style\", value: \"1\"}})")
        },
    },
    Try {
        name: "importScores",
        how: "of the owner's submission",
        argument: |campus, role| {
            let work = campus.id("Submission", "the owner");
            let kind = plain_name(role);
            format!(
                "(input: {{course: \"home\", scores: [{{submission: \"{work}\", kind: \"{kind}\", value: \"1\"}}]}})"
            )
        },
    },
    Try {
        name: "comment",
        how: "on the owner's submission",
        argument: |campus, _| {
            let work = campus.id("Submission", "the owner");
            format!("(input: {{submission: \"{work}\", filename: \"main.py\", line: 1, message: \"Why?\"}})")
        },
    },
    Try { name: "pauseLane", how: "", argument: |_, _| "(input: {lane: \"mail\", reason: \"a story\"})".to_owned() },
    Try { name: "resumeLane", how: "", argument: |_, _| "(input: {lane: \"mail\"})".to_owned() },
];

/// A role's name, for an address.
fn plain_name(role: &str) -> String {
    role.trim_matches(['(', ')']).replace(':', "-")
}

fn attempt(exercise: &str) -> String {
    format!("(input: {{exercise: \"{exercise}\", code: \"{CODE}\"}})")
}

pub async fn ask(campus: &Campus, shape: &Shape, table: &mut Table) {
    for Try { name, how, argument } in TRIES {
        one(campus, shape, table, (name, how), |role| argument(campus, role)).await;
    }
    for name in ["endOtherSessions", "rotateKeys", "signOut"] {
        one(campus, shape, table, (name, ""), |_| String::new()).await;
    }
}

async fn one(
    campus: &Campus,
    shape: &Shape,
    table: &mut Table,
    (name, how): (&str, &str),
    argument: impl Fn(&str) -> String,
) {
    let mutation = shape.fields("Mutation").iter().find(|field| field.name == name).expect("a mutation");
    let payload = shape.fields(&mutation.of);
    let parts: Vec<String> = payload.iter().map(|field| part(shape, field)).collect();
    let mut answers: Vec<Answer> = Vec::new();
    for (role, scope) in ROLES.iter().zip(&campus.scopes) {
        let text = format!("mutation {{ {name}{} {{ {} }} }}", argument(role.name), parts.join(" "));
        answers.push(Asker::new(&campus.world, scope).ask(&text).await);
    }
    let comma = if how.is_empty() { "" } else { ", " };
    table.section(format!("Mutation.{name}{comma}{how}"));
    table.row(format!("Mutation.{name}"), "(itself)", answers.iter().map(|answer| answer.cell(&[name])).collect());
    for field in payload {
        let cells = answers.iter().map(|answer| answer.cell(&[name, &field.name])).collect();
        table.row(format!("{}.{}", mutation.of, field.name), field.name.as_str(), cells);
        for below in plain(shape, field) {
            let path: &[&str] = match field.list {
                true => &[name, &field.name, "0", &below.name],
                false => &[name, &field.name, &below.name],
            };
            let cells = answers.iter().map(|answer| word(answer, path)).collect();
            table.row(format!("{}.{}", field.of, below.name), format!("{}.{}", field.name, below.name), cells);
        }
    }
}

/// The fields of what is no row but a part of the answer: its problems, for example.
fn plain<'s>(shape: &'s Shape, field: &Field) -> &'s [Field] {
    // What has a global id or a rule has rows elsewhere.
    let elsewhere = |fields: &&Vec<Field>| fields.iter().any(|field| ["id", "rule"].contains(&field.name.as_str()));
    shape.types.get(&field.of).filter(|fields| !elsewhere(fields)).map_or(&[], Vec::as_slice)
}

fn part(shape: &Shape, field: &Field) -> String {
    let below: Vec<String> = plain(shape, field).iter().map(|field| shape.selection(field)).collect();
    if below.is_empty() { shape.selection(field) } else { format!("{} {{ {} }}", field.name, below.join(" ")) }
}

/// A code says which problem it is; anything else is as everywhere.
fn word(answer: &Answer, path: &[&str]) -> String {
    match answer.at(path).filter(|_| path.last() == Some(&"code")) {
        Some(Value::String(code)) => code.clone(),
        _ => answer.cell(path),
    }
}
