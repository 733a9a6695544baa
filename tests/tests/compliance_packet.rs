//! A packet for an authority is the same bytes whenever and wherever it is made, says what the book says, and is checked by
//! a script that names whatever was changed, in the packet or in the book.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use domain::Event;
use domain::activity::{ActivityEvent, RecipientRole};
use domain::calendar::{Month, SixMonths};
use domain::order::OrderEvent;
use domain::place::MemberState;
use domain::pseudonym::Pseudonym;
use event_log::merkle::{HASHES, HEADS, Hash, HeadKey};
use event_log::{EmbeddedLog, EventLog, Position};
use fixtures::{History, Step};
use projections::data_directory::DataDirectory;
use serde_json::Value;
use tempfile::TempDir;
use tests::forger::Forger;
use tests::programs::{Outcome, must, replay_tool, run};
use tests::{books, signed};

const PERIOD: &str = "2025-H2";

/// A generated year, which all tests share.
fn year() -> &'static [Step] {
    static YEAR: OnceLock<History> = OnceLock::new();
    YEAR.get_or_init(|| books::year(1))
}

/// Its steps up to the end of a month.
fn up_to(month: &str) -> &'static [Step] {
    let month: Month = month.parse().unwrap();
    &year()[..year().partition_point(|step| Month::of(step.occurred_at) <= month)]
}

/// A packet's files, by name.
type Files = BTreeMap<String, String>;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a packet with these arguments, and reads its files.
fn packet(data: &Path, out: &Path, arguments: &[&str]) -> Files {
    let said = must(data, &[&["packet", "--period", PERIOD], arguments, &[text(out)]].concat());
    let files = files(out);
    assert!(said.contains(&format!("files        {}\n", files.len())), "{said}");
    files
}

