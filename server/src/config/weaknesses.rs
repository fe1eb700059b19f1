//! What is allowed and yet weak: settings with which a site works, and is less safe than it could be. `lectern doctor` tells them; nothing
//! is refused, since each has a place where it is right.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;

use super::{Config, Mode, Secret, TaskQueue};

/// Fewer different characters than this were not drawn at random.
const FEWEST_CHARACTERS: usize = 12;

impl Config {
    /// The settings that are weak: each with why, and what would be better. No secret is in them.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<String> {
        let rules = [
            Self::unencrypted,
            Self::unreachable,
            Self::developed,
            Self::guessed,
            Self::replaced,
            Self::readable,
            Self::database_in_clear,
            Self::redis_in_clear,
            Self::mail_in_clear,
            Self::letters_in_a_folder,
            Self::metrics_for_all,
            Self::queue_for_all,
            Self::addresses_believed,
            Self::without_budgets,
        ];
        rules.into_iter().filter_map(|rule| rule(self)).collect()
    }

    /// Whether more than this machine can reach it: by its own address, or by the one that people know.
    fn is_public(&self) -> bool {
        !self.listen.ip().is_loopback() || !is_here(&self.public_url)
    }

    fn unencrypted(&self) -> Option<String> {
        (self.is_public() && !self.public_url.starts_with("https://")).then(|| {
            "LECTERN_PUBLIC_URL is not https: passwords, cookies and tokens can be read on their way; put a proxy with TLS before it, \
             and give its address"
                .to_owned()
        })
    }

    fn unreachable(&self) -> Option<String> {
        let nowhere = host(&self.public_url).parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
        (nowhere || !self.is_embedded() && is_here(&self.public_url)).then(|| {
            format!(
                "LECTERN_PUBLIC_URL is {}: letters lead there, and tokens are made for it; give the address by which people reach the site",
                self.public_url
            )
        })
    }

    fn developed(&self) -> Option<String> {
        (self.is_public() && self.mode == Mode::Development).then(|| {
            "LECTERN_MODE is development: metrics are open to everybody and faults are not reported; leave it out"
                .to_owned()
        })
    }

    fn guessed(&self) -> Option<String> {
        let few = |secret: &Secret| {
            let mut characters: Vec<char> = secret.reveal().chars().collect();
            characters.sort_unstable();
            characters.dedup();
            characters.len() < FEWEST_CHARACTERS
        };
        self.secret_key.as_ref().is_some_and(few).then(|| {
            "LECTERN_SECRET_KEY has few different characters: take one that nobody has thought up, from `openssl rand -hex 32`"
                .to_owned()
        })
    }

    fn replaced(&self) -> Option<String> {
        self.secret_key_previous.as_ref().map(|_| {
            "LECTERN_SECRET_KEY_PREVIOUS is set: after one start of the site with it nothing needs it any more; leave it out".to_owned()
        })
    }

    fn readable(&self) -> Option<String> {
        let mode = std::fs::metadata(&self.data_dir).ok()?.permissions().mode();
        (mode & 0o077 != 0)
            .then(|| format!("{0} is open to others on this machine: `chmod 700 {0}`", self.data_dir.display()))
    }

    fn database_in_clear(&self) -> Option<String> {
        let url = self.database_url.reveal();
        let private = self.is_embedded() || is_here(url) || url.contains("host=%2F") || url.contains("sslmode=verify-");
        (!private).then(|| {
            "LECTERN_DATABASE_URL leads to another machine and does not ask whose certificate that has: add `sslmode=verify-full`"
                .to_owned()
        })
    }

    fn redis_in_clear(&self) -> Option<String> {
        let url = self.redis_url.as_ref()?.reveal();
        (url.starts_with("redis://") && !is_here(url))
            .then(|| "LECTERN_REDIS_URL leads to another machine without TLS: take `rediss://`".to_owned())
    }

    fn mail_in_clear(&self) -> Option<String> {
        let url = self.smtp_url.as_ref()?.reveal();
        (url.starts_with("smtp://") && !url.contains("tls=required") && !is_here(url)).then(|| {
            "LECTERN_SMTP_URL does not ask for TLS, and letters carry codes: take `smtps://`, or add `?tls=required`".to_owned()
        })
    }

    fn letters_in_a_folder(&self) -> Option<String> {
        (self.is_public() && self.smtp_url.is_none()).then(|| {
            "LECTERN_SMTP_URL is not set: letters are files in the data folder, with their codes, and reach nobody"
                .to_owned()
        })
    }

    fn metrics_for_all(&self) -> Option<String> {
        let listen = self.metrics_listen.filter(|listen| !listen.ip().is_loopback())?;
        Some(format!(
            "LECTERN_METRICS_LISTEN is {listen}: metrics are for whoever reaches it; see that only your collector does"
        ))
    }

    fn queue_for_all(&self) -> Option<String> {
        (self.is_public() && matches!(self.task_queue, TaskQueue::Open)).then(|| {
            "LECTERN_TASK_QUEUE is open: whoever reaches the site may keep and take tasks; set it to tokens".to_owned()
        })
    }

    fn addresses_believed(&self) -> Option<String> {
        self.oidc.as_ref().filter(|oidc| oidc.believes_addresses).map(|_| {
            "LECTERN_OIDC_ADDRESSES is all: whoever can write any address into their account at the provider comes into the account here \
             that has it; that is right only where the provider's people cannot"
                .to_owned()
        })
    }

    fn without_budgets(&self) -> Option<String> {
        let rates = self.limits.rates;
        (self.is_public() && rates.user.is_none() && rates.session.is_none()).then(|| {
            "LECTERN_BUDGET_PER_USER and LECTERN_BUDGET_PER_SESSION are 0: one script can keep the site busy".to_owned()
        })
    }
}

