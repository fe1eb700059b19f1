//! What every run on this site needs: the sandbox, the toolchains, and what was built before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use entity::execution::language::Language;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::builds::Builds;
use super::sandbox::{Class, Sandbox, Spec, Stream};
use super::toolchain::{Toolchain, Toolchains, detect};

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Workshop {
    pub sandbox: Sandbox,
    pub toolchains: Arc<Toolchains>,
    pub builds: Builds,
    /// Versions that were asked for, by language: a tool is asked once while the process lives.
    versions: Arc<Mutex<HashMap<Language, String>>>,
}

impl Workshop {
    #[must_use]
    pub fn new(sandbox: Sandbox, toolchains: Toolchains, builds: Builds) -> Self {
        Self { sandbox, toolchains: Arc::new(toolchains), builds, versions: Arc::default() }
    }

    /// The version of a language's tool, as the tool says, which is asked in the sandbox. None if it is not installed or does not say.
    pub async fn version(&self, toolchain: &Toolchain) -> Option<String> {
        let known = self.versions.lock().unwrap_or_else(PoisonError::into_inner).get(&toolchain.name).cloned();
        if known.is_some() || toolchain.detect.version.is_empty() || toolchain.missing().is_some() {
            return known;
        }
        let said = self.ask(toolchain).await?;
        let version = detect::version(&said)?;
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.insert(toolchain.name.clone(), version.clone());
        Some(version)
    }

    async fn ask(&self, toolchain: &Toolchain) -> Option<String> {
        let mut spec = Spec::new(toolchain.detect.version.iter().map(String::as_str));
        spec.env = toolchain.environment.clone().into_iter().collect();
        spec.limits.memory_bytes = 1 << 30;
        let (output, mut pieces) = unbounded_channel();
        let report = self.sandbox.run(spec, output, CancellationToken::new()).await;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Ok(piece) = pieces.try_recv() {
            let stream = if piece.stream == Stream::Stdout { &mut stdout } else { &mut stderr };
            stream.extend_from_slice(&piece.bytes);
        }
        // Some tools tell their version on standard error.
        let said = if stdout.is_empty() { stderr } else { stdout };
        (report.class == Class::Ok).then(|| String::from_utf8_lossy(&said).into_owned())
    }
}
