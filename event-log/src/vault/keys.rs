//! [`Vault`]: sealing, opening, making durable, destroying.
//!
//! Two locks. `state` is what is known, and held for moments; `disk` is the file, held for as long as a sync takes.
//! Whoever needs both takes `disk` first. So sealing does not wait for the disk, and those who wait for a sync together
//! share one: the first to get `disk` writes everybody's keys, the others find theirs durable.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::cipher;
use super::erase::{self, KEYS};
use super::key_file::{self, Entries, Entry, KeyFile, MAX_SUBJECT_BYTES, TornKeys};
use super::subject_key::sealing;
use super::{KeyCache, MasterKey, SubjectKey, SubjectKeys};
use crate::LogError;
use crate::directory::{self, DirectoryLock};

const LOCK: &str = "keys.lock";
const LIVE_TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The subjects' keys. All methods block, for moments unless said otherwise.
#[derive(Debug)]
pub struct Vault {
    directory: PathBuf,
    master: MasterKey,
    vault: Uuid,
    torn: Option<TornKeys>,
    state: Mutex<State>,
    /// None when the vault was opened for reading only.
    disk: Option<Mutex<Disk>>,
}

#[derive(Debug)]
struct State {
    entries: Entries,
    cache: KeyCache,
    /// Subjects whose keys are not on disk yet, in the order in which the keys were made.
    unwritten: Vec<Box<str>>,
    /// How many keys were made since opening.
    made: u64,
    /// How many of them are durable.
    durable: u64,
    failed: Option<LogError>,
}

#[derive(Debug)]
struct Disk {
    file: File,
    end: u64,
    records: u64,
    _lock: DirectoryLock,
}

impl Vault {
    /// Opens the vault in `path` for writing, or begins one. An unfinished end, as a crash leaves it, is cut and kept:
    /// see [`Self::recovered`].
    ///
    /// # Errors
    /// [`LogError::Locked`], [`LogError::Damaged`], [`LogError::Invalid`] for a master key that is not the vault's.
    pub fn open(path: impl AsRef<Path>, master: MasterKey) -> Result<Self, LogError> {
        let directory = path.as_ref();
        directory::create(directory)?;
        let lock = DirectoryLock::take(directory, LOCK)?;
        erase::finish(directory)?;
        let keys = directory.join(KEYS);
        if !keys.exists() {
            erase::replace(directory, &key_file::header(Uuid::new_v4(), 0, &master)?)?;
        }
        let read = key_file::read(&keys, &master)?;
        let torn = read.torn.map(|torn| key_file::cut(&keys, directory, &torn)).transpose()?;
        let file = OpenOptions::new().write(true).open(&keys).map_err(LogError::io("opening", &keys))?;
        let disk = Disk { file, end: read.end, records: read.records, _lock: lock };
        let state = Mutex::new(State::new(read.entries));
        let (directory, disk) = (directory.to_owned(), Some(Mutex::new(disk)));
        Ok(Self { directory, master, vault: read.vault, torn, state, disk })
    }

    /// Opens the vault in `path` for reading only, with what is on disk now. Changes nothing; another process may write
    /// it meanwhile.
    ///
    /// # Errors
    /// As [`Self::open`]; also when there is no vault.
    pub fn open_read_only(path: impl AsRef<Path>, master: MasterKey) -> Result<Self, LogError> {
        let directory = path.as_ref().to_owned();
        let live = directory::is_held(&directory, LOCK);
        let read = read_settled(&directory.join(KEYS), &master, live)?;
        let torn = read.torn.filter(|_| !live);
        let state = Mutex::new(State::new(read.entries));
        Ok(Self { directory, master, vault: read.vault, torn, state, disk: None })
    }

    /// Keys to seal with; a subject that has none gets one. Before what was sealed is appended, [`Self::sync`] must return.
    ///
    /// # Errors
    /// [`LogError::Sealing`] for a destroyed subject; [`LogError::Invalid`] for an empty or overlong name.
    pub fn keys_to_seal(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        let mut keys = SubjectKeys::default();
        for subject in subjects {
            check_subject(subject)?;
            let key = match self.known_key(subject)? {
                Known::Key(key) => key,
                Known::Destroyed => {
                    return Err(sealing(subject, "its key was destroyed; nothing is sealed for it again"));
                }
                Known::Nothing => self.make_key(subject)?,
            };
            keys.insert(subject, key);
        }
        Ok(keys)
    }

