//! Mails: each as its own events leave it, by recipient.

use std::cmp::Reverse;

use domain::Event;
use domain::ids::MailId;
use domain::mail::{MailEvent, Recipient};
use projections::mails::{MailRow, MailStatus, MailsReader};
use projections::{Happened, Rows};

use crate::bazaar::{BUYERS, SELLERS};

fn told(facts: &[Happened], mail: MailId) -> MailRow {
    let mut events = facts.iter().filter(|fact| fact.id == mail.0).filter_map(|fact| match &fact.event {
        Event::Mail(event) => Some((event, fact.micros())),
        _ => None,
    });
    let Some((MailEvent::MailQueued(queued), queued_at)) = events.next() else { panic!("queued first") };
    let after: Vec<_> = events.collect();
    let sent_at = after.iter().find(|(event, _)| matches!(event, MailEvent::MailSent(_))).map(|(_, at)| *at);
    let failed: Vec<_> = after
        .iter()
        .filter_map(|(event, at)| match event {
            MailEvent::MailFailed(failed) => Some((failed, *at)),
            _ => None,
        })
        .collect();
    let given_up = failed.last().is_some_and(|(failed, _)| failed.retry_at.is_none());
    MailRow {
        recipient: queued.recipient,
        kind: queued.kind,
        language: queued.language,
        queued_at,
        sent_at,
        failed_at: failed.last().map(|(_, at)| *at),
        status: match (sent_at, given_up) {
            (Some(_), _) => MailStatus::Sent,
            (None, true) => MailStatus::Failed,
            (None, false) => MailStatus::Waiting,
        },
        attempts: u32::try_from(after.len()).unwrap(),
    }
}

/// Compares a view with the mails' own events.
pub(crate) fn check(rows: &Rows, facts: &[Happened]) {
    let reader = MailsReader(rows);
    for recipient in BUYERS.map(Recipient::Buyer).into_iter().chain(SELLERS.map(Recipient::Seller)) {
        let is_theirs =
            |event: &Event| matches!(event, Event::Mail(MailEvent::MailQueued(it)) if it.recipient == recipient);
        let mut own: Vec<_> = facts
            .iter()
            .filter(|fact| is_theirs(&fact.event))
            .map(|fact| (Reverse(fact.micros()), MailId(fact.id)))
            .collect();
        own.sort_unstable();
        let shown: Vec<_> = reader.of_recipient(recipient, None).map(|key| key.unwrap().2).collect();
        assert_eq!(shown, own.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        for id in shown {
            assert_eq!(reader.mail(id).unwrap().unwrap(), told(facts, id));
        }
    }
}
