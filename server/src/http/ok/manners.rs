//! What all answers below `/api/v3` have in common: also what nobody answers comes in the envelope, and `?envelope=false` takes it off.

use std::sync::Arc;

use poem::error::MethodNotAllowedError;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Result, RouteMethod};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope::{body, refused};

/// Said by an answer that is sent while it is made, and has come without the envelope where that was wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streamed;

/// Whether the answer is wanted without its envelope.
pub(super) fn is_bare(request: &Request) -> bool {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
    pairs.iter().any(|(name, value)| name == "envelope" && matches!(value.to_lowercase().as_str(), "false" | "0"))
}

/// Around all routes; those of others are passed on as they are.
pub(in crate::http) async fn manners<E: Endpoint>(routes: Arc<E>, request: Request) -> Result<Response> {
    let path = request.original_uri().path();
    if path != "/api/v3" && !path.starts_with("/api/v3/") {
        return routes.call(request).await.map(poem::IntoResponse::into_response);
    }
    let bare = is_bare(&request);
    let answer = match routes.call(request).await {
        Ok(answer) => answer.into_response(),
        Err(error) => match error.status() {
            StatusCode::NOT_FOUND => refused(StatusCode::NOT_FOUND, "There is nothing here."),
            status if status.is_client_error() => refused(status, "The request cannot be understood."),
            // The log is told by who is around us.
            _ => return Err(error),
        },
    };
    if bare && answer.data::<Streamed>().is_none() { Ok(unwrapped(answer).await) } else { Ok(answer) }
}

/// A route that is only read.
pub(super) fn get<E: Endpoint + 'static>(read: E) -> impl Endpoint {
    taking("GET, HEAD", poem::get(read))
}

/// A route that something is sent to.
pub(super) fn post<E: Endpoint + 'static>(sent: E) -> impl Endpoint {
    taking("POST", poem::post(sent))
}

/// A route for both.
pub(super) fn both<R: Endpoint + 'static, S: Endpoint + 'static>(read: R, sent: S) -> impl Endpoint {
    taking("GET, HEAD, POST", poem::get(read).post(sent))
}

/// A route that says which methods it takes to whoever comes by another one.
fn taking(allow: &'static str, route: RouteMethod) -> impl Endpoint {
    route.around(move |route, request| async move {
        match route.call(request).await {
            Err(error) if error.is::<MethodNotAllowedError>() => {
                let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "That method is not for this.");
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
                Ok(response)
            }
            answer => answer.map(poem::IntoResponse::into_response),
        }
    })
}

#[derive(Deserialize)]
struct Wrapped<'b> {
    #[serde(borrow)]
    data: &'b RawValue,
}

/// What is in the envelope. What is in none stays as it is.
async fn unwrapped(mut answer: Response) -> Response {
    if !answer.content_type().is_some_and(|kind| kind.starts_with("application/json")) {
        return answer;
    }
    let (status, headers) = (answer.status(), answer.headers().clone());
    let Ok(bytes) = answer.take_body().into_bytes().await else { return answer };
    let inside = match serde_json::from_slice::<Wrapped<'_>>(&bytes) {
        Ok(wrapped) => wrapped.data.get().as_bytes().to_vec(),
        Err(_) => bytes.to_vec(),
    };
    let mut bare = body(status, inside);
    for (name, value) in &headers {
        if name != header::CONTENT_LENGTH {
            bare.headers_mut().insert(name, value.clone());
        }
    }
    bare
}