/// The host of an address, without what stands before and after it.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether it does not leave this machine.
fn is_here(url: &str) -> bool {
    let host = host(url);
    host.is_empty() || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Path};

    const SOUND: &[(&str, &str)] = &[
        ("LECTERN_LISTEN", "0.0.0.0:8000"),
        ("LECTERN_PUBLIC_URL", "https://lectern.example"),
        ("LECTERN_DATABASE_URL", "postgres://lectern:hunter2@db.example/lectern?sslmode=verify-full"),
        ("LECTERN_SECRET_KEY", "4f1c0de5a7b93628d0e1f2a3b4c5d6e7"),
        ("LECTERN_SMTP_URL", "smtps://mail.example"),
        ("LECTERN_REDIS_URL", "rediss://:hunter2@redis.example"),
        ("LECTERN_DATA_DIR", "/nonexistent"),
    ];

    fn weak(changed: &[(&str, &str)]) -> Vec<String> {
        let kept = SOUND.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        let all = kept.chain(changed).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = Config::from_sources(Path::new("/nonexistent/lectern.toml"), all, Vec::new());
        config.unwrap_or_else(|mistakes| panic!("{mistakes}")).weaknesses()
    }

    #[test]
    fn each_weak_setting_is_told() {
        assert_eq!(weak(&[]), Vec::<String>::new());
        let local = [("LECTERN_LISTEN", "127.0.0.1:8000"), ("LECTERN_PUBLIC_URL", ""), ("LECTERN_SMTP_URL", "")];
        let embedded = ("LECTERN_DATABASE_URL", "sqlite:/nonexistent/lectern.db");
        assert_eq!(weak(&[local[0], embedded, ("LECTERN_PUBLIC_URL", "http://localhost:8000")]), Vec::<String>::new());
        for (setting, value, word) in [
            ("LECTERN_PUBLIC_URL", "http://lectern.example", "not https"),
            ("LECTERN_PUBLIC_URL", "https://0.0.0.0", "letters lead there"),
            ("LECTERN_PUBLIC_URL", "https://[::1]:8000", "letters lead there"),
            ("LECTERN_MODE", "development", "is development"),
            ("LECTERN_SECRET_KEY", "secretsecretsecretsecretsecretsecret", "few different"),
            ("LECTERN_SECRET_KEY_PREVIOUS", "4f1c0de5a7b93628d0e1f2a3b4c5d6e7", "leave it out"),
            ("LECTERN_DATABASE_URL", "postgres://lectern:hunter2@db.example/lectern", "sslmode=verify-full"),
            ("LECTERN_DATABASE_URL", "postgres://lectern:hunter2@db.example/lectern?sslmode=require", "verify-full"),
            ("LECTERN_REDIS_URL", "redis://:hunter2@redis.example", "rediss://"),
            ("LECTERN_SMTP_URL", "smtp://ada:hunter2@mail.example", "tls=required"),
            ("LECTERN_METRICS_LISTEN", "0.0.0.0:9100", "metrics are for whoever"),
            ("LECTERN_TASK_QUEUE", "open", "set it to tokens"),
            ("LECTERN_DATA_DIR", "/usr", "chmod 700 /usr"),
        ] {
            let told = weak(&[(setting, value)]);
            assert!(told.len() == 1 && told[0].contains(word), "{setting}={value}: {told:?}");
            assert!(!told[0].contains("hunter2"), "{told:?}");
        }
        let budgets = [("LECTERN_BUDGET_PER_USER", "0"), ("LECTERN_BUDGET_PER_SESSION", "0")];
        assert!(weak(&budgets)[0].contains("busy"));
        let oidc = [
            ("LECTERN_OIDC_ISSUER", "https://login.example"),
            ("LECTERN_OIDC_CLIENT_ID", "lectern"),
            ("LECTERN_OIDC_ADDRESSES", "all"),
        ];
        assert!(weak(&oidc)[0].contains("LECTERN_OIDC_ADDRESSES"));
    }
}
