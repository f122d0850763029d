// Writes src/generated from idl/levee.json.
//
// The generated code is not committed: it is a pure function of the IDL, which is committed and checked, and of the
// packages in package-lock.json, and it takes seconds. What is never in the repository cannot be stale there.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import {
  accountNode,
  accountValueNode,
  argumentValueNode,
  assertIsNode,
  camelCase,
  definedTypeNode,
  instructionAccountNode,
  instructionNode,
  instructionRemainingAccountsNode,
  numberTypeNode,
  pdaLinkNode,
  pdaSeedValueNode,
  pdaValueNode,
  programNode,
} from "@codama/nodes";
import { rootNodeFromAnchor } from "@codama/nodes-from-anchor";
import { renderVisitor } from "@codama/renderers-js";
import { bottomUpTransformerVisitor, visit } from "@codama/visitors";

const folder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const idl = JSON.parse(readFileSync(path.join(folder, "../../idl/levee.json"), "utf8"));

/** The instructions that only look at the obligation's reserves, which follow their own accounts. */
const FOLLOWED_BY_RESERVES = ["borrow", "withdraw", "setElevationGroup"];

/** An address that follows from other accounts of the same instruction, so that callers need not give it. */
const derived = (pda, seeds) =>
  pdaValueNode(
    pdaLinkNode(pda),
    Object.entries(seeds).map(([seed, account]) => pdaSeedValueNode(seed, accountValueNode(account))),
  );
const DERIVED = {
  reserve: derived("reserve", { market: "market", mint: "mint" }),
  vault: derived("vault", { reserve: "reserve" }),
  repayReserve: derived("reserve", { market: "market", mint: "repayMint" }),
  repayVault: derived("vault", { reserve: "repayReserve" }),
  seizeReserve: derived("reserve", { market: "market", mint: "seizeMint" }),
  seizeVault: derived("vault", { reserve: "seizeReserve" }),
};

const withDerivedAccounts = (node) => {
  const names = node.accounts.map((account) => account.name);
  const accounts = node.accounts.map((account) => {
    const value = DERIVED[account.name];
    const isKnown = value?.seeds.every((seed) => names.includes(seed.value.name));
    return isKnown && !account.isOptional && !account.defaultValue
      ? instructionAccountNode({ ...account, defaultValue: value })
      : account;
  });
  return instructionNode({ ...node, accounts });
};

const withReserves = (node) =>
  FOLLOWED_BY_RESERVES.includes(node.name)
    ? instructionNode({
        ...node,
        remainingAccounts: [
          instructionRemainingAccountsNode(argumentValueNode("reserves"), {
            docs: ["The obligation's reserves in its own order, as it stands afterwards: see `reserveList`."],
          }),
        ],
      })
    : node;

/** The renderer knows no events: each becomes a type whose decoder asks for the discriminator. */
const withEvents = (node) => {
  const events = (node.events ?? []).map((event) =>
    definedTypeNode({ docs: docsOf(event.name), name: `${event.name}_event`, type: event.data }),
  );
  return programNode({ ...node, definedTypes: [...node.definedTypes, ...events], events: [] });
};

const docsOf = (name) => idl.types.find((type) => camelCase(type.name) === name)?.docs ?? [];

let root = rootNodeFromAnchor(idl);
const transform = (transformers) => {
  const changed = visit(root, bottomUpTransformerVisitor(transformers));
  assertIsNode(changed, "rootNode");
  root = changed;
};
transform([
  // Two limbs, the low one first, are a 128-bit number as everybody writes it.
  { select: "[definedTypeNode]limbs", transform: () => null },
  {
    select: (nodes) => nodes.at(-1)?.kind === "definedTypeLinkNode" && nodes.at(-1).name === "limbs",
    transform: () => numberTypeNode("u128"),
  },
  { select: "[accountNode]", transform: (node) => accountNode({ ...node, docs: docsOf(node.name) }) },
  { select: "[instructionNode]", transform: (node) => withReserves(withDerivedAccounts(node)) },
  { select: "[programNode]", transform: withEvents },
]);

await visit(root, renderVisitor(folder, { kitImportStrategy: "rootOnly", syncPackageJson: false }));

const generated = (file) => path.join(folder, "src/generated", file);

/** Kit says the same type in other words, which TypeScript does not take for the same. */
const program = readFileSync(generated("programs/levee.ts"), "utf8");
const annotation = /\): Omit<T, "levee"> & \{ levee: LeveePlugin \} => \{/;
if (!annotation.test(program)) {
  throw new Error("the renderer writes the plugin's type differently: see whether it still needs a correction");
}
writeFileSync(generated("programs/levee.ts"), program.replace(annotation, ") => {"));

const constants = idl.constants.map(
  ({ name, docs, value }) => `/** ${docs.join(" ")} */\nexport const ${name} = ${value};\n`,
);
writeFileSync(generated("constants.ts"), constants.join("\n"));

const events = idl.events.map(({ name, discriminator }) => {
  const decoder = `types.get${name}EventDecoder()`;
  return `  { name: "${name}", discriminator: new Uint8Array(${JSON.stringify(discriminator)}), decoder: ${decoder} },\n`;
});
writeFileSync(
  generated("events.ts"),
  `import * as types from "./types";\n\n/** Every event, and how its bytes are read. */\nexport const EVENTS = [\n${events.join("")}] as const;\n`,
);
