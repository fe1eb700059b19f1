//! Where a request comes from, so that one place cannot take all the room.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::{IpAddr, Ipv6Addr};

use actors::deps::Deps;
use poem::{Addr, Request};

/// Said by a proxy about the one in front of it.
const FORWARDED: &str = "x-forwarded-for";

/// The network address of whoever sent the request. A proxy is believed when it runs on this machine, and then only its own word: the
/// last of those in its header. Of an IPv6 address, the network counts: a household has as many addresses as it likes.
pub(super) fn of(request: &Request) -> String {
    let peer = match &request.remote_addr().0 {
        Addr::SocketAddr(address) => Some(address.ip()),
        _ => None,
    };
    let forwarded = request.headers().get_all(FORWARDED).iter().next_back().and_then(|value| value.to_str().ok());
    origin(peer, forwarded)
}

/// The same as a digest: it is kept and told to other processes, who need not know it.
pub(super) fn address(request: &Request, deps: &Deps) -> u64 {
    let mut digest = DefaultHasher::new();
    (&deps.site.incarnation, of(request)).hash(&mut digest);
    digest.finish()
}

fn origin(peer: Option<IpAddr>, forwarded: Option<&str>) -> String {
    let told = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    match (peer.map(|peer| peer.to_canonical()), told) {
        (Some(peer), Some(told)) if peer.is_loopback() => network(told),
        (Some(peer), _) => network(peer),
        (None, _) => "here".to_owned(),
    }
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let peer = |text: &str| Some(text.parse().expect("an address"));
        for (from, forwarded, expected) in [
            (peer("192.0.2.7"), None, "192.0.2.7"),
            (peer("192.0.2.7"), Some("198.51.100.1"), "192.0.2.7"),
            (peer("127.0.0.1"), Some("198.51.100.1"), "198.51.100.1"),
            (peer("127.0.0.1"), Some("203.0.113.9, 198.51.100.1"), "198.51.100.1"),
            (peer("127.0.0.1"), Some("nonsense"), "127.0.0.1"),
            (peer("::ffff:192.0.2.7"), None, "192.0.2.7"),
            (peer("2001:db8:1:2:3:4:5:6"), None, "2001:db8:1:2::/64"),
            (None, Some("198.51.100.1"), "here"),
        ] {
            assert_eq!(origin(from, forwarded), expected, "{from:?} {forwarded:?}");
        }
    }
}
