//! A second look at the root, from the kernel's own list of mounts: what is not as it was meant to be ends the run before it begins.

use std::fs;

use super::root::{DEVICES, WRITABLE};
use super::{Step, cannot};

/// Checks that nothing but the work folders can be written to, and that no mount offers set-uid programs or devices.
pub fn mounts() -> Step<()> {
    let list = fs::read_to_string("/proc/self/mountinfo").map_err(cannot("read /proc/self/mountinfo"))?;
    match list.lines().find_map(flaw) {
        Some(flaw) => Err(flaw),
        None if list.lines().count() < WRITABLE.len() + DEVICES.len() + 2 => Err("mounts are missing".to_owned()),
        None => Ok(()),
    }
}

/// What is wrong with a line of the list.
fn flaw(line: &str) -> Option<String> {
    let mut words = line.split(' ').skip(4);
    let (point, options) = (words.next()?, words.next()?);
    let has = |wanted: &str| options.split(',').any(|option| option == wanted);
    let may_write = WRITABLE.contains(&point) || point == "/proc";
    let may_have_devices = DEVICES.contains(&point);
    if !has("nosuid") {
        Some(format!("{point} is mounted without nosuid"))
    } else if !has("nodev") && !may_have_devices {
        Some(format!("{point} is mounted without nodev"))
    } else if !has("ro") && !may_write {
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
        assert_eq!(flaw(&line("/w", "rw,nosuid,nodev")), None);
        assert_eq!(flaw(&line("/dev/null", "ro,nosuid,noexec")), None);
        for (point, options) in [
            ("/usr", "rw,nosuid,nodev"),
            ("/usr/local", "ro,nodev"),
            ("/", "ro,nosuid"),
            ("/w", "rw,nosuid"),
            ("/dev/null", "rw,nosuid"),
        ] {
            assert!(flaw(&line(point, options)).is_some(), "{point} {options}");
        }
    }
}
