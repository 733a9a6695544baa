// Is the book what Node's clients of EventStoreDB and KurrentDB take it for?
//
//     node node_client.js CLIENT-DIRECTORY CONNECTION-STRING open|killed|reader|stranger
//
// `open`: the node is open to everybody, and its book empty. `killed`: so too, and whoever reads here kills the node and
// starts it again at each line that is `kill`. `reader`: the credentials may read, not append.
// `stranger`: they are nobody's. A line a check; exit codes: 0 all hold, 1 one does not.
"use strict";
const { randomUUID } = require("node:crypto");
const { resolve } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");

const [directory, uri, scenario] = process.argv.slice(2);
const library = require(resolve(directory));
const { ANY, BACKWARDS, END, FORWARDS, NO_STREAM, START, STREAM_EXISTS } = library;
const { UnavailableError, eventTypeFilter, jsonEvent, streamNameFilter } = library;
const Client = library.KurrentDBClient ?? library.EventStoreDBClient;
const client = Client.connectionString([uri]);

const MONTH = "activity-2026-05";
// A client that waits for what does not come is given up.
const PATIENCE_MILLISECONDS = 30_000;
// gRPC's code for it.
const UNAVAILABLE = 14;
// How long a node that is away is left alone.
const PAUSE_MILLISECONDS = 50;
// How often the node is killed while it is written to and followed, and after how many more appends each time.
const KILLS = 3;
const APPENDS = 40;

function check(holds, what) {
  if (!holds) throw new Error(what);
  console.log(`ok    ${what}`);
}

async function fails(name, call, what) {
  try {
    await call();
  } catch (error) {
    check(error.constructor.name === name, `${what}: ${error.constructor.name === name ? name : error}`);
    return error;
  }
  throw new Error(`${what}: it was done`);
}

function metadata() {
  const id = randomUUID();
  const actor = { role: "operator", id: "client" };
  return { occurredAt: "2026-05-01T10:00:00Z", actor, commandId: id, correlationId: id, schema: 1 };
}

/// An event that belongs in a month's stream.
function visits(stream = MONTH, different = {}) {
  const month = stream.slice("activity-".length);
  const data = { month, memberState: "BE", role: "BUYER", recipients: [], excluded: { bots: 1, incidental: 0 } };
  return jsonEvent({ type: "RecipientsSeen", data, metadata: metadata(), id: randomUUID(), ...different });
}

/// An event that belongs in a stream `product-<uuid>`.
function product() {
  const data = { brand: "Apple", category: "smartphones", subcategory: "iphone", title: "iPhone SE" };
  return jsonEvent({ type: "ProductCatalogued", data, metadata: metadata(), id: randomUUID() });
}

/// The expectation has another name in each of the two; each ignores the other's.
function append(stream, events, expected, more = {}) {
  return client.appendToStream(stream, events, { expectedRevision: expected, streamState: expected, ...more });
}

async function all(events) {
  const seen = [];
  for await (const { event } of events) seen.push(event);
  return seen;
}

const ids = (events) => events.map((event) => event.id).join();

/// What a subscription delivers until `enough` says so; given up after a while.
function take(subscription, enough) {
  return new Promise((done, failed) => {
    const seen = [];
    const late = setTimeout(() => failed(new Error(`only ${seen.length} came`)), PATIENCE_MILLISECONDS);
    const end = () => {
      clearTimeout(late);
      subscription.removeAllListeners();
      subscription.on("error", () => {});
      done(seen);
    };
    subscription.on("data", ({ event }) => {
      seen.push(event);
      if (enough === seen.length) end();
    });
    subscription.on("caughtUp", () => enough === "caught up" && end());
    subscription.on("error", failed);
  });
}

async function appending() {
  // With credentials a client appends by Append, without by BatchAppend.
  for (const [how, stream, more] of [
    ["BatchAppend", MONTH, {}],
    ["Append", "activity-2026-06", { credentials: { username: "nobody", password: "nothing" } }],
  ]) {
    const wrong = "WrongExpectedVersionError";
    await fails(wrong, () => append(stream, visits(stream), STREAM_EXISTS, more), `${how}: a stream that must be and is not`);
    await fails(wrong, () => append(stream, visits(stream), 3n, more), `${how}: a revision of no stream`);
    const first = visits(stream);
    const written = await append(stream, first, NO_STREAM, more);
    check(written.success && written.nextExpectedRevision === 0n, `${how}: a new stream`);
    const again = await append(stream, first, NO_STREAM, more);
    check(again.position.commit === written.position.commit, `${how}: the same event again takes effect once`);
    const error = await fails(wrong, () => append(stream, visits(stream), NO_STREAM, more), `${how}: a stream that must not be and is`);
    check(error.actualVersion === 0n || error.actualState === 0n, `${how}: which says where it is`);
    check((await append(stream, visits(stream), 0n, more)).nextExpectedRevision === 1n, `${how}: the right revision`);
    await fails(wrong, () => append(stream, visits(stream), 0n, more), `${how}: a wrong revision`);
    check((await append(stream, visits(stream), STREAM_EXISTS, more)).nextExpectedRevision === 2n, `${how}: an existing stream`);
    check((await append(stream, visits(stream), ANY, more)).nextExpectedRevision === 3n, `${how}: any`);
    const many = Array.from({ length: 500 }, () => visits(stream));
    check((await append(stream, many, 3n, more)).nextExpectedRevision === 503n, `${how}: 500 at once`);
  }
  for (let number = 0; number < 20; number++) await append(`product-${randomUUID()}`, product(), NO_STREAM);
  // Enough at once that they are sent before the first is answered.
  const together = Array.from({ length: 200 }, () => append("activity-2026-07", visits("activity-2026-07"), ANY));
  const revisions = (await Promise.all(together)).map((written) => written.nextExpectedRevision);
  check(new Set(revisions).size === 200 && revisions.every((revision, at) => revision === BigInt(at)), "200 side by side, in order");
}

