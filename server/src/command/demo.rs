//! `demo`: the main job end to end, on a site of its own in `./demo-data`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use actors::content::sync::{self, Syncing};
use actors::course::enroll::{About, As, enroll};
use actors::identity::create_user::{CreateUserCode, NewUser, create_user};
use actors::live::follow;
use actors::problem::{Fault, Problem};
use entity::course::enrollment::Role as CourseRole;
use entity::job::event::Stream;
use entity::viewer::ViewerScope;
use futures_util::StreamExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::CommandError;
use super::serve::serve_until_stopped;
use crate::app::{App, Role};
use crate::config::{Config, Mode, Secret};

/// The content of the demonstration.
const CONTENT: &str = "examples/content";
/// The model solution that the demonstration hands in.
const SOLUTION: &str = "examples/solutions/word-counts/words.py";
const FOLDER: &str = "demo-data";
const COURSES: [&str; 2] = ["python-first-steps", "data-in-the-wild"];

/// The people of the demonstration. The first is the administrator, the second the teacher.
const PEOPLE: [(&str, &str); 5] = [
    ("admin@lectern.example", "Robin Admin"),
    ("teacher@lectern.example", "Toni Teacher"),
    ("ada@lectern.example", "Ada Student"),
    ("ben@lectern.example", "Ben Student"),
    ("eve@lectern.example", "Eve Student"),
];

/// A person and the password that was made up for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SignIn {
    email: String,
    name: String,
    password: String,
}

/// The configuration of the demonstration: its own folder, and the examples.
pub(super) fn config(mut config: Config) -> Result<Config, CommandError> {
    if !Path::new(CONTENT).is_dir() {
        return Err(CommandError::told(format!(
            "{CONTENT} is not here; run the demonstration in the folder of the project"
        )));
    }
    if config.data_dir == Path::new("lectern-data") {
        config.data_dir = PathBuf::from(FOLDER);
        if config.is_embedded() {
            config.database_url = Secret::new(format!("sqlite:{FOLDER}/lectern.db"));
        }
    }
    config.content_dir = PathBuf::from(CONTENT);
    config.mode = Mode::Development;
    Ok(config)
}

/// Prepares the site, serves it, and says what to try.
pub(super) async fn demo(config: Config) -> Result<ExitCode, CommandError> {
    let folder = config.data_dir.clone();
    let app = App::build(config, Role::Serve).await?;
    let prepared = prepare(&app, &folder).await;
    let people = match prepared {
        Ok(people) => people,
        Err(error) => {
            app.drain().await;
            return Err(error);
        }
    };
    serve_until_stopped(app, |address| invite(address, &folder, &people)).await
}

async fn prepare(app: &App, folder: &Path) -> Result<Vec<SignIn>, CommandError> {
    let sandbox = app.kernel.deps.workshop.sandbox.probe().await;
    sandbox.map_err(|missing| CommandError::told(format!("programs cannot be run here: {missing}")))?;
    let owner = ViewerScope::system("the demonstration");
    let people = sign_ins(folder)?;
    for (index, person) in people.iter().enumerate() {
        let new = NewUser {
            email: person.email.clone(),
            name: person.name.clone(),
            password: person.password.clone(),
            admin: index == 0,
        };
        match create_user(&app.kernel.deps, &owner, new).await {
            Ok(_) => {}
            Err(Problem::Refused(refused)) if refused.code == CreateUserCode::EmailTaken => {}
            Err(problem) => return Err(told(problem)),
        }
    }
    println!("Synchronising {CONTENT} (each mission's code is run in the sandbox) …");
    let syncing = sync::sync(&app.kernel.deps, &owner, &[]).await.map_err(told)?;
    watch(app, syncing).await?;
    for (index, person) in people.iter().enumerate().skip(1) {
        let role = if index == 1 { CourseRole::Instructor } else { CourseRole::Student };
        for course in COURSES {
            enroll(&app.kernel.deps, &owner, &person.email, course, &As::Kind(role), About::default())
                .await
                .map_err(told)?;
        }
    }
    write_requests(app, folder, &people).await?;
    Ok(people)
}