    /// Keys to open with: of those subjects that have one.
    ///
    /// # Errors
    /// [`LogError::Sealing`] when the master key does not open one.
    pub fn keys_to_open(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        let mut keys = SubjectKeys::default();
        for subject in subjects {
            if let Known::Key(key) = self.known_key(subject)? {
                keys.insert(subject, key);
            }
        }
        Ok(keys)
    }

    /// Whether [`Self::sync`] has something to do.
    #[must_use]
    pub fn has_unwritten_keys(&self) -> bool {
        let state = self.state();
        state.failed.is_some() || state.made > state.durable
    }

    /// Drops opened keys that were kept for long enough.
    pub fn forget_stale(&self) {
        self.state().cache.forget_stale(Instant::now());
    }

    /// Returns when every key made so far is durable: one sync, shared by those who wait together, none when nothing is
    /// new. May block for a sync.
    ///
    /// # Errors
    /// [`LogError::WriteFailed`] when a write or sync failed, now or before: nothing more is sealed then.
    pub fn sync(&self) -> Result<(), LogError> {
        let wanted = {
            let state = self.state();
            state.check()?;
            state.made
        };
        let mut disk = self.disk()?;
        let (bytes, records, made) = {
            let mut state = self.state();
            state.check()?;
            if state.durable >= wanted {
                return Ok(());
            }
            let unwritten = std::mem::take(&mut state.unwritten);
            let (mut bytes, batch) = (Vec::new(), disk.records);
            for (number, subject) in (batch..).zip(&unwritten) {
                if let Some(entry) = state.entries.get(subject) {
                    key_file::encode(&mut bytes, self.vault, number, batch, subject, entry);
                }
            }
            (bytes, unwritten.len() as u64, state.made)
        };
        let keys = self.directory.join(KEYS);
        let written = disk.file.write_all_at(&bytes, disk.end).map_err(LogError::io("writing", &keys));
        let written = written.and_then(|()| disk.file.sync_data().map_err(LogError::io("syncing", &keys)));
        written.map_err(|cause| self.fail(cause))?;
        disk.end += bytes.len() as u64;
        disk.records += records;
        self.state().durable = made;
        Ok(())
    }

    /// Destroys a subject's key for good and sees to it that it never gets another. True when there was a key. May be
    /// called again. Rewrites the key file, and blocks for as long as that takes.
    ///
    /// # Errors
    /// [`LogError::WriteFailed`]: open the vault again and call again. [`LogError::Invalid`] for an empty or overlong name.
    pub fn destroy(&self, subject: &str) -> Result<bool, LogError> {
        check_subject(subject)?;
        let mut disk = self.disk()?;
        let mut state = self.state();
        state.check()?;
        if state.entries.get(subject) == Some(&Entry::Destroyed) {
            return Ok(false);
        }
        // Forgotten first: whatever fails below, this process does not open or seal with the key again.
        state.cache.forget(subject);
        let had_key = state.entries.insert(subject.into(), Entry::Destroyed).is_some();
        let settled = state.entries.len() as u64;
        let mut bytes = key_file::header(self.vault, settled, &self.master)?;
        for (number, (subject, entry)) in (0..).zip(&state.entries) {
            key_file::encode(&mut bytes, self.vault, number, 0, subject, entry);
        }
        let replaced = erase::replace(&self.directory, &bytes).map_err(|cause| state.fail(cause))?;
        erase::shred_side_files(&self.directory).map_err(|cause| state.fail(cause))?;
        disk.file = replaced;
        disk.end = bytes.len() as u64;
        disk.records = settled;
        state.durable = state.made;
        state.unwritten.clear();
        Ok(had_key)
    }

    /// Whether the subject's key was destroyed.
    #[must_use]
    pub fn is_destroyed(&self, subject: &str) -> bool {
        self.state().entries.get(subject) == Some(&Entry::Destroyed)
    }

