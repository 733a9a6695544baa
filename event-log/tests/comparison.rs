//! A book that is not the one whose heads were signed is told by the first head that it breaks, and by the first position that
//! differs, where the hashes are there that were signed.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

use chrono::DateTime;
use event_log::merkle::{Compared, Comparison, Difference, Hash, HashTree, Head, HeadKey, Peaks, Place, SignedHead};
use event_log::{Position, Recorded, Revision, StreamName};
use uuid::Uuid;

/// Every size and every position of a book this large.
const EVENTS: u64 = 13;
/// The sizes of which heads were signed.
const SIGNED: [u64; 4] = [0, 4, 9, 13];

fn event(position: u64, number: u64) -> Recorded {
    let moment = DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap();
    Recorded {
        position: Position(position),
        stream: StreamName::new("a-1".to_owned()).unwrap(),
        revision: Revision(position),
        id: Uuid::from_u128(number.into()),
        event_type: "ListingChanged".into(),
        schema: 1,
        occurred_at: moment,
        created: moment,
        data: "{}".into(),
        metadata: "{}".into(),
    }
}

fn book(numbers: &[u64]) -> Vec<Recorded> {
    (0..).zip(numbers).map(|(position, number)| event(position, *number)).collect()
}

fn heads(book: &[Recorded]) -> Vec<SignedHead> {
    let key = HeadKey::generate("a.example").unwrap();
    let signed = SIGNED.map(|size| {
        let mut peaks = Peaks::default();
        book[..size as usize].iter().for_each(|event| peaks.push(Hash::of_event(event)));
        let time = "2026-11-26T10:00:00Z".parse().unwrap();
        Head { origin: "a.example".to_owned(), size, root: peaks.root(), time }.sign(&key)
    });
    signed.into()
}

/// The kept hashes of a book, in a file, opened for reading.
fn kept(book: &[Recorded], directory: &tempfile::TempDir) -> HashTree {
    let path = directory.path().join("hashes");
    let mut tree = HashTree::open(&path).unwrap();
    tree.truncate(0).unwrap();
    tree.append(book.iter().map(Hash::of_event)).unwrap();
    HashTree::open_read_only(&path).unwrap().unwrap()
}

fn compared(book: &[Recorded], heads: &[SignedHead], kept: Option<HashTree>) -> Compared {
    let mut comparison = Comparison::new(heads.iter().cloned().rev(), kept);
    book.iter().for_each(|event| comparison.take(Hash::of_event(event), || Ok(event.clone())).unwrap());
    comparison.finish().unwrap()
}

/// Books that differ from the one that was signed first at a position.
fn others(at: u64) -> [Vec<Recorded>; 4] {
    let numbers: Vec<u64> = (0..EVENTS).collect();
    let place = at as usize;
    let [mut changed, mut removed, mut inserted, mut cut] = [(); 4].map(|()| numbers.clone());
    changed[place] = 99;
    removed.remove(place);
    inserted.insert(place, 99);
    cut.truncate(place);
    [changed, removed, inserted, cut].map(|numbers| book(&numbers))
}

#[test]
fn the_first_position_that_differs_is_named_where_the_signed_hashes_are_there_and_bounded_by_heads_otherwise() {
    let signed_book = book(&(0..EVENTS).collect::<Vec<_>>());
    let (heads, directory) = (heads(&signed_book), tempfile::tempdir().unwrap());
    let same = compared(&signed_book, &heads, Some(kept(&signed_book, &directory)));
    assert_eq!((same.size, same.heads, same.difference), (EVENTS, SIGNED.len(), None));
    assert_eq!(same.root, heads[3].head.root);
    for at in 0..EVENTS {
        for other in others(at) {
            let before = SIGNED.iter().filter(|size| **size <= at).count();
            let broken = Box::new(heads[before].clone());
            let found = other.get(at as usize).cloned().map(Box::new);
            let place = Place::At { position: Position(at), found };
            let wanted = Difference::Head { head: broken.clone(), before, place };
            let with_hashes = compared(&other, &heads, Some(kept(&signed_book, &directory)));
            assert_eq!(with_hashes.difference, Some(wanted));

            // The hashes of the other book, or none, tell nothing that is believed.
            for hashes in [Some(kept(&other, &directory)), None] {
                let difference = compared(&other, &heads, hashes).difference.unwrap();
                let Difference::Head { head, place: Place::Between { first, last }, .. } = &difference else {
                    panic!("{difference}");
                };
                assert_eq!((head, first.0), (&broken, SIGNED[before - 1]));
                assert!((first.0..=last.0).contains(&at) && last.0 < SIGNED[before], "{at}: {difference}");
                assert_eq!(difference.position(), None);
            }
        }
    }
}

#[test]
fn hashes_that_differ_from_a_signed_book_are_told_from_those_of_events_that_nobody_signed() {
    let signed_book = book(&(0..EVENTS).collect::<Vec<_>>());
    let (signed, directory) = (heads(&signed_book), tempfile::tempdir().unwrap());
    for at in 0..EVENTS {
        let [changed, ..] = others(at);
        let difference = compared(&signed_book, &signed, Some(kept(&changed, &directory))).difference;
        assert_eq!(difference, Some(Difference::Kept { position: Position(at), signed: true }));
    }
    for (at, events) in [(9, &others(9)[0]), (11, &others(11)[3])] {
        let difference = compared(events, &signed[..3], Some(kept(&signed_book, &directory))).difference;
        assert_eq!(difference, Some(Difference::Kept { position: Position(at), signed: false }));
    }
    let short = kept(&signed_book[..6], &directory);
    assert_eq!(compared(&signed_book, &signed, Some(short)).difference, None, "what was not kept yet is no difference");
    assert!(HashTree::open_read_only(directory.path().join("not-there")).unwrap().is_none());
}
