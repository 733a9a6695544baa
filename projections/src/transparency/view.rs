//! The view: what counts in the transparency report, by when it happened, so that any period is one range.
//!
//! Read by compliance staff and auditors. It has no personal data, and no id but those in its keys.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `a` | when, which act, id of its stream | [`Act`] |
//! | `o` | contact of an authority | an order that came in, and when it was sent |
//! | `m` | mail | the order whose arrival it confirms, until it is sent |
//! | `n` | notice | [`NoticeRow`] |
//! | `c` | complaint | what it is about, and when it was lodged |
//! | `d` | buyer's order | since when a dispute about it is before a body out of court |
//! | `s` | seller | why it was removed last |
//! | `p` | – | the version of the policies in force |
//!
//! A restriction counts when it began, by its statement of reasons: what is in the report is what the person concerned was
//! told, and what is in the Commission's Transparency Database.

use chrono::{DateTime, Utc};
use domain::authority::{AuthorityEvent, AuthorityOrderEffect};
use domain::calendar::ReportPeriod;
use domain::complaint::{ComplaintEvent, ComplaintOutcome, Contested};
use domain::dispute::{DisputeEvent, DisputeState};
use domain::event::{Event, EventKind};
use domain::ids::{AuthorityContactId, ComplaintId, MailId, NoticeId, OrderId, SellerId};
use domain::listing::ListingRemovalReason;
use domain::mail::{MailEvent, MailKind, Recipient};
use domain::notice::NoticeEvent;
use domain::policy::PolicyEvent;
use domain::seller::{SellerEvent, SellerRemovalReason};
use domain::statement::{Addressee, Ground, StatementEvent, StatementOfReasonsIssued};
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;
use uuid::Uuid;

use super::act::{Act, AuthorityOrder, ComplaintAbout, Measure, Notified, Trigger};
use super::duration::Durations;
use super::figures::TransparencyFigures;
use crate::ViewError;
use crate::report::{Filter, Report, cell, moment};
use crate::rows::Rows;
use crate::table::{AnyTable, Layout, Table, Value};
use crate::view::{Happened, View};

type ActKey = (i64, u8, Uuid);

const ACTS: Layout<ActKey, Act> = Layout::new(b'a');
const ORDERS: Layout<AuthorityContactId, OrderRow> = Layout::new(b'o');
const MAILS: Layout<MailId, AuthorityContactId> = Layout::new(b'm');
const NOTICES: Layout<NoticeId, NoticeRow> = Layout::new(b'n');
const COMPLAINTS: Layout<ComplaintId, ComplaintRow> = Layout::new(b'c');
const DISPUTES: Layout<OrderId, i64> = Layout::new(b'd');
const SELLERS: Layout<SellerId, SellerRemovalReason> = Layout::new(b's');
const POLICIES: Layout<(), u32> = Layout::new(b'p');

/// An authority's order. Instants are microseconds since the epoch.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct OrderRow {
    order: AuthorityOrder,
    transmitted_at: i64,
}

/// A notice.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct NoticeRow {
    notice: Notified,
    submitted_at: i64,
    /// A complaint that it had led to nothing was well-founded, at least in part.
    reopened: bool,
}

/// A complaint.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct ComplaintRow {
    about: ComplaintAbout,
    lodged_at: i64,
}

impl Value for OrderRow {}
impl Value for NoticeRow {}
impl Value for ComplaintRow {}
impl Value for AuthorityContactId {}
impl Value for SellerRemovalReason {}
impl Value for u32 {}

/// The view.
#[derive(Debug)]
pub struct Transparency {
    acts: Table<ActKey, Act>,
    orders: Table<AuthorityContactId, OrderRow>,
    mails: Table<MailId, AuthorityContactId>,
    notices: Table<NoticeId, NoticeRow>,
    complaints: Table<ComplaintId, ComplaintRow>,
    disputes: Table<OrderId, i64>,
    sellers: Table<SellerId, SellerRemovalReason>,
    policy_version: Table<(), u32>,
}

