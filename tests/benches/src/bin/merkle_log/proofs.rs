//! Proofs over a million events: how large, how long to make and to check, against computing the whole root anew.

use std::path::Path;
use std::time::Duration;

use benches::rounds::{Rounds, Unit, row, timed};
use event_log::merkle::{HASHES, Hash, HashTree, Peaks};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Failure;
use crate::verifying::EVENTS;

/// So many proofs of each kind, at random places.
const PROOFS: usize = 1_000;
const ROUNDS: usize = 9;

/// What proofs of a kind came to.
#[derive(Default)]
struct Kind {
    bytes: Rounds,
    made: Rounds,
    checked: Rounds,
}

impl Kind {
    fn push(&mut self, path: &[Hash], made: Duration, checked: Duration) {
        self.bytes.push(benches::rounds::rate(path.len() * Hash::BYTES, Duration::from_secs(1)));
        self.made.push(made.as_secs_f64());
        self.checked.push(checked.as_secs_f64());
    }

    fn print(&self, what: &str, amount: &str) {
        println!("{}", row(&format!("{what}, size"), amount, &self.bytes, Unit::Bytes, ""));
        println!("{}", row(&format!("{what}, making one, this machine"), amount, &self.made, Unit::Microseconds, ""));
        println!(
            "{}",
            row(&format!("{what}, checking one, this machine"), amount, &self.checked, Unit::Microseconds, "")
        );
    }
}

pub(crate) fn measure(directory: &Path) -> Result<(), Failure> {
    let tree = HashTree::open_read_only(directory.join("heads").join(HASHES))?.ok_or("there are no hashes")?;
    let size = tree.size();
    let leaves = tree.leaves(0, EVENTS)?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut inclusion, mut consistency) = (Kind::default(), Kind::default());
    for _ in 0..PROOFS {
        let position = random.random_range(0..size);
        let (proof, made) = timed(|| tree.inclusion(position, size));
        let proof = proof?;
        let leaf = tree.leaf(position)?;
        let (checked, checking) = timed(|| proof.verify(leaf, tree.root()));
        checked?;
        inclusion.push(&proof.path, made, checking);

        let from = random.random_range(1..size);
        let (proof, made) = timed(|| tree.consistency(from, size));
        let (proof, earlier) = (proof?, tree.root_of(from)?);
        let (checked, checking) = timed(|| proof.verify(earlier, tree.root()));
        checked?;
        consistency.push(&proof.path, made, checking);
    }
    let amount = format!("{EVENTS} events, {PROOFS} random places");
    inclusion.print("proof that an event is in the book", &amount);
    consistency.print("proof that the book goes on from a head", &amount);

    let mut of_root = Rounds::default();
    let made = inclusion.made.percentile(50);
    for _ in 0..ROUNDS {
        let (root, elapsed) = timed(|| {
            let mut peaks = Peaks::default();
            leaves.iter().for_each(|leaf| peaks.push(*leaf));
            peaks.root()
        });
        assert_eq!(root, tree.root());
        of_root.push(elapsed.as_secs_f64() / made);
    }
    println!("{}", row("the root from all leaves / making a proof", &amount, &of_root, Unit::Times, ""));
    Ok(())
}