fn files(out: &Path) -> Files {
    let mut files = Files::new();
    for directory in [out.to_owned(), out.join("proofs")] {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = text(path.strip_prefix(out).unwrap()).to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// A signed book with part of a generated year, a packet of it, and the operator's keys as an authority has them.
struct Made {
    data: TempDir,
    authority: TempDir,
    history: &'static [Step],
    files: Files,
}

impl Made {
    fn new() -> Self {
        let history = up_to("2025-08");
        let (data, authority) = (books::with(history), tempfile::tempdir().unwrap());
        signed::sign(data.path());
        let _ = signed::trusted_keys(data.path(), authority.path());
        let files = packet(data.path(), &authority.path().join("packet"), &[]);
        Self { data, authority, history, files }
    }

    fn packet(&self) -> PathBuf {
        self.authority.path().join("packet")
    }

    fn keys(&self) -> PathBuf {
        self.authority.path().join("operators-keys")
    }

    /// What the packet's script says of it and of a book.
    fn checked(&self, data: &Path) -> Outcome {
        script(&self.packet(), &[text(data), text(&self.keys())])
    }

    /// A copy of the book in which the data of an event is another one, with every checksum put right.
    fn forged(&self, at: usize) -> TempDir {
        let forged = tempfile::tempdir().unwrap();
        books::copy(self.data.path(), forged.path());
        let mut forger = Forger::read(&DataDirectory::new(forged.path()).log());
        forger.records[at].data.push(b' ');
        forger.write();
        forged
    }
}

/// Runs a packet's script from elsewhere, with nothing but the program.
fn script(packet: &Path, arguments: &[&str]) -> Outcome {
    let program = replay_tool(packet, &[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.arg(packet.join("verify.sh")).args(arguments).env("REPLAY_TOOL", program).current_dir("/");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn r_5_05_r_0_02_a_packet_made_again_elsewhere_and_after_the_book_grew_and_was_signed_again_is_the_same_to_the_byte() {
    let data = books::with(up_to("2025-08"));
    let head = signed::sign(data.path());
    let out = tempfile::tempdir().unwrap();
    let of = |data: &Path, name: &str, arguments: &[&str]| packet(data, &out.path().join(name), arguments);
    let published = of(data.path(), "published", &[]);
    assert_eq!(published["head"], head.to_string());
    assert_eq!(of(data.path(), "again", &[]), published);
    let by_moment = ["--as-of", "2025-08-10"];
    let of_a_moment = of(data.path(), "of-a-moment", &by_moment);

    let figures: Value = serde_json::from_str(&published["figures.json"]).unwrap();
    let (position, as_of) = (figures["position"].to_string(), figures["asOf"].as_str().unwrap());
    assert_eq!(position, (head.head.size - 1).to_string(), "up to the newest head");
    let address = ["--position", &position, "--as-of", as_of];
    let auditor = tempfile::tempdir().unwrap();
    books::copy(&data.path().join("log"), &auditor.path().join("log"));
    let [head, keys] = ["head", "keys"].map(|name| out.path().join("published").join(name));
    let given = ["--head", text(&head), "--keys", text(&keys)];
    assert_eq!(of(auditor.path(), "elsewhere", &[&address[..], &given].concat()), published, "with the log alone");

    let _ = must(data.path(), &["head-keys", "--rotate"]);
    books::write(data.path(), up_to("2025-09"));
    signed::sign(data.path());
    assert_eq!(of(data.path(), "grown", &address), published, "after the book has grown");
    assert_eq!(of(data.path(), "by-position", &address[..2]), published, "the moment is that of the position");
    assert_eq!(of(data.path(), "moment-grown", &by_moment), of_a_moment, "after the book has grown");
    assert_ne!(of(data.path(), "newer", &[]), published, "another address is another packet's");
}

/// The sizes of the sets, counted one by one from the steps of a history: in the Union, by part and by Member State.
#[derive(Default)]
struct Naive {
    union: BTreeSet<Pseudonym>,
    parts: BTreeMap<RecipientRole, BTreeSet<Pseudonym>>,
    states: BTreeMap<&'static str, BTreeSet<Pseudonym>>,
    bots: u64,
    incidental: u64,
}

impl Naive {
    fn see(&mut self, recipient: Pseudonym, role: RecipientRole, state: MemberState) {
        self.union.insert(recipient);
        self.parts.entry(role).or_default().insert(recipient);
        self.states.entry(state.code()).or_default().insert(recipient);
    }

    fn months(history: &[Step]) -> BTreeMap<Month, Self> {
        let mut months: BTreeMap<Month, Self> = BTreeMap::new();
        for step in history {
            for event in &step.events {
                if let Event::Order(OrderEvent::OrderPlaced(placed)) = event
                    && let Some(state) = placed.member_state
                {
                    let month = months.entry(Month::of(step.occurred_at)).or_default();
                    let buyer = placed.recipient.unwrap_or_else(|| Pseudonym::of_id(placed.buyer.0));
                    month.see(buyer, RecipientRole::Buyer, state);
                }
                if let Event::Activity(ActivityEvent::RecipientsSeen(seen)) = event {
                    let month = months.entry(seen.month).or_default();
                    for part in &seen.seen {
                        part.recipients.iter().for_each(|id| month.see(id, part.role, part.member_state));
                    }
                    month.bots += seen.excluded.bots;
                    month.incidental += seen.excluded.incidental;
                }
            }
        }
        months
    }
}

/// A CSV's rows, by the first cell of each.
fn rows(csv: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let first = reader.headers().unwrap()[0].to_owned();
    let rows = reader.deserialize().map(|row| row.unwrap());
    rows.map(|row: BTreeMap<String, String>| (row[&first].clone(), row)).collect()
}

#[test]
fn r_5_01_r_5_04_r_5_05_a_packets_figures_are_those_of_dsa_and_of_a_naive_count() {
    let made = Made::new();
    let figures: Value = serde_json::from_str(&made.files["figures.json"]).unwrap();
    let position = figures["position"].to_string();
    let dsa = must(made.data.path(), &["dsa", "--period", PERIOD, "--position", &position, "--json"]);
    assert_eq!(made.files["figures.json"], dsa);

    let naive = Naive::months(made.history);
    let period: SixMonths = PERIOD.parse().unwrap();
    let (by_month, by_state) = (rows(&made.files["figures.csv"]), rows(&made.files["member-states.csv"]));
    assert_eq!((by_month.len(), by_state.len()), (6, 27));
    let nobody = Naive::default();
    let mut sum = 0;
    for month in period.months() {
        let counted = naive.get(&month).unwrap_or(&nobody);
        let part = |role| counted.parts.get(&role).map_or(0, BTreeSet::len);
        let wanted = [
            ("union", counted.union.len()),
            ("buyers", part(RecipientRole::Buyer)),
            ("traders", part(RecipientRole::Trader)),
            ("visitors", part(RecipientRole::Visitor)),
            ("excluded_bots", counted.bots as usize),
            ("excluded_incidental", counted.incidental as usize),
        ];
        for (column, size) in wanted {
            assert_eq!(by_month[&month.to_string()][column], size.to_string(), "{month} {column}");
        }
        for (state, row) in &by_state {
            let size = counted.states.get(state.as_str()).map_or(0, BTreeSet::len);
            assert_eq!(row[&month.to_string()], size.to_string(), "{month} {state}");
        }
        sum += counted.union.len();
    }
    assert!(sum > 0);
    assert_eq!(figures["averageNumerator"], sum);
    for file in ["README.md", "method.md"] {
        assert!(made.files[file].contains(&format!("{sum}/6")), "{}", made.files[file]);
    }
}

#[test]
fn r_0_01_r_5_05_a_packets_proofs_need_no_book_and_tell_nothing_of_any_recipient() {
    let made = Made::new();
    let proofs = made.files.keys().filter(|name| name.starts_with("proofs/")).cloned().collect::<Vec<_>>();
    assert_eq!(proofs, ["proofs/last-counted-event.json", "proofs/policies-version-1.json"]);
    let nowhere = tempfile::tempdir().unwrap();
    let proved = |name: &str, keys: &Path| {
        let file = made.packet().join(name);
        let outcome = run(nowhere.path(), &["verify-proof", text(&file), "--keys", text(keys), "--json"]);
        (outcome.code, serde_json::from_str::<Value>(&outcome.stdout).unwrap())
    };
    let (code, policies) = proved(&proofs[1], &made.keys());
    assert_eq!((code, &policies["event"]["type"]), (Some(0), &"PolicyAdopted".into()), "{policies}");
    assert_eq!(policies["event"]["stream"], "policy-marketplace");

    let log = EmbeddedLog::open_read_only(DataDirectory::new(made.data.path()).log()).unwrap();
    let july: Month = "2025-07".parse().unwrap();
    let counts = |event: &Event| {
        let placed = matches!(event, Event::Order(OrderEvent::OrderPlaced(placed)) if placed.member_state.is_some());
        placed || matches!(event, Event::Activity(ActivityEvent::RecipientsSeen(seen)) if seen.month >= july)
    };
    let events = made.history.iter().flat_map(|step| &step.events);
    let last = (0..).zip(events).filter(|(_, event)| counts(event)).last().unwrap().0;
    let event = log.scan(Position(last), 1).unwrap().remove(0);
    let (code, last_counted) = proved(&proofs[0], &made.keys());
    assert_eq!((code, &last_counted["position"]), (Some(0), &last.into()), "{last_counted}");
    assert_eq!(last_counted["hash"], Hash::of_event(&event).to_string());
    assert_eq!(last_counted["event"], Value::Null);
    assert!(made.files["method.md"].contains(last_counted["hash"].as_str().unwrap()));

    let strangers = nowhere.path().join("strangers-keys");
    fs::write(&strangers, HeadKey::generate(signed::ORIGIN).unwrap().public().to_string()).unwrap();
    for proof in &proofs {
        let (code, nothing) = proved(proof, &strangers);
        assert_eq!((code, &nothing["proved"]), (Some(1), &false.into()), "{nothing}");
        assert!(nothing["why"].as_str().unwrap().contains("no signature"), "{nothing}");
    }

    let everybody = Naive::months(made.history).into_values().flat_map(|month| month.union);
    let everybody: BTreeSet<String> =
        everybody.map(|recipient| serde_json::to_value(recipient).unwrap().as_str().unwrap().to_owned()).collect();
    let everything: String = made.files.values().map(String::as_str).collect();
    assert!(!everybody.is_empty() && everybody.iter().all(|recipient| !everything.contains(recipient)));
}

#[test]
fn r_5_05_verify_sh_passes_on_the_book_with_the_log_alone_and_after_it_has_grown() {
    let made = Made::new();
    let good = made.checked(made.data.path());
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.ends_with("Everything holds.\n") && !good.stdout.contains("BAD"), "{good:?}");
    let auditor = tempfile::tempdir().unwrap();
    books::copy(&made.data.path().join("log"), &auditor.path().join("log"));
    assert_eq!(made.checked(auditor.path()), good, "with the log alone");
    let _ = must(made.data.path(), &["head-keys", "--rotate"]);
    books::write(made.data.path(), up_to("2025-09"));
    signed::sign(made.data.path());
    assert_eq!(made.checked(made.data.path()), good, "after the book has grown");

    let untrusting = script(&made.packet(), &[text(auditor.path())]);
    assert!(untrusting.code == Some(0) && untrusting.stdout.contains("note   keys: "), "{untrusting:?}");
    let strangers = auditor.path().join("strangers-keys");
    fs::write(&strangers, HeadKey::generate(signed::ORIGIN).unwrap().public().to_string()).unwrap();
    let stranger = script(&made.packet(), &[text(auditor.path()), text(&strangers)]);
    assert!(stranger.code == Some(1) && stranger.stdout.contains("no signature under the head"), "{stranger:?}");

    for wrong in [&[][..], &["/"], &[text(auditor.path()), "/not/there"]] {
        let outcome = script(&made.packet(), wrong);
        assert!(outcome.code == Some(2) && !outcome.stdout.contains("BAD"), "{wrong:?}: {outcome:?}");
    }
}

#[test]
fn r_5_05_verify_sh_names_what_was_changed_in_the_packet() {
    let made = Made::new();
    let sums = made.packet().join("SHA256SUMS");
    for (name, was, is) in [
        ("figures.csv", "2025-07,", "2025-07,1"),
        ("figures.json", "\"average\": \"", "\"average\": \"1"),
        ("member-states.csv", "\nNL,", "\nNL,1"),
        ("method.md", "left out", "let in"),
        ("proofs/last-counted-event.json", "\"position\": ", "\"position\": 1"),
        ("proofs/policies-version-1.json", "smartphones", "smarterphones"),
        ("head", "\ntime 2026", "\ntime 2025"),
    ] {
        let file = made.packet().join(name);
        let changed = made.files[name].replacen(was, is, 1);
        assert_ne!(changed, made.files[name], "{name} has {was:?}");
        fs::write(&file, &changed).unwrap();
        let found = made.checked(made.data.path());
        assert!(found.code == Some(1) && found.stdout.contains(&format!("       {name}: FAILED\n")), "{found:?}");

        // Whoever changes a file can put its checksum right; the book is another matter.
        let lines = made.files["SHA256SUMS"].lines().map(|line| {
            let digest = projections::digest::Digest::of_text(&changed);
            if line.ends_with(&format!("  {name}")) { format!("{digest}  {name}\n") } else { format!("{line}\n") }
        });
        fs::write(&sums, lines.collect::<String>()).unwrap();
        let found = made.checked(made.data.path());
        assert!(found.code == Some(1) && found.stdout.contains("good   files"), "{found:?}");
        let named = if name == "head" { "no signature under the head" } else { name };
        assert!(found.stdout.contains(named) && found.stdout.contains("BAD"), "{name}: {found:?}");
        fs::write(&file, &made.files[name]).unwrap();
        fs::write(&sums, &made.files["SHA256SUMS"]).unwrap();
    }
    assert_eq!(made.checked(made.data.path()).code, Some(0));
    fs::write(made.packet().join("added"), "").unwrap();
    let found = made.checked(made.data.path());
    assert!(found.code == Some(1) && found.stdout.contains("Only in here: added"), "{found:?}");
}

#[test]
fn r_0_01_r_5_05_verify_sh_names_the_event_of_the_book_that_was_changed() {
    let made = Made::new();
    let at = made.history.len() / 2;
    let forged = made.forged(at);
    let found = made.checked(forged.path());
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains("BAD    book: "), "{found:?}");
    assert!(found.stdout.contains(&format!("the first position that differs is {at}, where ")), "{found:?}");
    // The operator signs the other history with the same key; the packet has the head of this one.
    for file in [HASHES, HEADS] {
        fs::remove_file(DataDirectory::new(forged.path()).heads().join(file)).unwrap();
    }
    signed::sign(forged.path());
    assert!(must(forged.path(), &["verify"]).starts_with("good"));
    let found = made.checked(forged.path());
    assert!(found.code == Some(1) && found.stdout.contains("the book is not the one whose head of"), "{found:?}");
    let refused = tempfile::tempdir().unwrap();
    let outcome = run(made.forged(at).path(), &["packet", "--period", PERIOD, text(refused.path())]);
    assert!(outcome.code == Some(1) && outcome.stderr.contains(&format!("differs is {at}, where")), "{outcome:?}");
    assert!(files(&made.packet()) == made.files && fs::read_dir(refused.path()).unwrap().next().is_none());
}

#[test]
fn r_5_05_what_is_not_signed_or_would_be_written_over_is_refused_with_what_to_do() {
    let made = Made::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = |data: &Path, arguments: &[&str], out: &Path, code: i32, why: &str| {
        let outcome = run(data, &[&["packet", "--period", PERIOD], arguments, &[text(out)]].concat());
        assert_eq!(outcome.code, Some(code), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(why) && outcome.stdout.is_empty(), "{arguments:?}: {outcome:?}");
    };
    refused(made.data.path(), &[], &made.packet(), 2, "is not empty; name a new directory");
    assert_eq!(files(&made.packet()), made.files, "nothing is written over");

    let out = elsewhere.path().join("out");
    let size = signed::sign(made.data.path()).head.size;
    books::write(made.data.path(), up_to("2025-09"));
    let unsigned = size.to_string();
    let what_to_do = "a server that has the book open signs one within a minute";
    for arguments in [&["--position", &unsigned][..], &["--as-of", "2025-09-20"]] {
        refused(made.data.path(), arguments, &out, 2, "no signed head in");
        refused(made.data.path(), arguments, &out, 2, what_to_do);
    }
    refused(made.data.path(), &["--as-of", "2020-01-01"], &out, 2, "nothing in the book had occurred by");
    let log = elsewhere.path().join("log-alone");
    books::copy(&made.data.path().join("log"), &log.join("log"));
    refused(&log, &[], &out, 2, "there is no signed head in");
    refused(elsewhere.path(), &[], &out, 2, "there is no book in");

    let head = made.packet().join("head");
    refused(&log, &["--head", text(&head)], &out, 2, "--keys");
    let strangers = elsewhere.path().join("strangers-keys");
    fs::write(&strangers, HeadKey::generate(signed::ORIGIN).unwrap().public().to_string()).unwrap();
    refused(&log, &["--head", text(&head), "--keys", text(&strangers)], &out, 1, "no signature under the head");
    let covered = (size - 1).to_string();
    let _ = packet(made.data.path(), &out, &["--position", &covered]);
}
