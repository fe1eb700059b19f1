//! Objects that answer their fields quickly.
//!
//! The library gives every field of every object a box and a task of its own, because any of them may take its time. What was [read
//! ahead](super::ahead) takes none: of a page with a hundred rows, the boxes and tasks were the larger part. A quick object asks its
//! fields one after the other, and waits for all that are not ready at once.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use async_graphql::connection::Connection;
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::page::Cursor;

/// The most fields that are compared with each other, for each object.
const FEW: usize = 32;

/// An object that answers quickly.
#[derive(Clone, Debug)]
pub struct Quick<T>(pub T);

/// A page of such objects.
pub type Pages<T> = Quick<Listed<T>>;

/// A connection whose nodes answer all at once.
pub struct Listed<T: ContainerType>(pub Connection<Cursor, Quick<T>>);

impl<T: ContainerType> fmt::Debug for Listed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("edges", &self.0.edges.len()).finish_non_exhaustive()
    }
}

impl<T: ContainerType> OutputType for Quick<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        // In a box, for an object may lead to one of its own kind.
        let answering = match plain(&ctx.item.node) {
            Some(fields) => async move { Ok(fields_of(ctx.clone(), &self.0, &fields).await) }.boxed(),
            None => self.0.resolve(ctx, field).boxed(),
        };
        // Of an object of which nothing was asked, the library says that it is not there.
        Ok(match answering.await? {
            Value::Null => Value::Object(Answer::new()),
            value => value,
        })
    }
}

impl<T: ContainerType> OutputType for Listed<T> {
    fn type_name() -> Cow<'static, str> {
        Connection::<Cursor, Quick<T>>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Connection::<Cursor, Quick<T>>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<T: ContainerType> ContainerType for Listed<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let fields = plain(&ctx.item.node.selection_set.node).filter(|_| ctx.item.node.name.node == "nodes");
        let Some(fields) = fields else { return self.0.resolve_field(ctx).await };
        let list = ctx.with_selection_set(&ctx.item.node.selection_set);
        let nodes = self.0.edges.iter().enumerate().map(|(place, edge)| (list.with_index(place), &edge.node.0));
        let nodes: Vec<_> = nodes.collect();
        Ok(Some(Value::List(answers(&nodes, &fields).await)))
    }
}

/// The fields of a selection that has nothing else in it, and nothing twice. All others are left to the library.
#[must_use]
pub fn plain(set: &SelectionSet) -> Option<Vec<&Positioned<Field>>> {
    fn plain(selection: &Positioned<Selection>) -> Option<&Positioned<Field>> {
        match &selection.node {
            Selection::Field(field) if field.node.directives.is_empty() => Some(field),
            _ => None,
        }
    }
    let items = &set.items;
    if items.len() > FEW {
        return None;
    }
    let fields = items.iter().map(plain).collect::<Option<Vec<_>>>()?;
    let key = |place: usize| &fields[place].node.response_key().node;
    let again = |place: usize| (0..place).any(|other| key(other) == key(place));
    (!(1..fields.len()).any(again)).then_some(fields)
}

/// What such fields of an object are. What fails is noted in the context, and left out.
pub async fn fields_of<T: ContainerType>(
    ctx: ContextSelectionSet<'_>,
    object: &T,
    fields: &[&Positioned<Field>],
) -> Value {
    answers(&[(ctx, object)], fields).await.pop().unwrap_or_default()
}

/// What such fields of some objects are, each in its context.
async fn answers<T: ContainerType>(
    objects: &[(ContextSelectionSet<'_>, &T)],
    fields: &[&Positioned<Field>],
) -> Vec<Value> {
    let mut answers: Vec<Answer> = objects.iter().map(|_| Answer::with_capacity(fields.len())).collect();
    let mut waiting = Vec::new();
    // Most are ready at once, so one place is enough for all of them.
    let mut place = None;
    for (number, ((ctx, object), answer)) in objects.iter().zip(&mut answers).enumerate() {
        for field in fields {
            let asked = value(ctx, *object, field);
            let mut asking = match place.take() {
                None => Box::pin(asked),
                Some(mut place) => {
                    Pin::set(&mut place, asked);
                    place
                }
            };
            match poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx))).await {
                Poll::Ready(value) => {
                    note(ctx, answer, field, value);
                    place = Some(asking);
                }
                Poll::Pending => {
                    // It keeps its place among the others.
                    answer.insert(key(field), Value::Null);
                    waiting.push(async move { (number, field, asking.await) });
                }
            }
        }
    }
    drop(place);
    for (number, field, value) in join_all(waiting).await {
        if let (Some((ctx, _)), Some(answer)) = (objects.get(number), answers.get_mut(number)) {
            note(ctx, answer, field, value);
        }
    }
    answers.into_iter().map(Value::Object).collect()
}

