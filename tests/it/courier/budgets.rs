//! What somebody has asked of one process counts in the others as well.

use std::time::Duration;

use actors::budget::{Payer, Rates};
use tests::world::{Plan, World};
use tokio::time::sleep;

use super::{Pair, told};

told!(what_is_spent_in_one_process_is_spent_in_the_other);

const WHO: [Payer; 2] = [Payer::User(3), Payer::Session(7)];

fn spent(world: &World) -> u64 {
    let deps = world.deps();
    deps.budgets.standing(&WHO, deps.clock.now()).expect("there is a budget").spent
}

async fn what_is_spent_in_one_process_is_spent_in_the_other() {
    let budgets = Rates { user: Some(100), session: Some(50), address: None };
    let pair = Pair::new(Plan { budgets, ..Plan::default() }).await;
    let spend = |world: &World, points| world.deps().budgets.spend(&WHO, points, world.deps().clock.now());
    spend(&pair.serving, 20);
    assert_eq!(spent(&pair.serving), 20, "at once, where it was spent");
    spend(&pair.working, 5);
    while spent(&pair.serving) != 25 || spent(&pair.working) != 25 {
        // They tell each other once a second, and nobody else.
        sleep(Duration::from_millis(20)).await;
    }
    // Each goes on by itself.
    pair.redis.kill();
    spend(&pair.working, 25);
    assert_eq!((spent(&pair.working), spent(&pair.serving)), (50, 25));
    pair.end().await;
}
