// A server of the protocol by the same people: says its port as JSON, and counts for whoever has the right token.
// The end of the input ends this.
import { GraphQLInt, GraphQLObjectType, GraphQLSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

async function* count(_, { to }) {
  for (let number = 1; number <= to; number++) yield { count: number };
}

const field = { type: GraphQLInt, args: { to: { type: GraphQLInt } } };
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { count: field } }),
  subscription: new GraphQLObjectType({ name: "Subscription", fields: { count: { ...field, subscribe: count } } }),
});

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/graphql" });
useServer({ schema, onConnect: ({ connectionParams }) => connectionParams?.authorization === "Bearer right" }, server);
server.once("listening", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.stdin.resume().once("close", () => process.exit(0));
