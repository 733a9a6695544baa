// Reads a whole book, counts one published figure again, and follows the book live. Needs Node.js 20, and what
// package.json names:
//
//     npm install
//
//     MARKTBOEK_LOG='kurrentdb://SUBJECT:TOKEN@book.example:2113' node audit.mjs 2026-H1 3010.00 [EVENTS]
//
// The figure is the platform's average monthly active recipients (DSA art. 24(2)) of a half-year, as it was published.
// After it, so many new events are followed; all that come, until Ctrl-C, where no number is given. Exit codes: 0 all is as
// it should be, 1 it is not, 2 wrong use.

import { setTimeout as pause } from "node:timers/promises";
import { KurrentDBClient, START, UnavailableError } from "@kurrent/kurrentdb-client";

// How long a node that was lost is left alone before it is tried again.
const PAUSE_MILLISECONDS = 1_000;
// A calendar month is one in Paris, wherever the recipient is.
const PARIS = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", year: "numeric", month: "2-digit" });

/// The book, or the published figure, is not as it should be.
class Wrong extends Error {}

/// What was seen of the book so far. Every event comes by here, in order, be it read or followed.
class Audit {
  position = -1n; // Of the last event.
  revisions = new Map(); // Of the last event of each stream.
  ids = new Set();
  newest = new Date(0);
  active = new Map(); // Month: who was active in it.

  /// Nothing is missing, nothing is there twice; then what the figure needs of it.
  see({ id, streamId, revision, position: { commit }, type, data, metadata }) {
    if (commit !== this.position + 1n) throw new Wrong(`position ${this.position} is followed by ${commit}`);
    const expected = (this.revisions.get(streamId) ?? -1n) + 1n;
    if (revision !== expected) throw new Wrong(`position ${commit}: ${streamId} has ${revision} in place of ${expected}`);
    if (this.ids.has(id)) throw new Wrong(`position ${commit}: the event ${id} was there before`);
    this.position = commit;
    this.revisions.set(streamId, revision);
    this.ids.add(id);
    const occurred = new Date(metadata.occurredAt);
    if (occurred > this.newest) this.newest = occurred;
    this.count(type, data, occurred);
  }

  /// Who was active: whoever the platform's servers saw engaged, and whoever placed an order from the Union.
  count(type, data, occurred) {
    if (type === "RecipientsSeen") {
      // Version 1 names recipients by whole ids, version 2 by pseudonyms.
      this.add(data.month, (data.recipients ?? []).map(ofId));
      for (const seen of data.seen ?? []) this.add(data.month, pseudonyms(seen.recipients));
    } else if (type === "OrderPlaced" && data.memberState) {
      this.add(PARIS.format(occurred), data.recipient ? pseudonyms(data.recipient) : [ofId(data.buyer)]);
    }
  }

  add(month, recipients) {
    if (!this.active.has(month)) this.active.set(month, new Set());
    for (const recipient of recipients) this.active.get(month).add(recipient);
  }
}

/// Where a whole id is a pseudonym: its halves, one over the other.
function ofId(text) {
  const hex = text.replaceAll("-", "");
  return BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`);
}

/// By what names recipients are known in a month's activity: base64 of eight bytes each.
function pseudonyms(text) {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length / 8 }, (_, number) => bytes.readBigUInt64BE(8 * number));
}

/// The mean of six months, each recipient once a month, to two decimals.
function compare(audit, period, published) {
  const [year, half] = period.split("-H");
  let sum = 0;
  for (let month = half === "1" ? 1 : 7, last = month + 5; month <= last; month++) {
    const name = `${year}-${String(month).padStart(2, "0")}`;
    const count = audit.active.get(name)?.size ?? 0;
    console.log(`${name}    ${count}`);
    sum += count;
  }
  // The nearest hundredth: with six months it never lies half-way.
  const hundredths = Math.floor((sum * 100 + 3) / 6);
  const average = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  console.log(`${period}    ${average} (${sum}/6)`);
  console.log(`address    position ${audit.position}, newest event of ${audit.newest.toISOString().slice(0, 19)}Z`);
  if (average !== published) throw new Wrong(`${published} was published`);
  console.log(`published  ${published}, the same`);
}

/// Every new event, from where reading stopped. A node that is lost is asked again for what comes after the last one.
async function follow(connection, audit, last) {
  while (audit.position !== last) {
    const client = KurrentDBClient.connectionString([connection]);
    try {
      const fromPosition = { commit: audit.position, prepare: audit.position };
      for await (const { event } of client.subscribeToAll({ fromPosition })) {
        audit.see(event);
        const { actor, occurredAt } = event.metadata;
        console.log([audit.position, event.type, event.streamId, `${actor.role} ${actor.id}`, occurredAt].join("  "));
        if (audit.position === last) return;
      }
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      console.error(`lost the node after position ${audit.position}`);
      await pause(PAUSE_MILLISECONDS);
    } finally {
      await client.dispose();
    }
  }
}

async function main(connection, [period, published, events, ...more]) {
  if (!connection || !published || more.length) {
    console.error("MARKTBOEK_LOG=CONNECTION node audit.mjs PERIOD PUBLISHED [EVENTS]: see the beginning of this file");
    return 2;
  }
  const audit = new Audit();
  const ended = () => console.log(`followed   to position ${audit.position}: none missing, none twice`);
  process.on("SIGINT", () => (ended(), process.exit(0)));
  try {
    const client = KurrentDBClient.connectionString([connection]);
    for await (const { event } of client.readAll({ fromPosition: START })) audit.see(event);
    await client.dispose();
    console.log(`${audit.position + 1n} events in ${audit.revisions.size} streams: none missing, none twice`);
    compare(audit, period, published);
    console.log(`following  after position ${audit.position}`);
    await follow(connection, audit, events && audit.position + BigInt(events));
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    console.error(`WRONG: ${error.message}`);
    return 1;
  }
  ended();
  return 0;
}

process.exit(await main(process.env.MARKTBOEK_LOG, process.argv.slice(2)));
