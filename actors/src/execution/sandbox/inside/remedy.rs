//! What an operator can do when the kernel refuses a step.

use std::fs;
use std::io;

const MASKED: &str = "parts of /proc are masked or read-only: in Docker use --security-opt systempaths=unconfined, in Kubernetes procMount: \
                      Unmasked, in a systemd unit leave out ProtectKernelTunables, ProtectKernelLogs and ProcSubset";

/// Sentence for a refused user namespace.
pub fn user_namespace(error: &io::Error) -> String {
    let advice = if setting("/proc/sys/user/max_user_namespaces").as_deref() == Some("0") {
        "user namespaces are switched off: sysctl -w user.max_user_namespaces=15000"
    } else if setting("/proc/sys/kernel/unprivileged_userns_clone").as_deref() == Some("0") {
        "user namespaces are for root only: sysctl -w kernel.unprivileged_userns_clone=1"
    } else if error.raw_os_error() == Some(libc::ENOSPC) {
        "the limit user.max_user_namespaces is used up, here or in an outer container: raise it"
    } else if error.raw_os_error() == Some(libc::EINVAL) {
        "the kernel has no user namespaces, or this is a chroot: run Lectern outside of it"
    } else {
        general()
    };
    format!("cannot make a user namespace: {error}; {advice}")
}

/// Sentence for a refused step that needs capabilities in the new user namespace.
pub fn inside(what: &str, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => format!("cannot {what}: {error}; {}", general()),
        Some(libc::ENOSPC) => format!("cannot {what}: {error}; raise the limits user.max_*_namespaces"),
        Some(libc::EROFS) => format!("cannot {what}: {error}; {MASKED}"),
        Some(libc::ENOSYS) => format!("cannot {what}: {error}; Linux 5.12 or newer is needed"),
        _ => format!("cannot {what}: {error}"),
    }
}

/// Sentence for a refused `/proc`.
pub fn proc(error: &io::Error) -> String {
    let advice = if apparmor_restricts() { general() } else { MASKED };
    format!("cannot mount /proc: {error}; {advice}")
}

fn general() -> &'static str {
    if apparmor_restricts() {
        "AppArmor restricts user namespaces: give the program a profile with `userns,`, or \
         sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    } else {
        "a container or a security module forbids it: in Docker use --security-opt seccomp=unconfined --security-opt apparmor=unconfined, in \
         a systemd unit leave out RestrictNamespaces and SystemCallFilter"
    }
}

fn apparmor_restricts() -> bool {
    setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref() == Some("1")
}

fn setting(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::inside;

    #[test]
    fn a_read_only_proc_has_a_remedy() {
        let sentence = inside("write /proc/sys/user/x", &io::Error::from_raw_os_error(libc::EROFS));
        assert!(
            sentence.contains("ProtectKernelTunables") && sentence.contains("systempaths=unconfined"),
            "{sentence}"
        );
    }
}
