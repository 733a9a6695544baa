//! Mail in a directory, as maildir(5) has it: any mail program reads it, and no server is needed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::SendError;
use crate::ApiError;

/// A maildir: `tmp` for what is being written, `new` for what nobody has seen, `cur` for what somebody has.
#[derive(Debug, Clone)]
pub(super) struct Maildir(Arc<Path>);

impl Maildir {
    /// The maildir at a path, which is made if it is not there.
    pub(super) fn open(path: PathBuf) -> Result<Self, ApiError> {
        for folder in ["tmp", "new", "cur"] {
            let folder = path.join(folder);
            fs::create_dir_all(&folder).map_err(ApiError::io("making", &folder))?;
        }
        Ok(Self(path.into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a mail: when this returns, it is on disk under its id. A mail that is there already, seen or not, is
    /// left as it is. Blocks.
    pub(super) fn deliver(&self, id: Uuid, bytes: &[u8]) -> Result<(), SendError> {
        // No host name, and no counter: the id is the unique name that maildir asks for, and the same at every attempt.
        let name = id.to_string();
        let (tmp, new) = (self.0.join("tmp"), self.0.join("new"));
        if self.has_been_seen(&name)? {
            return Ok(());
        }
        let file = tempfile::Builder::new().prefix(&name).tempfile_in(&tmp);
        let mut file = file.map_err(io("creating a file in", &tmp))?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io("writing", file.path()))?;
        let delivered = new.join(&name);
        match file.persist_noclobber(&delivered) {
            Ok(_) => {}
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("naming", &delivered)(error.error)),
        }
        File::open(&new).and_then(|directory| directory.sync_all()).map_err(io("syncing", &new))
    }

    /// The mails that lie here, seen or not, by their ids. Blocks.
    pub(super) fn lying(&self) -> Result<Vec<Uuid>, SendError> {
        Ok(self.files()?.into_iter().map(|(id, _)| id).collect())
    }

    /// Deletes mails, seen or not, as far as they are still here: when this returns, they are gone from the disk. Blocks.
    pub(super) fn remove(&self, mails: &BTreeSet<Uuid>) -> Result<(), SendError> {
        for (_, file) in self.files()?.into_iter().filter(|(id, _)| mails.contains(id)) {
            match fs::remove_file(&file) {
                // Its reader was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                removed => removed.map_err(io("deleting", &file))?,
            }
        }
        ["new", "cur"].into_iter().try_for_each(|folder| {
            let folder = self.0.join(folder);
            File::open(&folder).and_then(|directory| directory.sync_all()).map_err(io("syncing", &folder))
        })
    }

    /// Every mail's id and file. What others have put here has no id for a name.
    fn files(&self) -> Result<Vec<(Uuid, PathBuf)>, SendError> {
        let mut files = Vec::new();
        for folder in ["new", "cur"].map(|folder| self.0.join(folder)) {
            for entry in fs::read_dir(&folder).map_err(io("reading", &folder))? {
                let entry = entry.map_err(io("reading", &folder))?;
                let name = entry.file_name();
                let id = name.to_string_lossy().split(':').next().and_then(|id| Uuid::try_parse(id).ok());
                files.extend(id.map(|id| (id, entry.path())));
            }
        }
        Ok(files)
    }

    /// Whether a mail program has moved the mail to `cur`, where it adds flags to its name after a colon.
    fn has_been_seen(&self, name: &str) -> Result<bool, SendError> {
        let cur = self.0.join("cur");
        for entry in fs::read_dir(&cur).map_err(io("reading", &cur))? {
            let found = entry.map_err(io("reading", &cur))?.file_name();
            let found = found.to_string_lossy();
            if found.strip_prefix(name).is_some_and(|flags| flags.is_empty() || flags.starts_with(':')) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SendError {
    let path = path.to_owned();
    move |source| SendError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(maildir: &Maildir, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(maildir.path().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_same_mail_twice_is_one_file_whether_it_was_seen_in_between_or_not() {
        let directory = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(directory.path().join("mail")).unwrap();
        let (id, name) = (Uuid::from_u128(1), Uuid::from_u128(1).to_string());
        maildir.deliver(id, b"first").unwrap();
        maildir.deliver(id, b"first").unwrap();
        assert_eq!(files(&maildir, "new"), [name.as_str()]);
        let new = maildir.path().join("new").join(&name);
        assert_eq!(fs::read(&new).unwrap(), b"first");
        let seen = format!("{name}:2,S");
        fs::rename(&new, maildir.path().join("cur").join(&seen)).unwrap();
        maildir.deliver(id, b"first").unwrap();
        assert_eq!((files(&maildir, "new"), files(&maildir, "cur")), (vec![], vec![seen]));
        assert!(files(&maildir, "tmp").is_empty());
    }

    #[test]
    fn mails_are_taken_back_seen_or_not_and_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(directory.path().join("mail")).unwrap();
        let [seen, unseen, anothers] = [1, 2, 3].map(Uuid::from_u128);
        for id in [seen, unseen, anothers] {
            maildir.deliver(id, b"a mail").unwrap();
        }
        let [new, cur] = ["new", "cur"].map(|folder| maildir.path().join(folder));
        fs::rename(new.join(seen.to_string()), cur.join(format!("{seen}:2,S"))).unwrap();
        fs::write(new.join("1700000000.M1P1.host"), b"somebody else's").unwrap();
        for _ in 0..2 {
            maildir.remove(&BTreeSet::from([seen, unseen])).unwrap();
            assert_eq!(maildir.lying().unwrap(), [anothers]);
        }
        assert_eq!((fs::read_dir(&new).unwrap().count(), fs::read_dir(&cur).unwrap().count()), (2, 0));
    }

    #[test]
    fn a_maildir_that_is_gone_is_said_by_its_path_and_may_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(directory.path().join("mail")).unwrap();
        fs::remove_dir_all(maildir.path()).unwrap();
        let error = maildir.deliver(Uuid::from_u128(1), b"x").unwrap_err();
        assert!(!error.is_permanent());
        assert!(error.to_string().contains("mail/cur"), "{error}");
    }
}
