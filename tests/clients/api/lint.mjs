// Asks graphql-eslint about a schema and operations: `node lint.mjs SCHEMA FOLDER`. Each finding is a line on the output.
//
// The rules are all that there are for schemas, those for Relay's connections, and the recommended ones for operations. What is
// switched off is listed here, with the reason.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import plugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const LIBRARY = "[name.value=/(Connection|PageInfo)$/]";

const OTHERWISE = {
  // The text is printed by the code, one way: short descriptions on a line, names in their order.
  "description-style": "off",
  alphabetize: "off",
  // An id is for what lasts, and ids are checked by our own rules.
  "strict-id-in-types": "off",
  // Changing something and following something are what the schema is for.
  "no-root-type": "off",
  // A payload is never null: what may be null is in it.
  "require-nullable-result-in-root": "off",
  // Who wants to ask something after a mutation asks.
  "require-field-of-type-query-in-mutation-result": "off",
  // Pages go forward only.
  "relay-arguments": ["error", { includeBoth: false }],
  // Connections have `nodes` beside `edges`, and short lists are plain.
  "relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  // The library that makes connections leaves no place for a description of the type.
  "require-description": ["error", { types: true, rootField: true, FieldDefinition: true, InputValueDefinition: true,
    EnumValueDefinition: true, ignoredSelectors: [`ObjectTypeDefinition${LIBRARY}`] }],
};

const rules = (...names) => Object.assign({}, ...names.map((name) => plugin.configs[`flat/${name}`].rules));
const ours = Object.fromEntries(Object.entries(OTHERWISE).map(([name, rule]) => [`@graphql-eslint/${name}`, rule]));

// The directives that every schema has are described by the specification, in no line that is ours.
const BUILT_IN = /^".*"\ndirective @(include|skip|specifiedBy|oneOf|deprecated)\b.*$/gm;

const [schema, folder] = process.argv.slice(2);
const operations = join(folder, "*.graphql");
const settings = {
  languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema, documents: operations } } },
  plugins: { "@graphql-eslint": plugin },
};
const eslint = new ESLint({
  cwd: "/",
  overrideConfigFile: true,
  overrideConfig: [
    { files: ["**/schema.graphql"], ...settings, rules: { ...rules("schema-recommended", "schema-all", "schema-relay"), ...ours } },
    { files: [operations.slice(1)], ...settings, rules: rules("operations-recommended") },
  ],
});
const results = [
  ...(await eslint.lintText(readFileSync(schema, "utf8").replace(BUILT_IN, "\n"), { filePath: schema })),
  ...(await eslint.lintFiles([operations])),
];
for (const { filePath, messages } of results) {
  for (const { line, ruleId, message } of messages) process.stdout.write(`${filePath}:${line}: ${ruleId}: ${message}\n`);
}
process.stdout.write(`${results.length} files\n`);
