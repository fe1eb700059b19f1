//! `LECTERN_TASK_QUEUE_HOSTS`: by which names programs may call the Task Queue door.
//!
//! This machine's own names and that of `LECTERN_PUBLIC_URL` are always among them.

use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::Authority;

/// The names of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    names: Vec<String>,
    follow: bool,
}

impl Hosts {
    /// Those of a site that has said where it is, and no others.
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        Self { names: host(public_url).into_iter().collect(), follow: false }
    }

    /// What the settings mean; what is wrong with them goes to the list.
    pub(super) fn read(
        public_url: Option<&str>,
        listen: Option<SocketAddr>,
        list: &str,
        mistakes: &mut Vec<String>,
    ) -> Self {
        let mut hosts = match public_url {
            Some(url) => Self::of(url),
            None => {
                let address = listen.map(|listen| listen.ip()).filter(|ip| !ip.is_unspecified());
                Self { names: address.iter().map(IpAddr::to_string).collect(), follow: true }
            }
        };
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match name(entry).filter(|_| entry.parse::<Authority>().is_ok_and(|entry| entry.port().is_none())) {
                Some(name) => hosts.names.push(name),
                None => mistakes.push(format!(
                    "LECTERN_TASK_QUEUE_HOSTS names `{entry}`; it must be a list with commas of names without scheme and port, such as queue.internal"
                )),
            }
        }
        hosts
    }

    /// Whether nobody has said where the site is, so that it is where the client has found it.
    #[must_use]
    pub fn follow(&self) -> bool {
        self.follow
    }

    /// Whether a name, with a port behind it or without, is one of ours.
    #[must_use]
    pub fn know(&self, authority: &str) -> bool {
        name(authority).is_some_and(|name| is_loopback(&name) || self.names.contains(&name))
    }
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn host(url: &str) -> Option<String> {
    name(url.parse::<Uri>().ok()?.authority()?.as_str())
}

/// The name in an authority, in one spelling: small letters, no port, no brackets, no point at its end.
fn name(authority: &str) -> Option<String> {
    let parsed = authority.parse::<Authority>().ok().filter(|_| !authority.contains('@'))?;
    let host = parsed.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_lowercase();
    (!host.is_empty() && host != "*").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    fn read(public_url: Option<&str>, listen: &str, list: &str) -> Result<Hosts, Vec<String>> {
        let mut mistakes = Vec::new();
        let hosts = Hosts::read(public_url, listen.parse().ok(), list, &mut mistakes);
        if mistakes.is_empty() { Ok(hosts) } else { Err(mistakes) }
    }

    #[test]
    fn names_are_known() {
        let hosts = read(Some("https://Lectern.example.org/site"), "0.0.0.0:80", "queue.internal, 10.0.0.7").unwrap();
        assert!(!hosts.follow());
        for name in [
            "lectern.example.org",
            "LECTERN.example.org.:443",
            "queue.internal:5052",
            "localhost:1",
            "127.9.9.9",
            "[::1]:80",
        ] {
            assert!(hosts.know(name), "{name}");
        }
        for name in [
            "",
            "example.org",
            "a.lectern.example.org",
            "localhost.example",
            "0.0.0.0",
            "x@localhost",
            "localhost/",
            "[::2]",
        ] {
            assert!(!hosts.know(name), "{name}");
        }
    }

    #[test]
    fn without_a_public_address_the_client_says_where_we_are() {
        let hosts = read(None, "10.0.0.5:8000", "").unwrap();
        assert!(hosts.follow() && hosts.know("10.0.0.5:8000") && !hosts.know("10.0.0.6"));
        assert!(!read(None, "0.0.0.0:80", "").unwrap().know("0.0.0.0:80"));
        for bad in ["http://queue", "queue:80", "a b", "*", "/"] {
            assert!(read(None, "127.0.0.1:80", bad).is_err(), "{bad}");
        }
    }
}