async fn watch(app: &App, syncing: Syncing) -> Result<(), CommandError> {
    for subject in &syncing.unchanged {
        println!("  {subject:<28} unchanged");
    }
    for target in syncing.jobs {
        let mut events = Box::pin(follow::stream(app.kernel.deps.clone(), Stream::Job(target.job), 0));
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| CommandError::told(error.to_string()))?;
            match event.kind.as_str() {
                "synced" => println!("  {:<28} {}", target.subject, event.data["outcome"].as_str().unwrap_or_default()),
                "done" => break,
                "dead" | "cancelled" => {
                    let error = event.data["error"].as_str().unwrap_or_default();
                    return Err(CommandError::told(format!("{} could not be synchronised: {error}", target.subject)));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn told<C: std::fmt::Debug>(problem: Problem<C>) -> CommandError {
    match problem {
        Problem::Refused(refused) => CommandError::told(refused.message),
        Problem::Fault(fault) => CommandError::told(fault.to_string()),
    }
}

/// The sign-ins of an earlier start, or new ones.
fn sign_ins(folder: &Path) -> Result<Vec<SignIn>, CommandError> {
    let path = folder.join("sign-ins.json");
    let broken = |error: String| {
        CommandError::told(format!("{} cannot be used: {error}; remove {FOLDER} to begin anew", path.display()))
    };
    if path.exists() {
        let text = fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
        return serde_json::from_str(&text).map_err(|error| broken(error.to_string()));
    }
    let people = PEOPLE.iter().map(|(email, name)| {
        Ok(SignIn {
            email: (*email).to_owned(),
            name: (*name).to_owned(),
            password: made_up_password().map_err(|fault| broken(fault.to_string()))?,
        })
    });
    let people = people.collect::<Result<Vec<_>, CommandError>>()?;
    write_private(&path, &json!(people).to_string()).map_err(|error| broken(error.to_string()))?;
    Ok(people)
}

/// Letters that are not mistaken for one another, twelve of them: 2^59.
fn made_up_password() -> Result<String, Fault> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Internal(format!("no randomness: {error}")))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-"))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The requests that the invitation names, so that they can be sent as they are and no password stands on a command line.
async fn write_requests(app: &App, folder: &Path, people: &[SignIn]) -> Result<(), CommandError> {
    use entity::assignment;
    let broken = |error: String| CommandError::told(format!("{} cannot be written to: {error}", folder.display()));
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token problems { message } } }";
    for person in people {
        let name = person.email.split('@').next().unwrap_or_default();
        let body = json!({ "query": sign_in, "variables": { "input": { "email": person.email, "password": person.password } } });
        write_private(&folder.join(format!("sign-in-{name}.json")), &body.to_string())
            .map_err(|error| broken(error.to_string()))?;
    }
    let endpoint = "data-in-the-wild/word-counts";
    let row = assignment::Entity::find()
        .filter(assignment::Column::Endpoint.eq(endpoint))
        .one(app.kernel.deps.db.read())
        .await;
    let row = row.map_err(|error| broken(error.to_string()))?;
    let row = row.ok_or_else(|| CommandError::told(format!("the examples have no assignment {endpoint}")))?;
    let solution = fs::read_to_string(SOLUTION).map_err(|error| CommandError::told(format!("{SOLUTION}: {error}")))?;
    let submit = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } run { id } problems { message } } }";
    let files = json!([{ "name": row.main, "text": solution }]);
    let assignment = entity::id::encode(entity::id::Kind::Assignment, row.id);
    let body = json!({ "query": submit, "variables": { "input": { "assignment": assignment, "files": files } } });
    write_private(&folder.join("submit.json"), &body.to_string()).map_err(|error| broken(error.to_string()))?;
    let overview = format!(
        "{{ assignment(endpoint: \"{endpoint}\") {{ title submissions {{ nodes {{ id submitter {{ name }} scores {{ value maximum }} \
         runs {{ nodes {{ verdict tests {{ name passed }} }} }} }} }} }} }}"
    );
    write_private(&folder.join("scores.json"), &json!({ "query": overview }).to_string())
        .map_err(|error| broken(error.to_string()))
}

fn invite(address: SocketAddr, folder: &Path, people: &[SignIn]) {
    let folder = folder.display();
    println!("\nLectern is ready at http://{address}\n\nSign-ins (kept in {folder}/sign-ins.json):");
    for person in people {
        println!("  {:<26} {}   {}", person.email, person.password, person.name);
    }
    println!(
        "\nThree things to try:\n\n\
         1. Open http://{address} in a browser, sign in as ada@lectern.example, pick an exercise, edit it and run it.\n\n\
         2. Hand in an assignment as Ada, by GraphQL (the answer has the ids of the submission and its run):\n\n\
         curl -s http://{address}/graphql -H 'content-type: application/json' -d @{folder}/sign-in-ada.json \\\n  \
         | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/authorization: Bearer \\1/' > {folder}/ada.header\n\
         curl -s http://{address}/graphql -H 'content-type: application/json' -H @{folder}/ada.header -d @{folder}/submit.json\n\n\
         3. See her score as the teacher, and the letter that she got:\n\n\
         curl -s http://{address}/graphql -H 'content-type: application/json' -d @{folder}/sign-in-teacher.json \\\n  \
         | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/authorization: Bearer \\1/' > {folder}/teacher.header\n\
         curl -s http://{address}/graphql -H 'content-type: application/json' -H @{folder}/teacher.header -d @{folder}/scores.json\n\
         cat {folder}/mail/*.eml\n\n\
         GraphiQL is at http://{address}/graphiql. Ctrl-C stops; the next start keeps everything.\n"
    );
}
