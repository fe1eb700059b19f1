//! What the types of a toolchain cannot say: that its names lead somewhere and its numbers are sensible.

use super::fill::{HOLES, TEMPLATE_HOLES, holes_of};
use super::read::Reader;
use super::{Limits, Purpose, Step, Toolchain};

pub fn verify(toolchain: &Toolchain, reader: &mut Reader<'_>) {
    if toolchain.title.is_empty() || toolchain.title.len() > 64 {
        reader.tell("", "title", "`title` has 1 to 64 letters");
    }
    if toolchain.sources.is_empty() {
        reader.tell("", "sources", "`sources` names at least one ending, such as \"c\"");
    }
    environment(toolchain, reader);
    modes(toolchain, reader);
    for (name, step) in &toolchain.steps {
        verify_step(toolchain, name, step, reader);
    }
    if let Some(harness) = &toolchain.harness {
        argv(toolchain, "harness", &harness.argv, reader);
        limits("harness", harness.limits, reader);
    }
    templates(toolchain, reader);
    if !toolchain.detect.command.starts_with('/') {
        reader.tell("detect", "command", "`command` is the whole path of a program: /usr/bin/…");
    }
    if !toolchain.detect.version.is_empty() {
        argv(toolchain, "detect", &toolchain.detect.version, reader);
    }
    if let Some(pattern) = &toolchain.diagnostics
        && ["file", "line", "message"].iter().any(|group| !pattern.capture_names().flatten().any(|name| name == *group))
    {
        reader.tell(
            "",
            "diagnostics",
            "`diagnostics` has the groups (?<file>…), (?<line>…) and (?<message>…), and may have column and severity",
        );
    }
}

fn environment(toolchain: &Toolchain, reader: &mut Reader<'_>) {
    for (name, value) in &toolchain.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            reader.tell("environment", name, format!("{name:?} cannot be a variable"));
        }
    }
}

fn modes(toolchain: &Toolchain, reader: &mut Reader<'_>) {
    if toolchain.modes.is_empty() {
        reader.tell("", "modes", "[modes] names at least one mode, such as run = [\"run\"]");
    }
    for (mode, steps) in &toolchain.modes {
        let known: Vec<_> = toolchain.steps.keys().map(String::as_str).collect();
        if steps.is_empty() {
            reader.tell("modes", mode, format!("the mode `{mode}` has no step"));
        }
        for step in steps.iter().filter(|step| !toolchain.steps.contains_key(*step)) {
            reader.tell(
                "modes",
                mode,
                format!("`{mode}`: there is no step `{step}`; the steps are {}", known.join(", ")),
            );
        }
        let purposes: Vec<_> =
            steps.iter().filter_map(|step| toolchain.steps.get(step)).map(|step| step.purpose).collect();
        if purposes.iter().rev().skip(1).any(|purpose| *purpose == Purpose::Run) {
            reader.tell("modes", mode, format!("`{mode}`: a step whose purpose is `run` comes last"));
        }
    }
}

fn verify_step(toolchain: &Toolchain, name: &str, step: &Step, reader: &mut Reader<'_>) {
    let section = format!("steps.{name}");
    argv(toolchain, &section, &step.argv, reader);
    limits(&section, step.limits, reader);
    for output in &step.outputs {
        if output.is_empty() || output.contains(['/', '\0']) || output.starts_with('.') {
            reader.tell(&section, "outputs", format!("{output:?} is not a plain file name"));
        }
    }
    match step.purpose {
        Purpose::Build if step.outputs.is_empty() => reader.tell(&section, "outputs", "a build names its `outputs`"),
        Purpose::Run if step.timeout_s.is_some() => {
            reader.tell(&section, "timeout_s", "a run has its time from whoever asks for it; leave `timeout_s` out");
        }
        Purpose::Build | Purpose::Check | Purpose::Prove if !step.timeout_s.is_some_and(|s| (1..=120).contains(&s)) => {
            reader.tell(&section, "timeout_s", "`timeout_s` is 1 to 120 seconds of processor time");
        }
        _ => {}
    }
    if step.wall_s.is_some_and(|seconds| !(1..=600).contains(&seconds)) {
        reader.tell(&section, "wall_s", "`wall_s` is 1 to 600 seconds on the clock");
    }
    let holes =
        holes_of(&step.say, "{", "}").into_iter().chain(step.outputs.iter().flat_map(|name| holes_of(name, "{", "}")));
    for hole in holes.filter(|hole| !is_hole(toolchain, hole, &HOLES)).collect::<Vec<_>>() {
        reader.tell(&section, "say", unknown_hole(hole, &HOLES));
    }
}

fn argv(toolchain: &Toolchain, section: &str, argv: &[String], reader: &mut Reader<'_>) {
    let key = if section == "detect" { "version" } else { "argv" };
    if !argv.first().is_some_and(|program| program.contains('/')) {
        reader.tell(section, key, format!("`{key}` begins with the path of a program: /usr/bin/… or ./…"));
    }
    for hole in argv.iter().flat_map(|word| holes_of(word, "{", "}")) {
        if !is_hole(toolchain, hole, &HOLES) {
            reader.tell(section, key, unknown_hole(hole, &HOLES));
        }
    }
}

fn templates(toolchain: &Toolchain, reader: &mut Reader<'_>) {
    for template in &toolchain.templates {
        if template.name.is_empty() || template.name.contains(['/', '\0']) || template.name.starts_with('.') {
            reader.tell("templates", "name", format!("{:?} is not a plain file name", template.name));
        }
        for hole in holes_of(&template.text, "{{", "}}") {
            if !is_hole(toolchain, hole, &TEMPLATE_HOLES) {
                reader.tell("templates", "text", unknown_hole(hole, &TEMPLATE_HOLES));
            }
        }
        for mode in template.modes.iter().filter(|mode| !toolchain.modes.contains_key(*mode)) {
            reader.tell("templates", "modes", format!("there is no mode `{mode}`"));
        }
    }
}

fn limits(section: &str, limits: Limits, reader: &mut Reader<'_>) {
    for (name, value, range) in [
        ("memory_mib", limits.memory_mib, 16..=16_384),
        ("processes", limits.processes, 1..=1_024),
        ("output_kib", limits.output_kib, 1..=16_384),
        ("disk_mib", limits.disk_mib, 1..=1_024),
    ] {
        if !range.contains(&value) {
            reader.tell(section, "limits", format!("`{name}` is {} to {}", range.start(), range.end()));
        }
    }
}

fn is_hole(toolchain: &Toolchain, name: &str, known: &[&str]) -> bool {
    known.contains(&name)
        || name.strip_prefix("switches.").is_some_and(|package| toolchain.switches.contains_key(package))
}

fn unknown_hole(name: &str, known: &[&str]) -> String {
    format!("nothing fills the hole `{name}`; the holes are {} and switches.<package>", known.join(", "))
}
