//! Books that programs of earlier months wrote, as `tests/old_book.py` keeps them in `fixtures/books/`.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tempfile::TempDir;

/// How much is unpacked at a time: what has only zeros in it is left out of the file, as the engine's segments mostly have.
const CHUNK: usize = 64 << 10;

/// A book, and what its own program printed of it.
pub struct OldBook(PathBuf);

/// All of them, the oldest first.
#[must_use]
pub fn all() -> Vec<OldBook> {
    let books = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/books");
    let mut books: Vec<_> = fs::read_dir(books).unwrap().map(|entry| entry.unwrap().path()).collect();
    books.retain(|path| path.is_dir());
    books.sort();
    books.into_iter().map(OldBook).collect()
}

/// The one of a month.
#[must_use]
pub fn of(month: &str) -> OldBook {
    all().into_iter().find(|book| book.name() == month).unwrap()
}

impl OldBook {
    /// The month in which it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.file_name().unwrap().to_str().unwrap()
    }

    /// Its data directory, in a temporary place.
    #[must_use]
    pub fn unpacked(&self) -> TempDir {
        let data = tempfile::tempdir().unwrap();
        let packed = self.0.join("data");
        for file in files_below(&packed) {
            let to = data.path().join(file.strip_prefix(&packed).unwrap()).with_extension("");
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            unpack(&file, &to);
        }
        data
    }

    /// What its program printed.
    #[must_use]
    pub fn figure(&self, name: &str) -> String {
        text(&self.0.join("figures").join(name))
    }

    /// The same as JSON.
    #[must_use]
    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.figure(name)).unwrap()
    }

    /// The files of a directory that its program wrote.
    #[must_use]
    pub fn figures(&self, directory: &str) -> BTreeMap<String, String> {
        texts(&self.0.join("figures").join(directory))
    }
}

/// The text files of a directory, by name; of what is in gzip, what is in it.
#[must_use]
pub fn texts(directory: &Path) -> BTreeMap<String, String> {
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        (name.strip_suffix(".gz").unwrap_or(name).to_owned(), text(&path))
    };
    files_below(directory).into_iter().map(named).collect()
}

fn text(file: &Path) -> String {
    let read = || {
        let (mut from, mut text) = (File::open(file)?, String::new());
        if file.extension().is_some_and(|extension| extension == "gz") {
            GzDecoder::new(from).read_to_string(&mut text)?;
        } else {
            from.read_to_string(&mut text)?;
        }
        Ok::<_, std::io::Error>(text)
    };
    read().unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// There is a key among the files, so that none is for others to read.
fn unpack(file: &Path, to: &Path) {
    let mut from = GzDecoder::new(File::open(file).unwrap());
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).unwrap();
    let mut length = 0;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        Read::by_ref(&mut from).take(CHUNK as u64).read_to_end(&mut chunk).unwrap();
        if chunk.is_empty() {
            return to.set_len(length).unwrap();
        }
        length += chunk.len() as u64;
        if chunk.iter().all(|byte| *byte == 0) {
            to.seek(SeekFrom::Start(length)).unwrap();
        } else {
            to.write_all(&chunk).unwrap();
        }
    }
}
