//! Every type that is a node is found by its global id.

use std::collections::BTreeSet;

use entity::viewer::ViewerScope;
use serde_json::json;
use tests::backend::{Backend, tell};

use super::ask::Asker;
use super::campus::Campus;

#[test]
fn every_node_is_found_by_its_id() {
    tell(Backend::Sqlite, |backend| async move {
        let campus = Campus::new(backend).await;
        let asker = Asker::new(&campus.world, &std::sync::Arc::new(ViewerScope::system("a story")));
        let kinds = asker.ask("{ __type(name: \"Node\") { possibleTypes { name } } }").await;
        let kinds = kinds.at(&["__type", "possibleTypes"]).and_then(|kinds| kinds.as_array()).expect("an interface");
        let kinds: BTreeSet<&str> = kinds.iter().filter_map(|kind| kind["name"].as_str()).collect();
        let found = async |of: &str, id: &str| {
            let answer = asker.ask(&format!("{{ node(id: \"{id}\") {{ __typename id }} }}")).await;
            answer.at(&["node"]) == Some(&json!({ "__typename": of, "id": id }))
        };
        let mut reached = BTreeSet::new();
        for (of, name, id) in &campus.ids {
            // Some are there to be hidden from everybody.
            if found(of, id).await {
                reached.insert(*of);
            } else {
                assert!(campus.ids.iter().any(|(other, known, _)| other == of && known != name), "{of} {name}");
            }
        }
        assert_eq!(reached, kinds, "give each a row in tests/it/access/campus.rs and an arm in `node`");
        campus.world.stop().await;
    });
}
