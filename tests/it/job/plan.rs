//! The plan of the claim: what was done long ago does not make it slower.

use entity::job::claim::{self, Claim, Which};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tests::backend::Backend;
use tests::hand;
use tests::stage::LANE;
use tests::stories;
use tests::world::World;

stories![the_claim_reads_no_table_from_end_to_end];

const MANY: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO job (kind, version, lane, class, rank, state, key, payload, run_at, attempt, failures, max_failures, losses, created_at) \
     SELECT 'stage.play', 1, 'stage', 1, i, CASE WHEN i <= 10000 THEN 'done' ELSE 'queued' END, 'key ' || i, '{}', 0, 0, 0, 3, 0, 0 FROM n";

async fn the_claim_reads_no_table_from_end_to_end(backend: Backend) {
    let world = World::idle(backend).await;
    world.execute(MANY, []).await;
    let explain = match backend {
        Backend::Sqlite => "EXPLAIN QUERY PLAN",
        Backend::Postgres => {
            world.execute("ANALYZE job", []).await;
            "EXPLAIN"
        }
    };
    for which in [Which::Best { slots: 4, batch: 4 }, Which::Best { slots: 4, batch: 2 }, Which::Batch { slots: 1 }] {
        check(&world, explain, which, "job_claim").await;
    }
    check(&world, explain, Which::Suspect, "job_suspect").await;
    let own = Which::Own { jobs: vec![10_001, 10_002], slots: 4, batch: 4 };
    reads_no_whole_table(&plan(&world, explain, own.clone()).await, &own);
    world.stop().await;
}

async fn plan(world: &World, explain: &str, which: Which) -> Vec<String> {
    let connection = world.db().write_connection();
    let backend = connection.get_database_backend();
    let claim = claim::claim_statement(backend, &Claim { which, ..hand::claim(LANE, 4, 1) });
    let statement = Statement { sql: format!("{explain} {}", claim.sql), ..claim };
    let rows = connection.query_all_raw(statement).await.expect("a plan");
    let line = |row: &sea_orm::QueryResult| match backend {
        DbBackend::Postgres => row.try_get_by_index::<String>(0).expect("a text"),
        _ => row.try_get::<String>("", "detail").expect("a text"),
    };
    rows.iter().map(line).collect()
}

fn reads_no_whole_table(plan: &[String], which: &Which) {
    let scans = ["Seq Scan on job", "SCAN job", "SCAN candidate", "SCAN twin", "SCAN earlier"];
    let whole = |line: &&String| scans.iter().any(|scan| line.trim().trim_start_matches("->").trim().starts_with(scan));
    assert_eq!(plan.iter().find(whole), None, "{which:?}: {plan:#?}");
}

async fn check(world: &World, explain: &str, which: Which, index: &str) {
    let plan = plan(world, explain, which.clone()).await;
    assert!(plan.iter().any(|line| line.contains(index)), "{which:?}: {plan:#?}");
    reads_no_whole_table(&plan, &which);
    let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY") || line.contains("Sort"));
    assert!(!sorts, "{which:?}: {plan:#?}");
}
