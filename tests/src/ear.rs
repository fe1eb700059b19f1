//! A server on loopback that takes whatever is sent to it and tells of it: in the place of Sentry, and of a collector of spans.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::HeaderMap;
use hyper::body::Bytes;
use poem::endpoint::make;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Request, Response};
use tokio::sync::mpsc;

/// A status, and headers.
type Said = (u16, Vec<(&'static str, &'static str)>);

/// Such a server. It ends with the test's runtime.
pub struct Ear {
    pub address: SocketAddr,
    /// How the next requests are answered; with 200 when nothing is said.
    answers: Arc<Mutex<VecDeque<Said>>>,
    heard: mpsc::UnboundedReceiver<Heard>,
}

/// A request that was taken.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    /// A header; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Ear {
    pub async fn open() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a port");
        let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
        let answers: Arc<Mutex<VecDeque<Said>>> = Arc::default();
        let (tell, heard) = mpsc::unbounded_channel();
        let said = Arc::clone(&answers);
        let endpoint = make(move |mut request: Request| {
            let (tell, said) = (tell.clone(), Arc::clone(&said));
            async move {
                let body = request.take_body().into_bytes().await.expect("a body");
                let path = request.original_uri().path().to_owned();
                // Taken before anybody is told: what is said from then on is for the next.
                let (status, headers) = said.lock().expect("nobody panicked").pop_front().unwrap_or((200, Vec::new()));
                let _ = tell.send(Heard { path, headers: request.headers().clone(), body });
                let status = poem::http::StatusCode::from_u16(status).expect("a status");
                let response = headers
                    .iter()
                    .fold(Response::builder().status(status), |response, (name, value)| response.header(*name, *value));
                Ok::<_, poem::Error>(response.finish())
            }
        });
        tokio::spawn(async move {
            let _ = poem::Server::new_with_acceptor(acceptor).run(endpoint).await;
        });
        Self { address, answers, heard }
    }

    /// Has a request answered so, after those of which that was said before.
    pub fn answer(&self, status: u16, headers: &[(&'static str, &'static str)]) {
        self.answers.lock().expect("nobody panicked").push_back((status, headers.to_vec()));
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Heard {
        self.heard.recv().await.expect("it listens as long as the story is told")
    }

    /// What else was heard.
    pub fn rest(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}