async function reading() {
  const book = await all(client.readAll());
  const turned = [...book].reverse();
  check(book.length === 504 * 2 + 20 + 200, `$all forwards: ${book.length} events`);
  check(ids(await all(client.readAll({ direction: BACKWARDS, fromPosition: END }))) === ids(turned), "$all backwards is the same, turned");
  check(ids(await all(client.readAll({ maxCount: 33 }))) === ids(book.slice(0, 33)), "$all forwards, 33");
  check(ids(await all(client.readAll({ maxCount: 33, direction: BACKWARDS, fromPosition: END }))) === ids(turned.slice(0, 33)), "$all backwards, 33");
  const position = { commit: 100n, prepare: 100n };
  check(ids(await all(client.readAll({ fromPosition: position }))) === ids(book.slice(100)), "$all forwards from a position, with it");
  const before = [...book.slice(0, 100)].reverse();
  check(ids(await all(client.readAll({ fromPosition: position, direction: BACKWARDS }))) === ids(before), "$all backwards from a position, without it");
  const stream = book.filter((event) => event.streamId === MONTH);
  check(stream.every((event, at) => event.revision === BigInt(at)), "a stream's revisions without a gap");
  check(ids(await all(client.readStream(MONTH))) === ids(stream), "a stream forwards");
  check(ids(await all(client.readStream(MONTH, { direction: BACKWARDS, fromRevision: END }))) === ids([...stream].reverse()), "a stream backwards");
  check(ids(await all(client.readStream(MONTH, { maxCount: 7 }))) === ids(stream.slice(0, 7)), "a stream forwards, 7");
  check(ids(await all(client.readStream(MONTH, { maxCount: 7, direction: BACKWARDS, fromRevision: END }))) === ids([...stream].reverse().slice(0, 7)), "a stream backwards, 7");
  check(ids(await all(client.readStream(MONTH, { fromRevision: 100n, maxCount: 7, direction: FORWARDS }))) === ids(stream.slice(100, 107)), "a stream from a revision on, with it");
  check(ids(await all(client.readStream(MONTH, { fromRevision: 100n, maxCount: 7, direction: BACKWARDS }))) === ids(stream.slice(94, 101).reverse()), "and back from it");
  await fails("StreamNotFoundError", () => all(client.readStream("activity-2030-01")), "a stream that is not there");
  const [first] = stream;
  check(first.type === "RecipientsSeen" && first.isJson && first.data.month === "2026-05", "type, content type, data");
  check(first.metadata.actor.id === "client" && first.created instanceof Date, "metadata, when it was recorded");
  return book;
}

async function following(book) {
  for (const [what, options, wanted] of [
    ["from the start", { fromPosition: START }, () => true],
    ["after a position", { fromPosition: { commit: 700n, prepare: 700n } }, (at) => at > 700],
    ["from the end", { fromPosition: END }, () => false],
    ["by type", { fromPosition: START, filter: eventTypeFilter({ regex: "^Product" }) }, (at) => book[at].type === "ProductCatalogued"],
    ["by type after a position", { fromPosition: { commit: 1015n, prepare: 1015n }, filter: eventTypeFilter({ regex: "^Product" }) }, (at) => at > 1015 && book[at].type === "ProductCatalogued"],
    ["by type from the end", { fromPosition: END, filter: eventTypeFilter({ prefixes: ["Product"] }) }, () => false],
    ["by a prefix of the stream", { fromPosition: START, filter: streamNameFilter({ prefixes: ["product-"] }) }, (at) => book[at].type === "ProductCatalogued"],
  ]) {
    const subscription = client.subscribeToAll(options);
    const expected = book.filter((_, at) => wanted(at));
    check(ids(await take(subscription, "caught up")) === ids(expected), `$all ${what}, until caught up`);
    const stream = `product-${randomUUID()}`;
    const live = take(subscription, 3);
    await append(stream, [product(), product(), product()], NO_STREAM);
    const written = await all(client.readStream(stream));
    check(ids(await live) === ids(written), `$all ${what}, live`);
    book.push(...written);
    await subscription.unsubscribe();
  }
  const stream = book.filter((event) => event.streamId === MONTH);
  for (const [what, fromRevision, first] of [["from the start", START, 0], ["after a revision", 1n, 2], ["from the end", END, Infinity]]) {
    const subscription = client.subscribeToStream(MONTH, { fromRevision });
    check(ids(await take(subscription, "caught up")) === ids(stream.slice(first)), `a stream ${what}, until caught up`);
    const live = take(subscription, 2);
    const events = [visits(), visits()];
    await append(MONTH, events, STREAM_EXISTS);
    check(ids(await live) === ids(events), `a stream ${what}, live`);
    stream.push(...events);
    await subscription.unsubscribe();
  }
}

