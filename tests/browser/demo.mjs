// A demonstration on a free port, with its tokens, for as long as a check needs it.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/// Starts it; gives its address, its tokens by role, and what ends it.
export async function started(marktboek) {
  const program = spawn(marktboek, ["demo", "--listen", "127.0.0.1:0", "--until", "2026-11-01T12:00:00Z"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUST_LOG: process.env.RUST_LOG ?? "warn" },
  });
  const ended = new Promise((resolve) => program.once("exit", resolve));
  const stop = async () => {
    program.kill("SIGINT");
    await ended;
  };
  const tokens = {};
  let origin;
  for await (const line of createInterface({ input: program.stdout })) {
    origin ??= /(http:\/\/\S+)\/graphiql/.exec(line)?.[1];
    const token = /^ {2}(\w+) +(\S+\.\S+\.\S+)$/.exec(line);
    if (token !== null) tokens[token[1]] = token[2];
    if (line.startsWith("Ctrl-C")) return { origin, tokens, stop };
  }
  throw new Error(`${marktboek} ended before it was open`);
}

/// Asks by GraphQL.
export async function asked(demo, role, query, variables = {}) {
  const answer = await fetch(`${demo.origin}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${demo.tokens[role]}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}
