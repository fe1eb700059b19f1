//! A browser as far as its requests go: it keeps the cookie that it is given, and says which page sends them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{self, Answer};

/// A browser without a window.
#[derive(Clone, Debug)]
pub struct Browser {
    address: SocketAddr,
    /// What the cookie of the site holds.
    pub cookie: Option<String>,
    /// What its other cookies hold, and those of other sites.
    pub others: BTreeMap<String, String>,
}

impl Browser {
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address, cookie: None, others: BTreeMap::new() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Sends a form of the site's own page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.address);
        self.post_from(&origin, path, fields).await
    }

    /// Sends a form of another page.
    pub async fn post_from(&mut self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &headers, body).await
    }

    /// Asks by GraphQL, as the site's own page does.
    pub async fn ask(&mut self, query: &str) -> Answer {
        let origin = format!("http://{}", self.address);
        self.ask_from(&origin, query).await
    }

    /// Asks by GraphQL, as another page would.
    pub async fn ask_from(&mut self, origin: &str, query: &str) -> Answer {
        let headers =
            [("origin", origin), ("content-type", "application/json"), ("accept", "application/graphql-response+json")];
        self.send(Method::POST, "/graphql", &headers, json!({ "query": query }).to_string()).await
    }

    /// The data of what it asks by GraphQL.
    pub async fn data(&mut self, query: &str) -> Value {
        let answer = self.ask(query).await;
        let mut answer = answer.json();
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    /// Sends a request.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let cookie = self.cookie.as_ref().map(|cookie| format!("theme=dark; lectern={cookie}"));
        let others = self.others.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookie.into_iter().chain(others).collect::<Vec<_>>().join("; ");
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let headers = headers.chain((!cookies.is_empty()).then_some(("cookie", cookies)));
        let answer = client::send(self.address, method, path, headers, body).await;
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, rest) = set.split_once('=').expect("a cookie");
            let value = rest.split(';').next().filter(|value| !value.is_empty()).map(str::to_owned);
            match (name, value) {
                ("lectern", value) => self.cookie = value,
                (name, Some(value)) => drop(self.others.insert(name.to_owned(), value)),
                (name, None) => drop(self.others.remove(name)),
            }
        }
        answer
    }
}
