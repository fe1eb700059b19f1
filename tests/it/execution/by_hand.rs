//! `lectern run-sandboxed`: programs run by hand, by root and by nobody.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::Value;
use tests::tools::launcher;

/// A folder that everybody can read, with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("by-hand").tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("ours");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn lectern(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(launcher());
    command.arg("run-sandboxed").args(words).current_dir(folder).env_remove("LECTERN_DATA_DIR");
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    lectern(folder, words).stdin(Stdio::null()).output().expect("it is built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(folder: &Path, words: &[&str]) -> Value {
    let output = run(folder, words);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr)))
}

#[test]
fn streams_and_status_are_the_programs() {
    let source = "import sys, os\nos.write(1, b'\\xff\\x00out\\n')\nos.write(2, b'err\\n')\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(7)\n";
    let folder = folder(&[("main.py", source), ("input.txt", "from a file")]);
    let output =
        run(folder.path(), &["--language", "python3", "--stdin", "input.txt", "main.py", "--", "--json", "b c"]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(output.stdout, b"\xff\x00out\n['--json', 'b c'] from a file\n");
    assert_eq!(text(&output.stderr), "err\n");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left behind");
}

#[test]
fn what_comes_in_on_standard_input_goes_on() {
    let folder = folder(&[("main.sh", "read line; echo \"got $line\"")]);
    let mut command = lectern(folder.path(), &["--language", "shell", "--stdin", "-", "main.sh"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it is built");
    child.stdin.take().expect("a pipe").write_all(b"words\n").expect("it reads");
    assert_eq!(text(&child.wait_with_output().expect("it ends").stdout), "got words\n");
}

#[test]
fn several_files_have_a_main_one() {
    let folder =
        folder(&[("a.py", "import b; print(b.x)"), ("b.py", "x = 'b'\nif __name__ == '__main__': print('main')\n")]);
    assert_eq!(text(&run(folder.path(), &["-l", "python3", "a.py", "b.py"]).stdout), "b\n");
    assert_eq!(text(&run(folder.path(), &["-l", "python3", "--main", "b.py", "a.py", "b.py"]).stdout), "main\n");
}

#[test]
fn limits_end_it_with_their_status_and_class() {
    let folder = folder(&[
        ("loop.py", "while True: pass"),
        ("sleep.py", "import time; time.sleep(60)"),
        (
            "memory.py",
            "x = bytearray(100 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nimport time; time.sleep(5)",
        ),
        ("print.py", "import sys\nwhile True: sys.stdout.write('x' * 1000)"),
        ("disk.py", "open('a', 'wb').write(bytes(3 << 20))"),
        ("crash.py", "import os; os.abort()"),
    ]);
    for (limit, file, class, status) in [
        ("cpu=300ms", "loop.py", "cpu_time_limit", 124),
        ("wall=0.3s", "sleep.py", "wall_time_limit", 124),
        ("memory=64MiB", "memory.py", "memory_limit", 137),
        ("output=5000", "print.py", "output_limit", 137),
        ("disk=1MiB", "disk.py", "disk_limit", 137),
        ("files=500", "crash.py", "signal", 134),
    ] {
        let words = ["--language", "python3", "--limit", limit, "--json", file];
        let output = run(folder.path(), &words);
        let object: Value = serde_json::from_slice(&output.stdout).expect("one object");
        assert_eq!(
            (object["class"].as_str(), output.status.code()),
            (Some(class), Some(status)),
            "{limit}: {object:#}"
        );
        // That line is about the time which pages give to everybody.
        assert!(object["stderr"].as_str().is_some_and(|said| !said.contains("interrupted")), "{limit}: {object:#}");
    }
}

#[test]
fn json_tells_everything_that_was_measured() {
    let source =
        "#include <stdio.h>\nint main(void) { int unused; puts(\"out\"); fputs(\"\\xff\", stderr); return 0; }\n";
    let folder = folder(&[("main.c", source)]);
    let object = json(folder.path(), &["--language", "c", "--json", "main.c"]);
    for (key, value) in
        [("class", "ok"), ("stdout", "out\n"), ("stderr", "\u{FFFD}"), ("stderr_base64", "/w=="), ("verdict", "passed")]
    {
        assert_eq!(object[key], value, "{key}: {object:#}");
    }
    assert_eq!((&object["exit_code"], &object["stdout_bytes"]), (&Value::from(0), &Value::from(4)));
    for key in [
        "signal",
        "cpu_us",
        "wall_us",
        "setup_us",
        "peak_memory_bytes",
        "processes_peak",
        "oom_kills",
        "process_limit_hits",
        "disk_full",
        "kill_cause",
        "tier",
        "sandbox_error",
        "cached",
    ] {
        assert!(object.get(key).is_some(), "{key} is missing: {object:#}");
    }
    assert!(object.get("stdout_base64").is_none(), "it is text");
    let steps: Vec<_> = object["steps"].as_array().expect("steps").iter().map(|step| &step["name"]).collect();
    assert_eq!(steps, ["build", "run"]);
    assert_eq!(object["diagnostics"][0]["severity"], "warning", "{object:#}");
    let object = json(folder.path(), &["--language", "c", "--mode", "check", "--json", "main.c"]);
    assert_eq!((&object["class"], &object["steps"][0]["name"]), (&Value::from("ok"), &Value::from("check")));
}

#[test]
fn a_build_that_fails_decides() {
    let folder = folder(&[("main.c", "int main(void) { return x; }\n")]);
    let object = json(folder.path(), &["--language", "c", "--json", "main.c"]);
    assert_eq!((&object["class"], &object["exit_code"]), (&Value::from("nonzero"), &Value::from(1)), "{object:#}");
    assert_eq!(
        (&object["verdict"], &object["diagnostics"][0]["line"]),
        (&Value::from("build_failed"), &Value::from(1))
    );
    let output = run(folder.path(), &["--language", "c", "main.c"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(text(&output.stderr).contains("undeclared"));
}

#[test]
fn misuse_is_told_with_status_2() {
    let folder = folder(&[("main.py", "")]);
    for (words, told) in [
        (&["--language", "cobol", "main.py"][..], "no language `cobol` here; there are ada, c, c++"),
        (&["--language", "python3", "absent.py"], "absent.py cannot be read: No such file"),
        (&["--language", "python3", "--mode", "fly", "main.py"], "no mode \"fly\"; its modes are check, run, submit"),
        (
            &["--language", "python3", "--limit", "speed=1", "main.py"],
            "no limit `speed`; the names are cpu, wall, memory",
        ),
        (&["--language", "python3", "--limit", "cpu=fast", "main.py"], "`cpu=fast`: write a time"),
        (&["--language", "python3", "--main", "b.py", "main.py"], "The file `b.py` is missing"),
        (&["--language", "python3", "--stdin", "absent.txt", "main.py"], "absent.txt cannot be read"),
        (&["--language", "python3"], "<FILE>"),
    ] {
        let output = run(folder.path(), words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(told), "{words:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "", "{words:?}");
    }
}

#[test]
fn an_interrupt_ends_it_with_what_it_has_said() {
    let folder = folder(&[("main.sh", "echo begun; sleep 60; echo never")]);
    let mut command = lectern(folder.path(), &["--language", "shell", "--limit", "wall=50s", "main.sh"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is built");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "begun", "it comes while the program runs");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("alive");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(lines.next().is_none());
}

#[test]
fn nobody_can_do_it_too() {
    if !geteuid().is_root() {
        return;
    }
    let folder = folder(&[("main.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 5; }\n")]);
    let copy = folder.path().join("lectern");
    std::fs::copy(launcher(), &copy).expect("a copy");
    let output = Command::new("/usr/bin/setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"])
        .arg(copy)
        .args(["run-sandboxed", "--language", "c", "main.c"])
        .current_dir(folder.path())
        .output()
        .expect("setpriv is there");
    assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(5), "hello\n"), "{}", text(&output.stderr));
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    let folder = folder(&[("main.sh", "echo lost")]);
    for words in [&["--language", "shell", "main.sh"][..], &["--language", "shell", "--json", "main.sh"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let output = lectern(folder.path(), words).stdout(full).output().expect("it is built");
        assert_eq!(output.status.code(), Some(130), "{words:?}: {}", text(&output.stderr));
        assert_eq!(
            text(&output.stderr),
            "lectern: the output cannot be written: No space left on device (os error 28)\n",
            "{words:?}"
        );
    }
}

#[test]
fn a_narrow_umask_changes_nothing() {
    let folder = folder(&[("main.sh", "stat -c '%a %n' . main.sh /etc/passwd")]);
    let run = |umask: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(launcher());
        command.args(["run-sandboxed", "--language", "shell", "main.sh"]).current_dir(folder.path());
        let output = command.env_remove("LECTERN_DATA_DIR").output().expect("there is a shell");
        text(&output.stdout) + &text(&output.stderr)
    };
    assert_eq!(run("777"), "755 .\n644 main.sh\n644 /etc/passwd\n");
    assert_eq!(run("000"), run("777"));
}

#[test]
fn whoever_may_not_see_the_sites_languages_has_those_that_are_brought() {
    if !geteuid().is_root() {
        return;
    }
    let folder = folder(&[("main.sh", "echo hello")]);
    let copy = folder.path().join("lectern");
    std::fs::copy(launcher(), &copy).expect("a copy");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("new");
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).expect("ours");
    let output = Command::new("/usr/bin/setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"])
        .arg(copy)
        .args(["run-sandboxed", "--language", "shell", "main.sh"])
        .env("LECTERN_DATA_DIR", &data)
        .current_dir(folder.path())
        .output()
        .expect("setpriv is there");
    assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(0), "hello\n"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("data/toolchains cannot be read"), "{}", text(&output.stderr));
}
