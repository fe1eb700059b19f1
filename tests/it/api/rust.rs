//! A client in Rust, made by `graphql_client` when this is compiled.

use graphql_client::{GraphQLQuery, Response};
use tests::client::post_json;

use super::kitchen::{ASSIGNMENT, cook};

type DateTime = String;
type Decimal = String;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "../docs/api/operations/AssignmentSubmissions.graphql",
    response_derives = "Debug"
)]
struct AssignmentSubmissions;

#[test]
fn a_typed_client_in_rust_asks_a_site() {
    cook(|kitchen| async move {
        kitchen.run("ada", "hand_in.py", &[&kitchen.assignment().await, "words.py"]).await;
        let variables = assignment_submissions::Variables { endpoint: ASSIGNMENT.to_owned(), after: None };
        let body = serde_json::to_value(AssignmentSubmissions::build_query(variables)).expect("JSON");
        let answer = post_json(kitchen.site.address, "/graphql", Some(&kitchen.token("toni")), &body).await;
        let answer: Response<assignment_submissions::ResponseData> =
            serde_json::from_slice(&answer.body).expect("as typed");
        assert_eq!(answer.errors, None);
        let page = answer.data.and_then(|data| data.assignment).expect("an assignment").submissions;
        let [submission] = &*page.nodes else { panic!("{page:?}") };
        assert!(submission.is_final && submission.submitted_at.ends_with('Z'), "{submission:?}");
        assert_eq!(submission.submitter.as_ref().map(|who| who.name.as_str()), Some("ada"));
        assert_eq!(submission.scores.iter().map(|score| score.value.as_str()).collect::<Vec<_>>(), ["10"]);
        kitchen.site.end().await;
    });
}
