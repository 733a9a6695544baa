//! Where mail is sent.

use std::collections::BTreeSet;
use std::time::Duration;

use lettre::message::Mailbox;
use uuid::Uuid;

use super::maildir::Maildir;
use super::smtp::Smtp;
use super::{Destination, MailSettings, Message, SendError};
use crate::ApiError;

/// How long a mail may take, all in all. A server nearby takes a second or two; one that checks for spam before it
/// answers may take half a minute. RFC 5321 4.5.3.2.6 would wait ten minutes for the last answer, so that no mail is sent
/// twice; here one that was, is recognised by its Message-ID, and a server that hangs must not hold up the mails behind.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A way for mail to leave the platform. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transport {
    from: Mailbox,
    deadline: Duration,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Maildir(Maildir),
    Smtp(Box<Smtp>),
}

impl Transport {
    /// Opens what the settings say. A maildir is made if it is not there; a mail server is not asked anything yet.
    ///
    /// # Errors
    /// I/O errors; that no connection to this server can be made secure.
    pub fn open(settings: MailSettings) -> Result<Self, ApiError> {
        let MailSettings { from, to, deadline } = settings;
        let way = match to {
            Destination::Maildir(path) => Way::Maildir(Maildir::open(path)?),
            Destination::Smtp(server) => Way::Smtp(Box::new(Smtp::open(server, &from)?)),
        };
        Ok(Self { from, deadline, way })
    }

    /// Sends a mail. When this returns without an error, the mail is on disk in the maildir or the mail server has taken
    /// it. The same mail may be sent again: a maildir keeps it once, a mail server gets the same bytes.
    ///
    /// # Errors
    /// Why not, and by [`SendError::is_permanent`] whether trying again can help.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let sent = tokio::time::timeout(self.deadline, self.deliver(message)).await;
        sent.map_err(|_| SendError::TimedOut { destination: self.destination(), deadline: self.deadline })?
    }

    async fn deliver(&self, message: &Message) -> Result<(), SendError> {
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message, &self.from).await,
            Way::Maildir(maildir) => {
                let (id, bytes) = (message.id(), message.wire(&self.from).formatted());
                blocking(maildir, move |maildir| maildir.deliver(id, &bytes)).await
            }
        }
    }

    /// The mails that are still with the platform, by their ids: those in a maildir. What a mail server has taken is not.
    ///
    /// # Errors
    /// I/O errors.
    pub async fn lying(&self) -> Result<Vec<Uuid>, SendError> {
        match &self.way {
            Way::Smtp(_) => Ok(Vec::new()),
            Way::Maildir(maildir) => blocking(maildir, Maildir::lying).await,
        }
    }

    /// Deletes mails as far as they are still with the platform: when this returns, they are not on its disk.
    ///
    /// # Errors
    /// I/O errors.
    pub async fn take_back(&self, mails: BTreeSet<Uuid>) -> Result<(), SendError> {
        match &self.way {
            Way::Smtp(_) => Ok(()),
            Way::Maildir(maildir) => blocking(maildir, move |maildir| maildir.remove(&mails)).await,
        }
    }

    fn destination(&self) -> String {
        match &self.way {
            Way::Maildir(maildir) => format!("maildir {}", maildir.path().display()),
            Way::Smtp(smtp) => smtp.name(),
        }
    }
}

async fn blocking<T: Send + 'static>(
    maildir: &Maildir,
    work: impl FnOnce(&Maildir) -> Result<T, SendError> + Send + 'static,
) -> Result<T, SendError> {
    let directory = maildir.clone();
    tokio::task::spawn_blocking(move || work(&directory)).await.unwrap_or_else(|error| {
        let path = maildir.path().to_owned();
        Err(SendError::Io { doing: "working in", path, source: std::io::Error::other(error) })
    })
}

#[cfg(test)]
mod tests {
    use super::super::Letter;
    use super::*;

    #[tokio::test]
    async fn a_mail_to_a_maildir_is_there_when_sending_returns_and_once_however_often_it_is_sent() {
        let directory = tempfile::tempdir().unwrap();
        let to = format!("maildir:{}", directory.path().join("mail").display());
        let transport = Transport::open(MailSettings::parse("no-reply@shop.example", &to).unwrap()).unwrap();
        let (id, rendered) = (uuid::Uuid::from_u128(7), Letter::BuyerUnblocked.render("nl".parse().unwrap()));
        let message = Message::new(id, "2026-03-01T12:00:00Z".parse().unwrap(), "jo@example.eu", rendered).unwrap();
        for _ in 0..2 {
            let (transport, message) = (transport.clone(), message.clone());
            // In a task of its own, as a reactor sends it.
            tokio::spawn(async move { transport.send(&message).await }).await.unwrap().unwrap();
        }
        let new: Vec<_> = std::fs::read_dir(directory.path().join("mail/new")).unwrap().collect();
        assert_eq!(new.len(), 1);
        let mail = std::fs::read_to_string(new[0].as_ref().unwrap().path()).unwrap();
        assert!(mail.contains("Subject: Uw account is weer open\r\n"), "{mail}");
    }
}