impl Transparency {
    fn note(&mut self, at: i64, id: Uuid, act: Act) {
        self.acts.put((at, act.number(), id), act);
    }

    fn of_authority(&mut self, id: Uuid, at: i64, event: &AuthorityEvent, rows: &Rows) -> Result<(), ViewError> {
        let contact = AuthorityContactId(id);
        match event {
            AuthorityEvent::AuthorityOrderReceived(event) => {
                let order = AuthorityOrder { kind: event.kind, member_state: event.member_state };
                let items = u32::try_from(event.urls.len()).unwrap_or(u32::MAX);
                self.note(at, id, Act::OrderReceived { order, items });
                self.orders.put(contact, OrderRow { order, transmitted_at: event.transmitted_at.timestamp_micros() });
            }
            AuthorityEvent::AuthorityOrderExecuted(event) => {
                let done = match event.effect {
                    AuthorityOrderEffect::Given | AuthorityOrderEffect::PartlyGiven => true,
                    AuthorityOrderEffect::NotGiven => false,
                };
                if let Some(&OrderRow { order, transmitted_at }) = self.orders.get(rows, &contact)?
                    && done
                {
                    let after = event.effective_at.timestamp_micros() - transmitted_at;
                    self.note(at, id, Act::OrderEffective { order, after });
                }
            }
            AuthorityEvent::AuthorityMessageReceived(_)
            | AuthorityEvent::AuthorityMessageRefused(_)
            | AuthorityEvent::AuthorityLanguageNotice(_) => {}
        }
        Ok(())
    }

    fn of_mail(&mut self, id: MailId, at: i64, event: &MailEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            MailEvent::MailQueued(event) => {
                if event.kind == MailKind::AuthorityOrderReceived
                    && let Recipient::Authority(contact) = event.recipient
                {
                    self.mails.put(id, contact);
                }
            }
            MailEvent::MailSent(_) => {
                let Some(&contact) = self.mails.get(rows, &id)? else { return Ok(()) };
                self.mails.remove(id);
                if let Some(&OrderRow { order, transmitted_at }) = self.orders.get(rows, &contact)? {
                    self.note(at, contact.0, Act::OrderConfirmed { order, after: at - transmitted_at });
                }
            }
            MailEvent::MailFailed(_) => {}
        }
        Ok(())
    }

    fn of_notice(&mut self, id: NoticeId, at: i64, event: &NoticeEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            NoticeEvent::NoticeSubmitted(event) => {
                let notice = Notified { allegation: event.allegation, trusted_flagger: event.trusted_flagger };
                self.note(at, id.0, Act::NoticeReceived(notice));
                self.notices.put(id, NoticeRow { notice, submitted_at: at, reopened: false });
            }
            NoticeEvent::NoticeDecided(event) => {
                if let Some(&NoticeRow { notice, submitted_at, .. }) = self.notices.get(rows, &id)? {
                    let decided = Act::NoticeDecided { notice, outcome: event.outcome, after: at - submitted_at };
                    self.note(at, id.0, decided);
                }
            }
        }
        Ok(())
    }

    fn of_statement(&mut self, id: Uuid, event: &StatementOfReasonsIssued, rows: &Rows) -> Result<(), ViewError> {
        let ground = match (&event.ground, event.addressee) {
            // A removed seller's listings come down for the seller's reason.
            (Ground::Listing(ListingRemovalReason::SellerRemoved), Addressee::Seller(seller)) => {
                self.sellers.get(rows, &seller)?.map_or_else(|| event.ground.clone(), |reason| Ground::Seller(*reason))
            }
            (Ground::Criteria(_) | Ground::Listing(_) | Ground::Seller(_), _) => event.ground.clone(),
        };
        let notice = match event.notice {
            Some(notice) => self.notices.get(rows, &notice)?.copied(),
            None => None,
        };
        let trigger = match notice {
            Some(row) if row.notice.is_of_article_16() => Trigger::Notice,
            Some(_) | None => Trigger::OwnInitiative,
        };
        let measure = Measure {
            restriction: event.restriction.into(),
            ground,
            trigger,
            automated: event.automated,
            after_complaint: notice.is_some_and(|row| row.reopened),
        };
        self.note(event.since.timestamp_micros(), id, Act::Restricted(measure));
        Ok(())
    }

    fn of_complaint(&mut self, id: ComplaintId, at: i64, event: &ComplaintEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            ComplaintEvent::ComplaintLodged(event) => {
                let about = match event.contested {
                    Contested::Restriction { restriction, .. } => restriction.into(),
                    Contested::Notice(notice) => match self.notices.get(rows, &notice)? {
                        Some(row) => row.notice.into(),
                        None => return Ok(()),
                    },
                };
                self.note(at, id.0, Act::ComplaintLodged(about));
                self.complaints.put(id, ComplaintRow { about, lodged_at: at });
            }
            ComplaintEvent::ComplaintDecided(event) => {
                let outcome = event.outcome;
                if let Some(&ComplaintRow { about, lodged_at }) = self.complaints.get(rows, &id)? {
                    self.note(at, id.0, Act::ComplaintDecided { about, outcome, after: at - lodged_at });
                }
                let well_founded = match outcome {
                    ComplaintOutcome::Reversed | ComplaintOutcome::PartiallyReversed => true,
                    ComplaintOutcome::Upheld => false,
                };
                if let Contested::Notice(notice) = event.contested
                    && well_founded
                    && let Some(row) = self.notices.get_mut(rows, &notice)?
                {
                    row.reopened = true;
                }
            }
        }
        Ok(())
    }

    fn of_dispute(&mut self, order: OrderId, at: i64, event: &DisputeEvent, rows: &Rows) -> Result<(), ViewError> {
        match event {
            DisputeEvent::DisputeOpened(_) => {}
            DisputeEvent::DisputeReferred(event) if event.forum.state() == DisputeState::Mediation => {
                self.note(at, order.0, Act::DisputeReferred);
                self.disputes.put(order, at);
            }
            // Before a court it is no longer out of court.
            DisputeEvent::DisputeReferred(_) => self.disputes.remove(order),
            DisputeEvent::DisputeClosed(_) => {
                if let Some(&referred_at) = self.disputes.get(rows, &order)? {
                    self.note(at, order.0, Act::DisputeClosed { after: at - referred_at });
                }
            }
        }
        Ok(())
    }
}

