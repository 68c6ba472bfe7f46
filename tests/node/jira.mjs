// Reads wiki markup, a JSON string to a line, and answers with what Atlassian's own parser makes of it.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { WikiMarkupTransformer } = createRequire(import.meta.url)("@atlaskit/editor-wikimarkup-transformer");
const transformer = new WikiMarkupTransformer();
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(transformer.parse(JSON.parse(line)).toJSON()));
}
