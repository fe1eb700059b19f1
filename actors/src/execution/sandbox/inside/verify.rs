//! A second look at the root, from the kernel's own list of mounts: what is not as it was meant to be ends the run before it begins.

use std::fs;

use super::root::DEVICES;
use super::{Step, cannot};

/// Checks that nothing can be written to, and that no mount offers set-uid programs or devices. What lies below `/proc` is not looked at: a program has
/// a `/proc` of its own on top of it.
pub fn mounts() -> Step<()> {
    let list = fs::read_to_string("/proc/self/mountinfo").map_err(cannot("read /proc/self/mountinfo"))?;
    match list.lines().find_map(flaw) {
        Some(flaw) => Err(flaw),
        None if list.lines().count() < DEVICES.len() + 3 => Err("mounts are missing".to_owned()),
        None => Ok(()),
    }
}

/// What is wrong with a line of the list.
fn flaw(line: &str) -> Option<String> {
    let mut words = line.split(' ').skip(4);
    let (point, options) = (words.next()?, words.next()?);
    let has = |wanted: &str| options.split(',').any(|option| option == wanted);
    let may_have_devices = DEVICES.contains(&point);
    if point == "/proc" || point.starts_with("/proc/") {
        None
    } else if !has("nosuid") {
        Some(format!("{point} is mounted without nosuid"))
    } else if !has("nodev") && !may_have_devices {
        Some(format!("{point} is mounted without nodev"))
    } else if !has("ro") {
        Some(format!("{point} can be written to"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn flaws_are_found() {
        let line = |point: &str, options: &str| format!("36 35 98:0 /x {point} {options} - ext4 /dev/vda rw");
        assert_eq!(flaw(&line("/usr", "ro,nosuid,nodev,relatime")), None);
        assert_eq!(flaw(&line("/proc/sys/fs/binfmt_misc", "rw")), None);
        assert_eq!(flaw(&line("/dev/null", "ro,nosuid,noexec")), None);
        for (point, options) in [
            ("/usr", "rw,nosuid,nodev"),
            ("/usr/local", "ro,nodev"),
            ("/", "ro,nosuid"),
            ("/procfs", "rw,nosuid,nodev"),
            ("/dev/null", "rw,nosuid"),
        ] {
            assert!(flaw(&line(point, options)).is_some(), "{point} {options}");
        }
    }
}
