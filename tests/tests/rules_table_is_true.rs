//! `docs/rules.md` says of every rule where it is kept and which test proves it: what it names is there, and no rule
//! that a test names is missing.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A rule's row: the files that keep it, and its tests with the files where they are.
#[derive(Debug, Default)]
struct Row {
    code: Vec<PathBuf>,
    tests: Vec<(String, PathBuf)>,
}

/// The rows of the tables, by rule.
fn table() -> BTreeMap<String, Row> {
    let text = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| R-")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [rule, meaning, code, tests] = cells[..] else { panic!("a row has four cells: {line}") };
        assert!(!meaning.is_empty(), "{rule} has a meaning");
        let row = Row { code: links(code).into_iter().map(|(_, file)| file).collect(), tests: links(tests) };
        assert!(rows.insert(rule.to_owned(), row).is_none(), "{rule} has one row");
    }
    rows
}

/// The links of a cell, as in ``[`name`](../file)``: name and file, from the workspace's folder.
fn links(cell: &str) -> Vec<(String, PathBuf)> {
    cell.split("<br>")
        .map(|link| {
            let parts = link.trim().strip_prefix("[`").and_then(|rest| rest.strip_suffix(')'));
            let parts = parts.and_then(|rest| rest.split_once("`](../"));
            let (name, file) = parts.unwrap_or_else(|| panic!("a cell is links between <br>: {link}"));
            (name.to_owned(), PathBuf::from(file))
        })
        .collect()
}

/// Every function whose name begins with a rule, with its file.
fn tests_in_sources() -> BTreeSet<(String, PathBuf)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = folder.join(&name);
            if root().join(&path).is_dir() {
                if !name.starts_with('.') && !name.starts_with("target") {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(root().join(&path)).unwrap();
                let functions =
                    text.lines().filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
                let names =
                    functions.filter_map(|rest| rest.split('(').next()).filter(|name| !rules_of(name).is_empty());
                found.extend(names.map(|name| (name.to_owned(), path.clone())));
            }
        }
    }
    found
}

/// The rules that a test's name begins with: `r_2_1_02_r_5_04_late` names R-2.1-02 and R-5-04.
fn rules_of(name: &str) -> Vec<String> {
    let mut words = name.split('_').peekable();
    let mut rules = Vec::new();
    while words.next_if_eq(&"r").is_some() {
        let mut number = |digits: usize| {
            words.next_if(|word| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (Some(part), section) = (number(1), number(1)) else { break };
        let Some(rule) = number(2) else { break };
        rules.push(section.map_or_else(|| format!("R-{part}-{rule}"), |section| format!("R-{part}.{section}-{rule}")));
    }
    rules
}

#[test]
fn a_tests_name_begins_with_the_rules_that_it_proves() {
    assert_eq!(rules_of("r_2_1_02_r_2_3_08_late_is_late"), ["R-2.1-02", "R-2.3-08"]);
    assert_eq!(rules_of("r_5_01_months"), ["R-5-01"]);
    assert!(rules_of("range").is_empty() && rules_of("r_squared").is_empty());
}

#[test]
fn every_file_and_test_that_the_table_names_is_there_and_proves_that_rule() {
    let tests = tests_in_sources();
    for (rule, row) in table() {
        assert!(!row.code.is_empty() && !row.tests.is_empty(), "{rule} has code and a test");
        for file in &row.code {
            assert!(root().join(file).is_file(), "{rule}: there is no {}", file.display());
        }
        for test in row.tests {
            assert!(rules_of(&test.0).contains(&rule), "{rule}: {} names other rules", test.0);
            assert!(tests.contains(&test), "{rule}: there is no {} in {}", test.0, test.1.display());
        }
    }
}

#[test]
fn every_rule_that_a_test_names_is_in_the_table() {
    let table = table();
    for (name, file) in tests_in_sources() {
        for rule in rules_of(&name) {
            assert!(
                table.contains_key(&rule),
                "{rule}, named by {name} in {}, is not in docs/rules.md",
                file.display()
            );
        }
    }
}