impl View for Transparency {
    const NAME: &'static str = "transparency";
    const VERSION: u32 = 1;
    const WANTS: &'static [EventKind] = &[
        EventKind::AuthorityOrderReceived,
        EventKind::AuthorityOrderExecuted,
        EventKind::MailQueued,
        EventKind::MailSent,
        EventKind::NoticeSubmitted,
        EventKind::NoticeDecided,
        EventKind::StatementOfReasonsIssued,
        EventKind::ComplaintLodged,
        EventKind::ComplaintDecided,
        EventKind::DisputeReferred,
        EventKind::DisputeClosed,
        EventKind::SellerRemoved,
        EventKind::PolicyAdopted,
    ];
    const REPORTS: &'static [&'static str] = &["transparency"];

    fn open(_: &Rows) -> Result<Self, ViewError> {
        Ok(Self {
            acts: Table::new(ACTS),
            orders: Table::new(ORDERS),
            mails: Table::new(MAILS),
            notices: Table::new(NOTICES),
            complaints: Table::new(COMPLAINTS),
            disputes: Table::new(DISPUTES),
            sellers: Table::new(SELLERS),
            policy_version: Table::new(POLICIES),
        })
    }

    fn apply(&mut self, happened: &Happened, rows: &Rows) -> Result<(), ViewError> {
        let (id, at) = (happened.id, happened.micros());
        match &happened.event {
            Event::Authority(event) => self.of_authority(id, at, event, rows)?,
            Event::Mail(event) => self.of_mail(MailId(id), at, event, rows)?,
            Event::Notice(event) => self.of_notice(NoticeId(id), at, event, rows)?,
            Event::Statement(StatementEvent::StatementOfReasonsIssued(event)) => self.of_statement(id, event, rows)?,
            Event::Complaint(event) => self.of_complaint(ComplaintId(id), at, event, rows)?,
            Event::Dispute(event) => self.of_dispute(OrderId(id), at, event, rows)?,
            Event::Seller(SellerEvent::SellerRemoved(event)) => self.sellers.put(SellerId(id), event.reason),
            Event::Policy(PolicyEvent::PolicyAdopted(event)) => self.policy_version.put((), event.policies.version),
            Event::Seller(
                SellerEvent::SellerRegistered(_)
                | SellerEvent::SellerTermsAccepted(_)
                | SellerEvent::SellerVerified(_)
                | SellerEvent::SellerReinstated(_)
                | SellerEvent::SellerFeeCharged(_),
            )
            | Event::Statement(
                StatementEvent::StatementSubmitted(_)
                | StatementEvent::StatementAccepted(_)
                | StatementEvent::StatementRefused(_),
            )
            | Event::Product(_)
            | Event::Listing(_)
            | Event::Order(_)
            | Event::Buyer(_)
            | Event::Review(_)
            | Event::Invitation(_)
            | Event::SafetyWarning(_)
            | Event::Deadline(_)
            | Event::Activity(_)
            | Event::DsaFigure(_)
            | Event::LegalHold(_)
            | Event::Subject(_) => {}
        }
        Ok(())
    }

    fn advance(&mut self, _: DateTime<Utc>, _: &Rows) -> Result<(), ViewError> {
        Ok(())
    }

    fn tables(&self) -> Vec<&dyn AnyTable> {
        vec![
            &self.acts,
            &self.orders,
            &self.mails,
            &self.notices,
            &self.complaints,
            &self.disputes,
            &self.sellers,
            &self.policy_version,
        ]
    }

    fn tables_mut(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![
            &mut self.acts,
            &mut self.orders,
            &mut self.mails,
            &mut self.notices,
            &mut self.complaints,
            &mut self.disputes,
            &mut self.sellers,
            &mut self.policy_version,
        ]
    }

    fn report(rows: &Rows, _: &str, _: &Filter) -> Result<Report, ViewError> {
        let mut report = Report::new(&["at", "act", "concerns", "hours"]);
        for row in ACTS.scan(rows, &()) {
            let ((at, _, id), act) = row?;
            let hours = act.after().and_then(|after| Durations::from_iter([after]).median());
            report.rows.push(vec![
                moment(at),
                cell(act.name()),
                cell(id),
                hours.map_or(Cell::Null, |hours| cell(hours.hours())),
            ]);
        }
        Ok(report)
    }
}

/// What can be read of the view.
#[derive(Debug, Clone, Copy)]
pub struct TransparencyReader<'a>(pub &'a Rows);

impl<'a> TransparencyReader<'a> {
    /// What happened in a period, in order.
    pub fn acts(&self, period: ReportPeriod) -> impl Iterator<Item = Result<Act, ViewError>> + use<'a> {
        let first = (period.begins().timestamp_micros(), 0, Uuid::nil());
        let ends = period.ends().timestamp_micros();
        ACTS.scan_from(self.0, &(), &first)
            .take_while(move |row| row.as_ref().map_or(true, |((at, ..), _)| *at < ends))
            .map(|row| row.map(|(_, act)| act))
    }

    /// The figures of a period.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn figures(&self, period: ReportPeriod) -> Result<TransparencyFigures, ViewError> {
        let mut figures = TransparencyFigures::default();
        for act in self.acts(period) {
            figures.count(&act?);
        }
        Ok(figures)
    }

    /// The version of the policies in force; 0 before any was adopted.
    ///
    /// # Errors
    /// [`ViewError::Storage`].
    pub fn policy_version(&self) -> Result<u32, ViewError> {
        Ok(POLICIES.get(self.0, &())?.unwrap_or_default())
    }
}
