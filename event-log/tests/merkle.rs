//! Roots and proofs are RFC 6962's: compared with a naive computation by its definitions, and with another implementation.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

use std::collections::HashMap;

use event_log::merkle::{ConsistencyProof, Hash, HashTree, InclusionProof};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Section 2.1 of RFC 6962, word for word; whole subtrees are remembered, so that a million leaves are bearable.
#[derive(Default)]
struct Naive {
    leaves: Vec<Hash>,
    known: HashMap<(usize, usize), Hash>,
}

impl Naive {
    fn of(size: usize) -> Self {
        Self { leaves: (0..size).map(leaf).collect(), known: HashMap::new() }
    }

    fn root(&mut self, from: usize, to: usize) -> Hash {
        match to - from {
            0 => Hash(Sha256::digest([]).into()),
            1 => self.leaves[from],
            length => {
                if let Some(known) = self.known.get(&(from, to)) {
                    return *known;
                }
                let split = largest_power_below(length);
                let (left, right) = (self.root(from, from + split), self.root(from + split, to));
                let root = Hash(Sha256::digest([&[1], &left.0[..], &right.0[..]].concat()).into());
                if length.is_power_of_two() {
                    self.known.insert((from, to), root);
                }
                root
            }
        }
    }

    fn path(&mut self, at: usize, from: usize, to: usize) -> Vec<Hash> {
        if to - from == 1 {
            return Vec::new();
        }
        let split = largest_power_below(to - from);
        let (mut path, other) = if at < split {
            (self.path(at, from, from + split), self.root(from + split, to))
        } else {
            (self.path(at - split, from + split, to), self.root(from, from + split))
        };
        path.push(other);
        path
    }

    fn proof(&mut self, earlier: usize, from: usize, to: usize, is_whole: bool) -> Vec<Hash> {
        if earlier == to - from {
            return if is_whole { Vec::new() } else { vec![self.root(from, to)] };
        }
        let split = largest_power_below(to - from);
        let (mut proof, other) = if earlier <= split {
            (self.proof(earlier, from, from + split, is_whole), self.root(from + split, to))
        } else {
            (self.proof(earlier - split, from + split, to, false), self.root(from, from + split))
        };
        proof.push(other);
        proof
    }
}

fn largest_power_below(length: usize) -> usize {
    length.next_power_of_two() / 2
}

fn leaf(number: usize) -> Hash {
    Hash(Sha256::digest([&[0], &number.to_be_bytes()[..]].concat()).into())
}

fn tree(leaves: &[Hash]) -> (HashTree, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut tree = HashTree::open(directory.path().join("hashes")).unwrap();
    tree.append(leaves.iter().copied()).unwrap();
    (tree, directory)
}

#[test]
fn roots_and_proofs_of_every_size_up_to_500_are_those_of_the_definition() {
    let mut naive = Naive::of(500);
    let (tree, _directory) = tree(&naive.leaves);
    for size in 0..=500 {
        let root = tree.root_of(size as u64).unwrap();
        assert_eq!(root, naive.root(0, size), "{size}");
        for at in 0..size {
            let proof = tree.inclusion(at as u64, size as u64).unwrap();
            assert_eq!(proof.path, naive.path(at, 0, size), "{at} of {size}");
            proof.verify(naive.leaves[at], root).unwrap();
        }
        for earlier in 0..=size {
            let proof = tree.consistency(earlier as u64, size as u64).unwrap();
            if earlier > 0 {
                assert_eq!(proof.path, naive.proof(earlier, 0, size, true), "{earlier} to {size}");
            }
            proof.verify(tree.root_of(earlier as u64).unwrap(), root).unwrap();
        }
    }
}

#[test]
fn roots_and_proofs_of_random_sizes_up_to_a_million_are_those_of_the_definition() {
    let mut naive = Naive::of(1_000_000);
    let (tree, _directory) = tree(&naive.leaves);
    let mut random = ChaCha8Rng::seed_from_u64(20_261_126);
    for _ in 0..200 {
        let size = random.random_range(1..=1_000_000);
        let (at, earlier) = (random.random_range(0..size), random.random_range(1..=size));
        let root = tree.root_of(size as u64).unwrap();
        assert_eq!(root, naive.root(0, size));
        let inclusion = tree.inclusion(at as u64, size as u64).unwrap();
        assert_eq!(inclusion.path, naive.path(at, 0, size));
        inclusion.verify(naive.leaves[at], root).unwrap();
        let consistency = tree.consistency(earlier as u64, size as u64).unwrap();
        assert_eq!(consistency.path, naive.proof(earlier, 0, size, true));
        consistency.verify(naive.root(0, earlier), root).unwrap();
    }
    assert_eq!(tree.root(), naive.root(0, 1_000_000));
}

