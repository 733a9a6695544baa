//! What people type finds what they mean, and the index that followed the catalogue answers as one made anew.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::Event;
use domain::event::EventKind;
use domain::ids::ProductId;
use domain::product::{ProductCatalogued, ProductEvent};
use domain::text::Slug;
use event_log::Position;
use projections::catalogue::CatalogueReader;
use projections::registry::{Running, ViewKind};
use projections::search::{Hit, SearchIndex, Wanted};
use projections::view::Happened;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

/// A catalogue view over committed rows.
struct Catalogue {
    view: Box<dyn Running>,
    next: Position,
    _directory: TempDir,
}

impl Catalogue {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let view = ViewKind::named("catalogue").unwrap().open(directory.path()).unwrap();
        Self { view, next: Position::START, _directory: directory }
    }

    fn of(products: &[(&str, &str, &str)]) -> Self {
        let mut catalogue = Self::new();
        for (number, (brand, title, category)) in products.iter().enumerate() {
            catalogue.enter(number as u128, brand, title, category);
        }
        catalogue.view.commit().unwrap();
        catalogue
    }

    fn enter(&mut self, product: u128, brand: &str, title: &str, category: &str) {
        let category = Slug::new(category, "category").unwrap();
        let (brand, title, subcategory) = (brand.to_owned(), title.to_owned(), category.clone());
        let catalogued = ProductCatalogued { title, brand, category, subcategory, ean: None };
        let event = Event::Product(ProductEvent::ProductCatalogued(catalogued));
        let happened = Happened { position: self.next, at: DateTime::UNIX_EPOCH, id: Uuid::from_u128(product), event };
        self.next = self.next.next();
        self.view.apply(&[(EventKind::ProductCatalogued, happened)], self.next).unwrap();
    }

    fn reader(&self) -> CatalogueReader<'_> {
        CatalogueReader(self.view.rows())
    }
}

const PRODUCTS: [(&str, &str, &str); 14] = [
    ("Apple", "iPhone 13 128 GB", "smartphones"),
    ("Apple", "iPhone 13 Pro 256 GB", "smartphones"),
    ("Apple", "iPhone 12 64 Go", "smartphones"),
    ("Apple", "MacBook Air M2 1 TB", "laptops"),
    ("Apple", "MacBook Air M1 256 GB", "laptops"),
    ("Samsung", "Galaxy S21 128GB", "smartphones"),
    ("Samsung", "Galaxy A12 128GB", "smartphones"),
    ("Sony", "WH-1000XM4", "headphones"),
    ("Dell", "Écran 27 pouces", "monitors"),
    ("Philips", "Köpfe für Zahnbürste", "small_appliances"),
    ("Fairphone", "Téléphone Fairphone 4 256 Go", "smartphones"),
    ("Brother", "Labelprinter één stuk", "printers"),
    ("Xiaomi", "Téléviseur 55\"", "televisions"),
    ("Apple", "Coque iPhone", "accessories"),
];

/// The titles that a query finds, the best first; equals by product.
fn titles(catalogue: &Catalogue, index: &SearchIndex, query: &str) -> Vec<String> {
    let mut hits = index.search().found(&Wanted::of(query).unwrap()).unwrap();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.relevance), hit.product));
    hits.iter().map(|hit| catalogue.reader().product(hit.product).unwrap().unwrap().title).collect()
}

#[test]
fn r_2_3_06_what_people_type_finds_what_they_mean() {
    let catalogue = Catalogue::of(&PRODUCTS);
    let index = SearchIndex::of(catalogue.reader()).unwrap();
    let found: [(&str, &[&str]); 35] = [
        // As it is written, together or apart, in any order, with the brand or without.
        ("iphone 13 128", &["iPhone 13 128 GB"]),
        ("iPhone13", &["iPhone 13 128 GB", "iPhone 13 Pro 256 GB"]),
        ("13 iphone", &["iPhone 13 128 GB", "iPhone 13 Pro 256 GB"]),
        ("apple macbook", &["MacBook Air M2 1 TB", "MacBook Air M1 256 GB"]),
        ("galaxy s21", &["Galaxy S21 128GB"]),
        ("wh1000xm4", &["WH-1000XM4"]),
        ("sony wh 1000 xm4", &["WH-1000XM4"]),
        // What stands side by side before what is spread over the title.
        ("macbook air m1", &["MacBook Air M1 256 GB", "MacBook Air M2 1 TB"]),
        // Sizes in all ways.
        ("128gb", &["iPhone 13 128 GB", "Galaxy S21 128GB", "Galaxy A12 128GB"]),
        ("128 GB", &["iPhone 13 128 GB", "Galaxy S21 128GB", "Galaxy A12 128GB"]),
        ("iphone 64gb", &["iPhone 12 64 Go"]),
        ("iphone 256go", &["iPhone 13 Pro 256 GB"]),
        // Beginnings; what is whole comes before what has only begun.
        ("ipho", &["iPhone 13 128 GB", "iPhone 13 Pro 256 GB", "iPhone 12 64 Go", "Coque iPhone"]),
        ("iph 13", &["iPhone 13 128 GB", "iPhone 13 Pro 256 GB"]),
        ("galaxy 12", &["Galaxy A12 128GB", "Galaxy S21 128GB"]),
        ("iphone 12", &["iPhone 12 64 Go", "iPhone 13 128 GB"]),
        ("sam", &["Galaxy S21 128GB", "Galaxy A12 128GB"]),
        ("small appl", &["Köpfe für Zahnbürste"]),
        // Typing errors: one; two in a long word.
        ("galxy s21", &["Galaxy S21 128GB"]),
        ("iphnoe 64", &["iPhone 12 64 Go"]),
        ("ihpone 12 64", &["iPhone 12 64 Go"]),
        ("phone 12", &["iPhone 12 64 Go", "iPhone 13 128 GB"]),
        ("fiarfone", &[]),
        ("faiirphonne", &["Téléphone Fairphone 4 256 Go"]),
        ("labelpinnter", &["Labelprinter één stuk"]),
        // Accents, given or not.
        ("écran", &["Écran 27 pouces"]),
        ("ECRAN dell", &["Écran 27 pouces"]),
        ("telephone", &["Téléphone Fairphone 4 256 Go"]),
        ("téléviseur", &["Téléviseur 55\""]),
        ("kopfe fur zahnburste", &["Köpfe für Zahnbürste"]),
        ("een stuk", &["Labelprinter één stuk"]),
        // A number is never nearly another, a short word never nearly another, and all words must be there.
        ("iphone 14", &[]),
        ("macbook air m4", &[]),
        ("sonny bravia", &[]),
        ("hone", &[]),
    ];
    for (query, expected) in found {
        assert_eq!(titles(&catalogue, &index, query), expected, "{query}");
    }
}

