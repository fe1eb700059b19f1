//! Landlock: a wall of the kernel's around files, signals and sockets with abstract names, besides that of namespaces and mounts.
//!
//! Not every kernel has it, so nothing rests on it alone.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::super::Step;

/// The newest version whose rules were tried.
const TRIED: ABI = ABI::V7;
/// Where the devices are. They may be written to, not made.
const DEVICES: &str = "/dev";

/// Forbids this process and all that it begets to write outside of the given folders, to signal processes outside and to reach their
/// abstract sockets. What is open already stays open. To be called after the last mount: mounting is forbidden as well.
///
/// Returns the version that is in force, 0 if the kernel has none that would do: the first knows no renaming from folder to folder.
pub fn restrict(writable: &[&str]) -> Step<u8> {
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(AccessFs::Refer);
    match rules {
        Ok(rules) => Ok(version(&enforce(rules, writable)?)),
        Err(_) => Ok(0),
    }
}

fn enforce(rules: Ruleset, writable: &[&str]) -> Step<RestrictionStatus> {
    let rules = rules.set_compatibility(CompatLevel::BestEffort);
    let rules = rules.handle_access(AccessFs::from_all(TRIED)).and_then(|rules| rules.scope(Scope::from_all(TRIED)));
    let mut rules = rules.and_then(Ruleset::create).map_err(refused)?;
    let devices = AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
    let all = writable.iter().map(|&folder| (folder, AccessFs::from_all(TRIED)));
    for (folder, access) in [("/", AccessFs::from_read(TRIED)), (DEVICES, devices)].into_iter().chain(all) {
        let below = PathFd::new(folder).map_err(refused)?;
        rules = rules.add_rule(PathBeneath::new(below, access)).map_err(refused)?;
    }
    rules.restrict_self().map_err(refused)
}

fn version(status: &RestrictionStatus) -> u8 {
    match (&status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => 0,
        (_, LandlockStatus::Available { effective_abi, .. }) => effective_abi.min(TRIED) as u8,
        _ => 0,
    }
}

fn refused(error: impl std::error::Error) -> String {
    format!("cannot use Landlock: {error}")
}