    /// What opening found unfinished at the end of the key file and, when it was opened for writing, cut.
    #[must_use]
    pub fn recovered(&self) -> Option<&TornKeys> {
        self.torn.as_ref()
    }

    fn known_key(&self, subject: &str) -> Result<Known, LogError> {
        let mut state = self.state();
        let wrapped = match state.entries.get(subject) {
            None => return Ok(Known::Nothing),
            Some(Entry::Destroyed) => return Ok(Known::Destroyed),
            Some(Entry::Key(wrapped)) => wrapped,
        };
        let now = Instant::now();
        if let Some(key) = state.cache.get(subject, now) {
            return Ok(Known::Key(key));
        }
        let key = unwrap(&self.master, subject, wrapped.as_slice())?;
        state.cache.insert(subject, key.clone(), now);
        Ok(Known::Key(key))
    }

    fn make_key(&self, subject: &str) -> Result<SubjectKey, LogError> {
        if self.disk.is_none() {
            return Err(LogError::ReadOnly { directory: self.directory.clone() });
        }
        let key = SubjectKey::random();
        let wrapped = cipher::seal(&self.master.0, subject.as_bytes(), key.as_bytes());
        let wrapped = wrapped.and_then(|wrapped| wrapped.try_into().ok());
        let wrapped = wrapped.ok_or_else(|| sealing(subject, "its key could not be wrapped"))?;
        let mut state = self.state();
        state.check()?;
        match state.entries.get(subject) {
            // Another thread was faster, or destroyed it in between.
            Some(Entry::Key(other)) => return unwrap(&self.master, subject, other.as_slice()),
            Some(Entry::Destroyed) => return Err(sealing(subject, "its key was destroyed just now")),
            None => (),
        }
        state.entries.insert(subject.into(), Entry::Key(wrapped));
        state.unwritten.push(subject.into());
        state.made += 1;
        state.cache.insert(subject, key.clone(), Instant::now());
        Ok(key)
    }

    fn fail(&self, cause: LogError) -> LogError {
        self.state().fail(cause)
    }

    fn disk(&self) -> Result<MutexGuard<'_, Disk>, LogError> {
        let read_only = || LogError::ReadOnly { directory: self.directory.clone() };
        Ok(self.disk.as_ref().ok_or_else(read_only)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// No code panics while it holds the lock, so that a poisoned one is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Known {
    Key(SubjectKey),
    Destroyed,
    Nothing,
}

impl State {
    fn new(entries: Entries) -> Self {
        Self { entries, cache: KeyCache::default(), unwritten: Vec::new(), made: 0, durable: 0, failed: None }
    }

    fn check(&self) -> Result<(), LogError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// After a failed write or sync the kernel may have dropped what it held: nothing more is promised.
    fn fail(&mut self, cause: LogError) -> LogError {
        let failed = LogError::WriteFailed { cause: Arc::new(cause) };
        self.failed.get_or_insert(failed).clone()
    }
}

/// While another process writes, a file may be read half from before a change and half from after it: what is damage
/// is damage also when it is read again.
fn read_settled(path: &Path, master: &MasterKey, live: bool) -> Result<KeyFile, LogError> {
    for _ in 0..if live { LIVE_TRIES } else { 0 } {
        match key_file::read(path, master) {
            Err(LogError::Damaged { .. }) => thread::sleep(BETWEEN_TRIES),
            settled => return settled,
        }
    }
    key_file::read(path, master)
}

fn unwrap(master: &MasterKey, subject: &str, wrapped: &[u8]) -> Result<SubjectKey, LogError> {
    let opened = cipher::open(&master.0, subject.as_bytes(), wrapped).map(zeroize::Zeroizing::new);
    let key = opened.and_then(|opened| opened.as_slice().try_into().ok());
    let key = key.ok_or_else(|| sealing(subject, "the master key does not open its key; restore the key file"))?;
    Ok(SubjectKey::from_bytes(key))
}

fn check_subject(subject: &str) -> Result<(), LogError> {
    if (1..=MAX_SUBJECT_BYTES).contains(&subject.len()) {
        return Ok(());
    }
    let message = format!("{} bytes; give 1 to {MAX_SUBJECT_BYTES}", subject.len());
    Err(LogError::Invalid { field: "subject", message })
}