#[test]
fn a_tree_that_grows_in_pieces_is_reopened_or_cut_is_the_same() {
    let naive = Naive::of(300);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hashes");
    let mut next = 0;
    for piece in [1, 1, 2, 5, 64, 0, 27, 150, 50] {
        let mut tree = HashTree::open(&path).unwrap();
        assert_eq!(tree.size(), next as u64);
        tree.append(naive.leaves[next..next + piece].iter().copied()).unwrap();
        next += piece;
        assert_eq!(tree.root(), Naive::of(next).root(0, next));
    }
    // A crash may leave any number of bytes; what is whole of them is a tree.
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let mut tree = HashTree::open(&path).unwrap();
        let size = tree.size() as usize;
        assert!(size < 300);
        tree.append(naive.leaves[size..].iter().copied()).unwrap();
        assert_eq!(tree.root(), Naive::of(300).root(0, 300), "{length}");
    }
    let mut tree = HashTree::open(&path).unwrap();
    tree.truncate(123).unwrap();
    assert_eq!(tree.root(), Naive::of(123).root(0, 123));
}

/// A path with each hash changed, or left out, or one more.
fn forged(path: &[Hash], more: Hash) -> Vec<Vec<Hash>> {
    let mut forged = vec![[path, &[more]].concat()];
    for at in 0..path.len() {
        let (mut changed, mut shorter) = (path.to_vec(), path.to_vec());
        changed[at].0[7] ^= 1;
        shorter.remove(at);
        forged.extend([changed, shorter]);
    }
    forged
}

#[test]
fn a_proof_proves_nothing_else() {
    let naive = Naive::of(64);
    let (tree, _directory) = tree(&naive.leaves);
    for size in 1..=64 {
        let root = tree.root_of(size).unwrap();
        for position in 0..size {
            let proof = tree.inclusion(position, size).unwrap();
            let leaf = naive.leaves[position as usize];
            let fails = |proof: &InclusionProof| assert!(proof.verify(leaf, root).is_err(), "{proof:?}");
            assert!(proof.verify(naive.leaves[(position as usize + 1) % 64], root).is_err());
            assert!(proof.verify(leaf, leaf).is_err() || size == 1);
            for other in 0..size {
                if other != position {
                    fails(&InclusionProof { position: other, ..proof.clone() });
                }
            }
            fails(&InclusionProof { position: size, ..proof.clone() });
            for path in forged(&proof.path, root) {
                fails(&InclusionProof { path, ..proof });
            }
        }
        for from in 1..size {
            let (earlier, proof) = (tree.root_of(from).unwrap(), tree.consistency(from, size).unwrap());
            let fails = |proof: &ConsistencyProof| assert!(proof.verify(earlier, root).is_err(), "{proof:?}");
            assert!(proof.verify(root, earlier).is_err());
            assert!(proof.verify(earlier, earlier).is_err());
            fails(&ConsistencyProof { from: size, to: from, path: proof.path.clone() });
            for path in forged(&proof.path, root) {
                fails(&ConsistencyProof { path, ..proof });
            }
        }
    }
}

type Digest11 = ct_merkle::digest::Output<sha2_of_ct_merkle::Sha256>;

#[test]
fn another_implementation_has_the_same_roots_and_takes_our_proofs() {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use ct_merkle::{ConsistencyProof as TheirConsistency, InclusionProof as TheirInclusion};
    use sha2_of_ct_merkle::Sha256 as TheirSha256;

    let bytes = |path: &[Hash]| path.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
    let naive = Naive::of(200);
    let (tree, _directory) = tree(&naive.leaves);
    let mut theirs = MemoryBackedTree::<TheirSha256, Vec<u8>>::new();
    let mut roots = vec![theirs.root()];
    for size in 1..=200_u64 {
        theirs.push((size as usize - 1).to_be_bytes().to_vec());
        let root = theirs.root();
        let digest: &Digest11 = root.as_bytes();
        assert_eq!(tree.root_of(size).unwrap().0[..], digest[..], "{size}");
        for position in (0..size).step_by(7) {
            let path = bytes(&tree.inclusion(position, size).unwrap().path);
            let proof = TheirInclusion::<TheirSha256>::try_from_bytes(path).unwrap();
            root.verify_inclusion(&(position as usize).to_be_bytes().to_vec(), position, &proof).unwrap();
        }
        for from in (1..size).step_by(5) {
            let path = bytes(&tree.consistency(from, size).unwrap().path);
            let proof = TheirConsistency::<TheirSha256>::try_from_bytes(path).unwrap();
            root.verify_consistency(&roots[from as usize], &proof).unwrap();
        }
        roots.push(root);
    }
}
