//! The schema that clients were promised, and who may use what of it.

use api::graphql::access_table::{AccessTable, Cell};
use api::graphql::guard::Asker;

const KEPT: &str = include_str!("../schema.graphql");
const KEPT_TABLE: &str = include_str!("../../docs/who-may-read-what.md");

#[test]
fn the_schema_is_the_one_that_is_kept() {
    let now = api::graphql::sdl();
    let differs = KEPT.lines().zip(now.lines()).enumerate().find(|(_, (kept, now))| kept != now);
    assert!(
        KEPT == now,
        "the schema changed (first difference: {differs:?}); when that is meant, keep it with\n  \
         cargo run -p api --bin marktboek -- schema > api/schema.graphql"
    );
}

#[test]
fn every_field_has_its_row_in_the_table_of_who_may_read_what() {
    let now = AccessTable::of(&api::graphql::sdl()).unwrap().markdown();
    let differs = KEPT_TABLE.lines().zip(now.lines()).find(|(kept, now)| kept != now);
    assert!(
        KEPT_TABLE == now,
        "who may read what changed (first difference: {differs:?}); when that is meant, keep it with\n  \
         cargo run -p api --bin marktboek -- schema --roles > docs/who-may-read-what.md"
    );
}

/// Whom the design of the interface promised its queries to. Others may be added to the schema; these stay as they are.
const PROMISED: [(&str, &[Asker]); 9] = [
    ("orderQuote", &[Asker::Buyer]),
    ("photoModerationQueue", &[Asker::Moderator]),
    ("moderationCase", &[Asker::Moderator]),
    ("complaints", &[Asker::Moderator]),
    ("reviewRetention", &[Asker::Compliance]),
    ("statementsOfReasons", &[Asker::Compliance, Asker::Auditor]),
    ("sellerLedger", &[Asker::Seller, Asker::Compliance, Asker::Auditor]),
    ("events", &[Asker::Auditor]),
    ("product", &Asker::ALL),
];

#[test]
fn queries_are_for_whom_they_were_promised() {
    let table = AccessTable::of(KEPT).unwrap();
    for (name, promised) in PROMISED {
        let field = table.types["Query"].fields.iter().find(|field| field.name == name).unwrap();
        let open: Vec<Asker> = Asker::ALL
            .into_iter()
            .zip(field.cells)
            .filter(|(_, cell)| *cell != Cell::No)
            .map(|(asker, _)| asker)
            .collect();
        assert_eq!(open, promised, "{name}");
    }
}

#[test]
fn every_mutation_says_for_whom_it_is() {
    let mutations = KEPT.split("type Mutation {").nth(1).unwrap().split("\n}").next().unwrap();
    let lines: Vec<&str> = mutations.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut described = String::new();
    for line in lines {
        if line.contains("(input:") {
            let allowed = line.split_once("@allowed").map(|(_, allowed)| allowed);
            let allowed = allowed.filter(|allowed| !allowed.contains(Asker::Anonymous.name()));
            let named = |asker: Asker| allowed.is_some_and(|allowed| allowed.contains(asker.name()));
            let mut roles: Vec<&str> = Asker::ALL.into_iter().filter(|asker| named(*asker)).map(Asker::name).collect();
            if roles.is_empty() {
                roles.push("ANYBODY");
            }
            assert!(roles.iter().all(|role| described.contains(role)), "{line}: {described}");
            described.clear();
        } else {
            described.push_str(line);
        }
    }
}
