//! `doctor`: what this machine lacks, and what to do about it.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::execution::builds::Builds;
use actors::execution::sandbox::Sandbox;
use actors::execution::sandbox::features::{self, Feature, Placement, State};
use actors::execution::toolchain::{Toolchains, catalogue};
use actors::execution::workshop::Workshop;
use clap::Args;
use serde_json::json;

use super::languages::{self, Language};
use super::{CommandError, reachable};
use crate::config::{Config, Mistakes};

/// Say what this machine lacks, and what to do about it.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    trouble: Option<String>,
}

impl Doctor {
    pub async fn run(&self, config: Result<Config, Mistakes>) -> Result<ExitCode, CommandError> {
        let mut findings = Vec::new();
        let weak = config.as_ref().map(Config::weaknesses).unwrap_or_default();
        let launcher = config.as_ref().map_or_else(|_| "/proc/self/exe".into(), |config| config.launcher.clone());
        match &config {
            Ok(config) => {
                findings.push(Finding { what: "configuration", trouble: None });
                findings.push(Finding { what: "database", trouble: reachable::database(config).await.err() });
                findings.push(Finding { what: "content folder", trouble: content(config) });
                if let Some(found) = reachable::provider(config).await {
                    findings.push(Finding { what: "provider of sign-ins", trouble: found.err() });
                }
            }
            Err(mistakes) => findings.push(Finding { what: "configuration", trouble: Some(mistakes.to_string()) }),
        }
        let sandbox = Sandbox::new(launcher);
        findings.push(Finding { what: "sandbox", trouble: sandbox.probe().await.err() });
        let folder = config.as_ref().map_or_else(|_| PathBuf::new(), |config| config.toolchains_dir.clone());
        let toolchains = Toolchains::load(&folder);
        let told = toolchains.as_ref().err().map(|mistakes| catalogue::lines(mistakes));
        findings
            .push(Finding { what: "toolchains", trouble: told.map(|lines| format!("they have mistakes:\n{lines}")) });
        let toolchains = toolchains.unwrap_or_else(|_| Toolchains::built_in());
        let languages = languages::look(&Workshop::new(sandbox, toolchains, Builds::in_memory())).await;
        self.print(&findings, &weak, &features::look(), &languages);
        let well = findings.iter().all(|finding| finding.trouble.is_none());
        let well = well && !languages.iter().any(Language::is_trouble);
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn print(&self, findings: &[Finding], weak: &[String], kernel: &[Feature], languages: &[Language]) {
        if self.json {
            let rows: Vec<_> = findings.iter().map(|row| json!({ "what": row.what, "trouble": row.trouble })).collect();
            println!("{}", json!({ "findings": rows, "weak": weak, "kernel": kernel, "languages": languages }));
            return;
        }
        for finding in findings {
            match &finding.trouble {
                None => println!("ok       {}", finding.what),
                Some(trouble) => println!("TROUBLE  {}: {trouble}", finding.what),
            }
        }
        if !weak.is_empty() {
            println!("\nSettings that work and are weak:");
            weak.iter().for_each(|weakness| println!("WEAK     {weakness}"));
        }
        print_kernel(kernel);
        println!("\nLanguages:");
        languages.iter().for_each(|language| println!("{language}"));
    }
}

/// What the sandbox rests on. It explains trouble and tells of weaknesses; whether programs run is the sandbox's own line.
fn print_kernel(features: &[Feature]) {
    println!("\nWhat the kernel offers to the sandbox here:");
    for Feature { name, state, found, remedies } in features {
        let state = match state {
            State::Good => "good",
            State::Weaker => "WEAKER",
            State::Missing => "MISSING",
        };
        println!("{state:<8} {name}: {found}");
        for remedy in *remedies {
            println!("         {}: {}", placement(remedy.placement), remedy.what);
        }
    }
}

fn placement(placement: Placement) -> &'static str {
    match placement {
        Placement::Machine => "machine, systemd",
        Placement::Docker => "Docker",
        Placement::Kubernetes => "Kubernetes",
        Placement::Lxc => "LXC",
    }
}

fn content(config: &Config) -> Option<String> {
    let folder = &config.content_dir;
    let missing =
        format!("{} is not a folder; put the content there, or name another by LECTERN_CONTENT_DIR", folder.display());
    (!folder.is_dir()).then_some(missing)
}
