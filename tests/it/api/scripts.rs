//! The scripts for staff, each run as it stands in the examples, with the clients of others.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use tests::cookbook;
use tokio::process::Command;

use super::kitchen::{ASSIGNMENT, COURSE, Kitchen, cook};

/// One of the scripts, by its name without what tells its language.
const PYTHON: &str = "py";
const TYPESCRIPT: &str = "js";

fn script(kitchen: &Kitchen, language: &str, name: &str, words: &[&str]) -> Command {
    let (program, file): (&str, PathBuf) = match language {
        PYTHON => ("python3", cookbook::scripts().join(format!("python/{}.py", name.replace('-', "_")))),
        _ => ("node", cookbook::compiled_scripts().join(format!("out/{name}.js"))),
    };
    let mut command = Command::new(program);
    command.arg(file).args(words).current_dir(kitchen.folder()).env("PYTHONPATH", cookbook::gql());
    command.env("LECTERN_URL", format!("http://{}", kitchen.site.address)).env("LECTERN_TOKEN_FILE", "toni");
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn ended(kitchen: &Kitchen, language: &str, name: &str, words: &[&str]) -> Output {
    script(kitchen, language, name, words).output().await.expect("it can be started")
}

/// Runs one that must end well; what it printed.
async fn run(kitchen: &Kitchen, language: &str, name: &str, words: &[&str]) -> String {
    let output = ended(kitchen, language, name, words).await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}.{language} {words:?}: {out}{err}");
    out.into_owned()
}

async fn hand_in(kitchen: &Kitchen) {
    let assignment = kitchen.assignment().await;
    for who in ["ada", "eve", "ada"] {
        kitchen.run(who, "hand_in.py", &[&assignment, "words.py"]).await;
    }
}

#[test]
fn finals_are_listed_downloaded_and_scored() {
    cook(|kitchen| async move {
        hand_in(&kitchen).await;
        let original = std::fs::read(kitchen.folder().join("words.py")).expect("a file");
        for language in [PYTHON, TYPESCRIPT] {
            let listed = run(&kitchen, language, "finals", &[ASSIGNMENT]).await;
            let people: Vec<&str> = listed.lines().filter_map(|line| line.split('\t').nth(1)).collect();
            assert_eq!(people.len(), 2, "{listed}");
            assert!(people.contains(&"ada@example.org") && people.contains(&"eve@example.org"), "{listed}");
            let folder = format!("work-{language}");
            let said = run(&kitchen, language, "download", &[ASSIGNMENT, &folder]).await;
            assert!(said.starts_with("2 "), "{said}");
            let own = match language {
                PYTHON => "ada@example.org".to_owned(),
                _ => listed
                    .lines()
                    .find(|line| line.contains("ada@"))
                    .and_then(|line| line.split('\t').next())
                    .expect("an id")
                    .to_owned(),
            };
            let file = kitchen.folder().join(&folder).join(own).join("words.py");
            assert_eq!(std::fs::read(file).expect("a file"), original, "{language}");
            let nowhere = ended(&kitchen, language, "download", &["nowhere", &folder]).await;
            assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
            assert!(String::from_utf8_lossy(&nowhere.stderr).contains("There is nothing here."), "{nowhere:?}");
            // Tried first, then done, and once however often it is run.
            let table = kitchen.folder().join("scores.csv");
            let scores = format!("email,assignment,kind,value\nada@example.org,word-counts,{language},2.5\n");
            std::fs::write(&table, &scores).expect("room for a file");
            let words = [COURSE, "scores.csv", language];
            for more in [&["--dry-run"][..], &[], &[]] {
                let said = run(&kitchen, language, "give-scores", &[&words, more].concat()).await;
                assert_eq!(said, "1 given, 0 refused\n", "{more:?}");
            }
            std::fs::write(&table, scores.replace("2.5", "3")).expect("room for a file");
            let reused = ended(&kitchen, language, "give-scores", &words).await;
            assert!(
                !reused.status.success() && String::from_utf8_lossy(&reused.stderr).contains("under that key"),
                "{reused:?}"
            );
            std::fs::write(&table, scores.replace("ada", "nobody")).expect("room for a file");
            let another = format!("another-{language}");
            let some = ended(&kitchen, language, "give-scores", &[COURSE, "scores.csv", &another]).await;
            assert_eq!(some.status.code(), Some(1), "{some:?}");
            assert!(String::from_utf8_lossy(&some.stderr).starts_with("line 2: "), "{some:?}");
        }
        kitchen.site.end().await;
    });
}

#[test]
fn a_roster_is_looked_at_before_it_is_imported() {
    cook(|kitchen| async move {
        for (language, tried, done) in [
            (PYTHON, "1 invited, 1 unchanged\n", "1 invited, 1 unchanged\n"),
            (TYPESCRIPT, "1 changed, 0 refused\n", "1 changed, 0 refused\n"),
        ] {
            let table = format!("email,name\nada@example.org,\n{language}@example.org,Somebody New\n");
            std::fs::write(kitchen.folder().join("roster.csv"), table).expect("room for a file");
            let looked = ended(&kitchen, language, "roster", &[COURSE, "roster.csv"]).await;
            let said = String::from_utf8_lossy(&looked.stdout).into_owned();
            assert!(!looked.status.success() && said.ends_with(tried), "{looked:?}");
            let said = run(&kitchen, language, "roster", &[COURSE, "roster.csv", "--yes"]).await;
            assert!(said.ends_with(done), "{said}");
            let looked = ended(&kitchen, language, "roster", &[COURSE, "roster.csv"]).await;
            let said = String::from_utf8_lossy(&looked.stdout).into_owned();
            assert!(said.ends_with("2 unchanged\n") || said.ends_with("0 changed, 0 refused\n"), "{said}");
        }
        kitchen.site.end().await;
    });
}
