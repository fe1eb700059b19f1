//! Folders made to hurt whoever reads them: each is told, and none takes more than 64 MiB beside what a small folder takes.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tests::folder::{Folder, code, text};
use tests::tools::launcher;

/// How much memory reading may take, in KiB, for ten megabytes of input.
const MOST: u64 = 64 << 10;
/// Runs a program, and says behind its output how much memory it took at most, in KiB.
const MEASURED: &str = "import resource, subprocess, sys\n\
    done = subprocess.run(sys.argv[1:])\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
    sys.exit(done.returncode)";

/// What an author is told, the status, and the memory that it took.
fn check(folder: &Path) -> (String, Option<i32>, u64) {
    let mut command = Command::new("python3");
    command.args(["-c", MEASURED]).arg(launcher()).args(["check", "--no-run"]).arg(folder);
    let output = command.env_remove("LECTERN_DATA_DIR").env_remove("LECTERN_CONTENT_DIR").output().expect("python3");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let (told, memory) = told.trim_end().rsplit_once('\n').expect("two lines");
    (told.to_owned(), output.status.code(), memory.parse().expect("a number"))
}

fn sound() -> Folder {
    let folder = Folder::new(&[1], "");
    folder.mission(1, &[text("intro"), code("sum", "## Display\n## Answer\nx = 1\n## Check vars\n[\"x\"]")]);
    folder
}

/// A notebook around these cells.
fn notebook(cells: &str) -> String {
    format!(
        "{{\"nbformat\": 4, \"nbformat_minor\": 4, \"metadata\": {{\"kernelspec\": {{\"name\": \"python3\"}}}}, \"cells\": {cells}}}"
    )
}

/// A screen of that text, as cells.
fn screen(body: &str) -> String {
    let marker = "<!-- key=\"intro\" type=\"text\" concepts=\"sums\" -->\n# Title\n\nText.\n\n";
    json!([{"cell_type": "markdown", "metadata": {}, "source": format!("{marker}{body}")}]).to_string()
}

const NOTEBOOK: &str = "missions/1/Mission1.ipynb";
const META: &str = "missions/1/meta.yml";
/// Just below what a notebook may have.
const LARGE: usize = (10 << 20) - 1000;

#[test]
fn reading_takes_little_whatever_is_read() {
    let small = sound();
    let (told, status, usual) = check(small.path());
    assert_eq!(status, Some(0), "{told}");
    let deep = |open: &str, close: &str, times: usize| open.repeat(times) + &close.repeat(times);
    let cell = |part: &str| format!("[{{\"cell_type\": \"markdown\", \"source\": \"x\", {part}}}]");
    let cases: Vec<(&str, &str, String, &str)> = vec![
        (
            "numbers for cells",
            NOTEBOOK,
            notebook(&format!("[{}0]", "0,".repeat(LARGE / 2))),
            "only the first 100 cells",
        ),
        ("empty cells", NOTEBOOK, notebook(&format!("[{}{{}}]", "{},".repeat(LARGE / 3))), "cell 0 has no `cell_type`"),
        ("a list that is nested", NOTEBOOK, notebook(&deep("[", "]", 10_000)), "nested more than 1000 deep"),
        ("a root that is nested", NOTEBOOK, deep("[", "]", LARGE / 2), "nested more than 1000 deep"),
        ("never closed", NOTEBOOK, "[".repeat(LARGE), "nested more than 1000 deep"),
        (
            "metadata of numbers",
            NOTEBOOK,
            notebook(&cell(&format!("\"metadata\": {{\"screen\": [{}0]}}", "0,".repeat(LARGE / 2)))),
            "screen.bad-attribute",
        ),
        (
            "metadata that are nested",
            NOTEBOOK,
            notebook(&cell(&format!("\"metadata\": {{\"a\": {}}}", deep("[", "]", 100_000)))),
            "notebook.no-screens",
        ),
        ("emphasis", NOTEBOOK, notebook(&screen(&"*a* ".repeat(LARGE / 4))), "has more than 128 KiB of text"),
        ("as much emphasis as may be", NOTEBOOK, notebook(&screen(&"*a*_b_".repeat(21_000))), "0 errors"),
        ("quotes in quotes", NOTEBOOK, notebook(&screen(&">".repeat(100_000))), "0 errors"),
        ("links in links", NOTEBOOK, notebook(&screen(&"[".repeat(100_000))), "0 errors"),
        ("lists in lists", NOTEBOOK, notebook(&screen(&"- ".repeat(60_000))), "0 errors"),
        ("a marker that is long", NOTEBOOK, notebook(&screen("").replace("type=", &"a=b ".repeat(30_000))), "screen."),
        ("laughs", META, format!("a: &a [x]\nb: [{}*a]\n", "*a, ".repeat(200_000)), "yaml.syntax"),
        ("YAML that is nested", META, deep("[", "]", 500_000), "yaml.syntax"),
        ("YAML that is nested in blocks", META, "- ".repeat(500_000), "meta.yml"),
        ("YAML of numbers", META, format!("a: [{}0]\n", "0,".repeat(500_000)), "meta.unknown-key"),
        (
            "a list of names that is nested",
            NOTEBOOK,
            {
                let exercise = format!("## Display\n## Answer\nx = 1\n## Check vars\n{}", deep("[", "]", 60_000));
                let whole = sound();
                whole.mission(1, &[text("intro"), code("sum", &exercise)]);
                std::fs::read_to_string(whole.path().join(NOTEBOOK)).expect("just written")
            },
            "check.vars-format",
        ),
    ];
    for (name, file, content, words) in cases {
        let folder = sound();
        folder.write(file, &content);
        let (told, status, memory) = check(folder.path());
        let shown: String = told.chars().take(2_000).collect();
        assert!(matches!(status, Some(0 | 1)), "{name}: {status:?} {shown}");
        assert!(told.contains(words), "{name}: {shown}");
        assert!(memory < usual + MOST, "{name}: {memory} KiB, usually {usual}");
    }
}

#[test]
fn what_is_no_file_holds_up_nobody() {
    let folder = sound();
    let place = folder.path().join("missions/1/pipe");
    nix::unistd::mkfifo(&place, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let (told, status, _) = check(folder.path());
    assert!(
        status == Some(1) && told.contains("missions/1/pipe: error repo.unreadable: this is not a plain file"),
        "{told}"
    );
    // A gigabyte that nobody lists is nobody's business, and a listed one is refused by its size.
    let folder = sound();
    let large = std::fs::File::create(folder.path().join("missions/1/large.csv")).expect("a file");
    large.set_len(1 << 30).expect("a hole");
    let (told, status, _) = check(folder.path());
    assert_eq!(status, Some(0), "{told}");
    let meta = std::fs::read_to_string(folder.path().join(META)).expect("a file");
    folder.write(META, &format!("{meta}file_list: [large.csv]\n"));
    let (told, status, _) = check(folder.path());
    assert!(status == Some(1) && told.contains("missions/1/large.csv: error repo.too-large"), "{told}");
}