/// What is known of an object's fields.
type Answer = IndexMap<Name, Value>;

fn key(field: &Positioned<Field>) -> Name {
    field.node.response_key().node.clone()
}

fn note(ctx: &ContextSelectionSet<'_>, answer: &mut Answer, field: &Positioned<Field>, value: ServerResult<Value>) {
    match value {
        Ok(value) => drop(answer.insert(key(field), value)),
        Err(error) => {
            answer.shift_remove(&key(field));
            ctx.add_error(error);
        }
    }
}

async fn value<T: ContainerType>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    if field.node.name.node == "__typename" {
        return Ok(Value::String(object.introspection_type_name().into_owned()));
    }
    let ctx = ctx.with_field(field);
    Ok(object.resolve_field(&ctx).await?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use async_graphql::connection::{Connection, Edge, OpaqueCursor};
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema};
    use tokio::task::yield_now;

    use super::{Listed, Pages, Quick};

    #[derive(Clone)]
    struct Pet(i32);

    #[Object]
    impl Pet {
        async fn number(&self) -> i32 {
            self.0
        }
        /// Takes its time.
        async fn slow(&self) -> i32 {
            yield_now().await;
            self.0
        }
        async fn fails(&self) -> Result<Option<i32>> {
            Err("it failed".into())
        }
        async fn friends(&self, first: i32) -> Vec<Quick<Pet>> {
            (0..first).map(|number| Quick(Pet(self.0 * 10 + number))).collect()
        }
        /// A page of some that fail or are slow.
        async fn page(&self, first: i32) -> Pages<Pet> {
            let mut connection = Connection::new(false, false);
            let pets = (0..first).map(|number| self.0 * 10 + number);
            connection.edges.extend(pets.map(|number| Edge::new(OpaqueCursor(number.into()), Quick(Pet(number)))));
            Quick(Listed(connection))
        }
        async fn odd(&self) -> Result<Option<i32>> {
            yield_now().await;
            if self.0 % 2 == 1 { Ok(Some(self.0)) } else { Err("it is even".into()) }
        }
        async fn best(&self) -> Option<Quick<Pet>> {
            (self.0 < 100).then(|| Quick(Pet(self.0 * 10)))
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn plain(&self) -> Pet {
            Pet(1)
        }
        async fn quick(&self) -> Quick<Pet> {
            Quick(Pet(1))
        }
    }

    #[tokio::test]
    async fn a_quick_object_answers_what_the_library_would() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        assert!(!schema.sdl().contains("Quick"), "{}", schema.sdl());
        for asked in [
            "number slow",
            "slow number __typename",
            "a: number b: number number",
            "friends(first: 2) { slow number } friends(first: 2) { number slow }",
            "friends(first: 3) { best { best { number } } }",
            "best { number } best { slow } best { best { best { number } } }",
            "...F ... on Pet { number } ... { slow }",
            "number @include(if: true) slow @skip(if: true)",
            "friends(first: 0) { number }",
            "page(first: 3) { nodes { number slow odd } }",
            "page(first: 3) { nodes { odd } edges { cursor node { slow } } pageInfo { hasNextPage } }",
            "page(first: 2) { nodes { ... on Pet { number } } again: nodes { page(first: 2) { nodes { number fails } } } }",
            "page(first: 0) { nodes { number } __typename }",
            "number fails",
            "best { fails number }",
        ] {
            let ask = async |root: &str| {
                let text = format!("{{ it: {root} {{ {asked} }} }} fragment F on Pet {{ slow best {{ number }} }}");
                let text = if asked.contains("...F") { text } else { text.replace("fragment F", "#") };
                let answer = schema.execute(text).await;
                let mut errors: Vec<_> =
                    answer.errors.iter().map(|error| format!("{} {:?}", error.message, error.path)).collect();
                errors.sort();
                (answer.data.into_json().unwrap(), errors)
            };
            let (plain, quick) = (ask("plain").await, ask("quick").await);
            assert_eq!(quick, plain, "{asked}");
        }
    }
}
