//! Random choices that can be made again: the seed is printed, and a failing test shows it.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The environment variable that sets the seed.
pub const SEED: &str = "MARKTBOEK_TEST_SEED";

/// A source of chance with a fresh seed, or with the one in [`SEED`].
#[must_use]
pub fn chance() -> ChaCha8Rng {
    let seed = std::env::var(SEED).map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("{SEED}={seed} makes the same choices again");
    ChaCha8Rng::seed_from_u64(seed)
}
