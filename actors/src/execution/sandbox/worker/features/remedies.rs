//! What to do, per feature and placement. The operators' page about the sandbox says the same at more length.

use super::Placement::{Docker, Kubernetes, Lxc, Machine};
use super::{Placement, Remedy};

const fn at(placement: Placement, what: &'static str) -> Remedy {
    Remedy { placement, what }
}

pub const KERNEL: &[Remedy] = &[
    at(Machine, "install a newer kernel; 5.14 or newer with CONFIG_SECCOMP_FILTER has everything that is needed"),
    at(Docker, "it is the machine's kernel: see there"),
    at(Kubernetes, "choose nodes with a newer kernel"),
    at(Lxc, "it is the machine's kernel: see there"),
];

pub const USER_NAMESPACES: &[Remedy] = &[
    at(
        Machine,
        "sysctl -w user.max_user_namespaces=15000; older Debian: sysctl -w kernel.unprivileged_userns_clone=1; no RestrictNamespaces in \
         the unit",
    ),
    at(Docker, "the same on the machine, and --security-opt seccomp=unconfined for the container"),
    at(Kubernetes, "the same on the node, and seccompProfile: {type: Unconfined} in the container's securityContext"),
    at(Lxc, "the same on the machine; LXD and Incus: security.nesting=true; LXC: lxc.include of nesting.conf"),
];

pub const APPARMOR: &[Remedy] = &[
    at(Machine, "install docker/apparmor-lectern as /etc/apparmor.d/lectern and load it with apparmor_parser -r"),
    at(
        Docker,
        "--security-opt apparmor=lectern with that profile on the machine, or apparmor=unconfined and \
                sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 there",
    ),
    at(Kubernetes, "the profile on the node, and appArmorProfile: {type: Localhost, localhostProfile: lectern}"),
    at(Lxc, "LXD and Incus: security.nesting=true; LXC: lxc.apparmor.allow_nesting = 1"),
];

pub const PROC: &[Remedy] = &[
    at(Machine, "no ProtectKernelTunables, ProtectKernelLogs or ProcSubset in the unit"),
    at(Docker, "--security-opt systempaths=unconfined"),
    at(Kubernetes, "procMount: Unmasked in the container's securityContext, with hostUsers: false in the pod"),
    at(Lxc, "LXD and Incus: security.nesting=true; LXC: lxc.include of nesting.conf, and lxc.mount.auto = proc:rw"),
];

pub const GROUPS: &[Remedy] = &[
    at(
        Machine,
        "run Lectern as a service: Delegate=cpu memory pids and DelegateSubgroup=worker in the unit, no ProtectControlGroups, as in docker/lectern.service; from a \
         shell: systemd-run --user --scope -p Delegate=yes lectern serve",
    ),
    at(Docker, "as root in the container: --cgroupns=private --security-opt writable-cgroups=true"),
    at(
        Kubernetes,
        "as root in the container, on nodes that allow it: cgroup_writable = true of containerd's runtime, or CRI-O's annotation \
         io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw",
    ),
    at(Lxc, "run Lectern as a service of the container's systemd, as on a machine; LXC: lxc.mount.auto = cgroup:rw"),
];

pub const LANDLOCK: &[Remedy] = &[
    at(
        Machine,
        "a kernel of 5.19 or newer with CONFIG_SECURITY_LANDLOCK, and landlock in its lsm= option if it has one",
    ),
    at(Docker, "it is the machine's kernel: see there; a seccomp profile of one's own must allow the calls landlock_*"),
    at(Kubernetes, "choose nodes whose kernel has it"),
    at(Lxc, "it is the machine's kernel: see there"),
];
