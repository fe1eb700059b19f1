//! What is read from files of toolchains, and what is told of those that are wrong.

use super::Toolchains;

const WORKING: &str = r#"
title = "Words"
sources = ["txt"]
[modes]
run = ["run"]
[steps.run]
purpose = "run"
argv = ["/bin/cat", "{main}"]
say = "cat {main}"
[detect]
command = "/bin/cat"
version = ["/bin/cat", "--version"]
package = "coreutils"
"#;

fn load(files: &[(&str, &str)]) -> Result<Toolchains, String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let prefix = format!("{}/", folder.path().display());
    Toolchains::load(folder.path()).map_err(|mistakes| super::lines(&mistakes).replace(&prefix, ""))
}

#[test]
fn every_language_of_the_binary_is_readable() {
    let all = Toolchains::built_in();
    assert_eq!(all.names(), "ada, c, c++, java, javascript, python3, rust, shell");
    for toolchain in all.iter() {
        assert!(toolchain.modes.contains_key("run") && toolchain.modes.contains_key("check"), "{}", toolchain.title);
    }
}

#[test]
fn a_file_adds_a_language_or_replaces_one() {
    let all = load(&[("words.toml", WORKING), ("c.toml", WORKING), ("README", "not TOML")]).expect("good files");
    assert_eq!(all.get(&"words".parse().unwrap()).expect("added").title, "Words");
    assert_eq!(all.get(&"c".parse().unwrap()).expect("replaced").title, "Words");
    assert!(Toolchains::load("/nonexistent".as_ref()).is_ok(), "no folder is an empty one");
}

#[test]
fn all_mistakes_are_told_with_their_place() {
    let broken = WORKING
        .replace("title = \"Words\"", "titel = \"Words\"")
        .replace("purpose = \"run\"", "purpose = \"walk\"")
        .replace("command =", "comand =");
    let told = load(&[("a.toml", &broken), ("b.toml", "title = "), ("C#.toml", WORKING)]).expect_err("mistakes");
    for part in [
        "a.toml, line 2: there is no key `titel`",
        "the key `title` is missing",
        "a.toml, line 6: [steps.run] unknown variant `walk`",
        "a.toml, line 10: [detect]",
        "b.toml, line 1: it is not TOML",
        "C#.toml: \"C#\" cannot be a language's name",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
}

#[test]
fn what_leads_nowhere_is_told() {
    for (from, to, said) in [
        ("run = [\"run\"]", "run = [\"build\", \"run\"]", "line 5: [modes] `run`: there is no step `build`"),
        ("run = [\"run\"]", "run = [\"run\", \"run\"]", "comes last"),
        ("\"{main}\"]", "\"{mian}\"]", "line 8: [steps.run] nothing fills the hole `mian`"),
        ("[\"/bin/cat\", \"{main}\"]", "[\"cat\"]", "begins with the path of a program"),
        ("say =", "limits = { memory_mib = 1 }\nsay =", "`memory_mib` is 16 to 16384"),
        ("say =", "timeout_s = 5\nsay =", "leave `timeout_s` out"),
        ("[modes]", "diagnostics = '^(?<file>.*)$'\n[modes]", "has the groups"),
        ("[modes]", "diagnostics = '('\n[modes]", "is not a regular expression"),
    ] {
        let told = load(&[("words.toml", &WORKING.replace(from, to))]).expect_err(said);
        assert!(told.contains(said), "{said:?} is missing in\n{told}");
    }
}