async function refusing() {
  const surprise = await fails("UnknownError", () => append(MONTH, visits(MONTH, { type: "Surprise" }), ANY), "a type that nobody knows");
  check(/Surprise/.test(surprise.message), "which says what");
  await fails("AccessDeniedError", () => client.deleteStream(MONTH), "deleting a stream");
  await fails("AccessDeniedError", () => client.tombstoneStream(MONTH), "its tombstone");
  const { metadata: none } = await client.getStreamMetadata(MONTH);
  check(none === undefined, "no $maxCount, no $maxAge");
  await fails("AccessDeniedError", () => client.setStreamMetadata(MONTH, { maxCount: 1 }), "nor may anybody set one");
  const never = { commit: 10n ** 9n, prepare: 10n ** 9n };
  const refused = await fails("UnknownError", () => take(client.subscribeToAll({ fromPosition: never }), 1), "a position that the book never had");
  check(/INVALID_ARGUMENT/.test(refused.message), "for what it is");
}

/// Whether the node was not there. The clients' first question, what it can, fails with an error of gRPC's own.
const isAway = (error) => error instanceof UnavailableError || error.code === UNAVAILABLE;

/// Tries again with the same client while the node is away.
async function patiently(attempt) {
  for (const end = Date.now() + PATIENCE_MILLISECONDS; ; await pause(PAUSE_MILLISECONDS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (Date.now() > end) throw new Error("the client does not find the node again");
    }
  }
}

/// The ids of everything up to an event, from wherever the last subscription was when it was lost.
async function follow(subscribe, last) {
  const seen = [];
  await patiently(async () => {
    const subscription = subscribe(seen.at(-1));
    for await (const { event } of subscription) {
      seen.push(event);
      if (event.id === last.id) break;
    }
    await subscription.unsubscribe();
  });
  return ids(seen);
}

/// Each append takes effect once, and each follower has it once.
async function killed() {
  const stream = "activity-2026-09";
  const events = Array.from({ length: APPENDS * (KILLS + 1) }, () => visits(stream));
  const last = events.at(-1);
  const [newest] = await all(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
  const toAll = (filter) => (event = newest) => client.subscribeToAll({ fromPosition: event.position, filter });
  const toStream = (event) => client.subscribeToStream(stream, { fromRevision: event ? event.revision : START });
  const following = {
    "the stream": follow(toStream, last),
    "$all": follow(toAll(), last),
    "$all by type": follow(toAll(eventTypeFilter({ prefixes: ["Recipients"] })), last),
    "$all by stream": follow(toAll(streamNameFilter({ regex: `^${stream}$` })), last),
  };
  // Whoever waits for none of them yet is told of their failures all the same.
  const followed = Promise.all(Object.values(following));
  followed.catch(() => {});
  for (const [at, event] of events.entries()) {
    if (at && at % APPENDS === 0) console.log("kill");
    // With credentials by Append, without by BatchAppend. Sent again with the same id: whoever gets no answer can't know
    // whether it was done.
    const how = at % 2 ? { credentials: { username: "nobody", password: "nothing" } } : {};
    await patiently(() => append(stream, event, at ? BigInt(at - 1) : NO_STREAM, how));
  }
  for (const [at, what] of Object.keys(following).entries()) {
    check((await followed)[at] === ids(events), `killed ${KILLS} times: a subscription to ${what} misses nothing and has nothing twice`);
  }
  check(ids(await patiently(() => all(client.readStream(stream)))) === ids(events), "each append is there once");
}

/// Refused for who it is. No client has a name for it, and what reads in the newer one says that access is denied.
async function unknown(call, what) {
  const error = await call().then(() => undefined, (refused) => refused);
  check(/UNAUTHENTICATED|AccessDenied/.test(String(error)), `${what}: ${error}`);
}

async function main() {
  if (scenario === "open") {
    await appending();
    await following(await reading());
    await refusing();
  } else if (scenario === "killed") {
    await killed();
  } else if (scenario === "stranger") {
    await unknown(() => all(client.readAll()), "reading with another's token");
    await unknown(() => append(MONTH, visits(), ANY), "appending with it");
  } else {
    check((await all(client.readAll())).length > 0, "the credentials may read, by TLS");
    await fails("AccessDeniedError", () => append(MONTH, visits(), ANY), "but not append");
  }
  await client.dispose();
}

main().then(() => process.exit(0), (error) => {
  console.error(`FAIL  ${error.stack}`);
  process.exit(1);
});