#[test]
fn r_2_3_06_a_category_finds_its_products_after_those_that_are_named_so() {
    let catalogue = Catalogue::of(&[("Asus", "Zenbook", "laptops"), ("Targus", "Case for laptops", "accessories")]);
    let index = SearchIndex::of(catalogue.reader()).unwrap();
    assert_eq!(titles(&catalogue, &index, "laptops"), ["Case for laptops", "Zenbook"]);
    assert_eq!(titles(&catalogue, &index, "laptps asus"), ["Zenbook"]);
}

#[test]
fn a_query_has_a_word_and_an_end() {
    let (letters, words) = (|count| "x".repeat(count), |count| "a1".repeat(count));
    for (query, taken) in [
        (String::new(), false),
        (" - ".to_owned(), false),
        (letters(1), true),
        (letters(200), true),
        (letters(201), false),
        (words(16), true),
        (words(17), false),
    ] {
        assert_eq!(Wanted::of(&query).is_some(), taken, "{query}");
    }
    // The longest queries there are find nothing, and do no harm.
    let catalogue = Catalogue::of(&PRODUCTS);
    let index = SearchIndex::of(catalogue.reader()).unwrap();
    for query in [words(16), letters(200), "zwxvqkjp ".repeat(22)] {
        assert_eq!(titles(&catalogue, &index, &query), [""; 0]);
    }
}

/// Hits in one order, whatever that of the index.
fn answers(index: &SearchIndex) -> BTreeMap<&'static str, Vec<Hit>> {
    const QUERIES: [&str; 9] = ["a", "ab", "abc 1", "abcd", "bacd", "abcdabcd", "abcdabdc abc", "12", "a b 1"];
    let answer = |query: &&'static str| {
        let mut hits = index.search().found(&Wanted::of(query).unwrap()).unwrap();
        hits.sort_unstable();
        (*query, hits)
    };
    QUERIES.iter().map(answer).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Products are entered, and entered again under another name, in commits of any size.
    #[test]
    fn r_2_3_06_an_index_that_followed_answers_as_one_made_anew(
        commits in vec(vec((0..12_u128, "[abcd]{1,4}", "([abcd]{1,8}|[12]{1,2})( ?([abcd]{1,8}|[12]{1,2})){0,3}"), 0..6), 1..14)
    ) {
        let mut catalogue = Catalogue::new();
        let mut followed = SearchIndex::of(catalogue.reader()).unwrap();
        for commit in commits {
            for (product, brand, title) in commit {
                catalogue.enter(product, &brand, &title, "abcdab");
            }
            catalogue.view.commit().unwrap();
            let before = (followed.search(), answers(&followed));
            followed.follow(catalogue.reader()).unwrap();
            let wanted = Wanted::of("a").unwrap();
            let mut still = before.0.found(&wanted).unwrap();
            still.sort_unstable();
            prop_assert_eq!(&still, &before.1["a"], "a search stays what it was");
            prop_assert_eq!(answers(&followed), answers(&SearchIndex::of(catalogue.reader()).unwrap()));
        }
        let everything = followed.search().found(&Wanted::of("abcdab").unwrap()).unwrap();
        let mut found: Vec<ProductId> = everything.iter().map(|hit| hit.product).collect();
        found.sort_unstable();
        let there: Vec<ProductId> = catalogue.reader().products().map(|row| row.unwrap().0).collect();
        prop_assert_eq!(found, there, "each once");
    }
}
