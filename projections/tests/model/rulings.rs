//! What moderators, authorities, parties to a dispute and the platform itself may do in the bazaar.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use domain::authority::{AuthorityCommand, AuthorityEvent, AuthorityOrderEffect, AuthorityOrderKind, IncomingOrder};
use domain::buyer::BuyerCommand;
use domain::calendar::{Month, SixMonths, local_day};
use domain::complaint::{About, ComplaintCommand, ComplaintOutcome, ReviewForm};
use domain::criterion::Criterion;
use domain::deadline::{DeadlineCommand, DeadlineMissed, Duty, photos_due};
use domain::decision::{Decision, Recorded};
use domain::dispute::{DisputeCommand, DisputeOutcome, Forum};
use domain::dsa_figure::{AskedPublication, DsaFigureCommand, FigureMonth, FigureWording, RegeneratedFigure};
use domain::figure_digest::FigureDigest;
use domain::ids::{
    AuthorityContactId, ComplaintId, DsaPublicationId, LegalHoldId, ListingId, MailId, NoticeId, OrderId, ReviewId,
    StatementId,
};
use domain::legal_hold::{HeldData, LegalHoldCommand, PreservationOrder, Remains};
use domain::mail::{MailCommand, MailContent, MailKind, Recipient};
use domain::notice::{Allegation, Notice, NoticeCommand, NoticeOutcome, NoticeTarget, Notifier};
use domain::order::Party;
use domain::review::{Judgement, Review, ReviewCommand};
use domain::seller::SellerCommand;
use domain::statement::{Addressee, Restriction, StatementCommand};
use domain::subject::SubjectCommand;
use domain::submission::{Acceptance, Problem, RefusedBy, SubmissionCommand};
use fixtures::Occasion;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::bazaar::{BUYERS, Bazaar, SELLERS};
use crate::deeds::{Done, pick, recent, staff};

/// What is tried.
#[derive(Debug, Clone)]
pub(crate) enum Ruling {
    Moderate { review: u8, because_of: Option<u8>, criteria: Vec<Criterion> },
    RemovePhotos { review: u8 },
    Reinstate { review: u8 },
    ReinstatePhotos { review: u8 },
    ReinstateSeller { seller: u8 },
    Translate { review: u8, into: &'static str },
    Notify { about: u8, which: u8, flagger: bool, allegation: Allegation },
    DecideNotice { notice: u8, outcome: NoticeOutcome },
    Block { buyer: u8, days: Option<u8> },
    Contest { statement: u8 },
    Submit { statement: u8, moved: bool },
    Accept { statement: u8, answered: bool },
    Refuse { statement: u8, by: RefusedBy },
    ContestNotice { notice: u8 },
    DecideComplaint { complaint: u8, outcome: ComplaintOutcome },
    ChargeFee { seller: u8 },
    OpenDispute { order: u8 },
    Refer { order: u8, forum: Forum },
    CloseDispute { order: u8 },
    ReceiveOrder { kind: AuthorityOrderKind },
    AnswerOrder { order: u8, effect: AuthorityOrderEffect },
    ConfirmOrder { order: u8 },
    RaiseAlarm { clock: u8 },
    Hold { review: u8, buyer: Option<u8> },
    Release { hold: u8 },
    Forget { review: u8 },
    Write { to_seller: bool, who: u8 },
    Send { mail: u8 },
    FailToSend { mail: u8, again: bool },
    Publish { months_ago: u8, recipients: u8 },
}

pub(crate) fn ruling() -> impl Strategy<Value = Ruling> {
    let any = any::<u8>;
    let forum = select(vec![Forum::Mediator, Forum::AlternativeDisputeResolution, Forum::CourtOfDelivery]);
    let kind = {
        use AuthorityOrderKind::{ActAgainstContent, ActAgainstProduct, ProvideInformation};
        select(vec![ActAgainstContent, ActAgainstProduct, ProvideInformation])
    };
    let effect = {
        use AuthorityOrderEffect::{Given, NotGiven, PartlyGiven};
        select(vec![Given, PartlyGiven, NotGiven])
    };
    let allegation = {
        use Allegation::{AgainstTerms, Illegal, OffenceAgainstChildren};
        select(vec![Illegal, OffenceAgainstChildren, AgainstTerms])
    };
    let of_notice = {
        use NoticeOutcome::{ActionByLaw, ActionByTerms, NoAction};
        select(vec![ActionByLaw, ActionByTerms, NoAction])
    };
    let of_complaint = {
        use ComplaintOutcome::{PartiallyReversed, Reversed, Upheld};
        select(vec![Upheld, PartiallyReversed, Reversed])
    };
    let criteria = {
        use Criterion::{IllegalContent, Insulting, Obscene, OffTopic, RegulatoryBreach};
        select(vec![vec![Insulting, Obscene], vec![OffTopic], vec![IllegalContent, OffTopic], vec![RegulatoryBreach]])
    };
    let bools = || proptest::bool::ANY;
    let of_reviews = prop_oneof![
        3 => (any(), proptest::option::of(any()), criteria)
            .prop_map(|(review, because_of, criteria)| Ruling::Moderate { review, because_of, criteria }),
        4 => any().prop_map(|review| Ruling::RemovePhotos { review }),
        3 => any().prop_map(|review| Ruling::Reinstate { review }),
        4 => any().prop_map(|review| Ruling::ReinstatePhotos { review }),
        2 => (any(), select(vec!["nl", "de"])).prop_map(|(review, into)| Ruling::Translate { review, into }),
        3 => (any(), any(), bools(), allegation)
            .prop_map(|(about, which, flagger, allegation)| Ruling::Notify { about, which, flagger, allegation }),
        2 => (any(), of_notice).prop_map(|(notice, outcome)| Ruling::DecideNotice { notice, outcome }),
        3 => any().prop_map(|statement| Ruling::Contest { statement }),
        3 => any().prop_map(|notice| Ruling::ContestNotice { notice }),
        3 => (any(), of_complaint)
            .prop_map(|(complaint, outcome)| Ruling::DecideComplaint { complaint, outcome }),
        4 => any().prop_map(|clock| Ruling::RaiseAlarm { clock }),
    ];
    let of_others = prop_oneof![
        1 => any().prop_map(|seller| Ruling::ReinstateSeller { seller }),
        1 => (any(), proptest::option::of(1..9_u8)).prop_map(|(buyer, days)| Ruling::Block { buyer, days }),
        2 => any().prop_map(|seller| Ruling::ChargeFee { seller }),
        2 => any().prop_map(|order| Ruling::OpenDispute { order }),
        3 => (any(), forum).prop_map(|(order, forum)| Ruling::Refer { order, forum }),
        3 => any().prop_map(|order| Ruling::CloseDispute { order }),
        2 => kind.prop_map(|kind| Ruling::ReceiveOrder { kind }),
        2 => (any(), effect).prop_map(|(order, effect)| Ruling::AnswerOrder { order, effect }),
        1 => any().prop_map(|order| Ruling::ConfirmOrder { order }),
        3 => (bools(), any()).prop_map(|(to_seller, who)| Ruling::Write { to_seller, who }),
        2 => any().prop_map(|mail| Ruling::Send { mail }),
        2 => (any(), bools()).prop_map(|(mail, again)| Ruling::FailToSend { mail, again }),
        2 => (1..4_u8, any()).prop_map(|(months_ago, recipients)| Ruling::Publish { months_ago, recipients }),
        5 => (any(), bools()).prop_map(|(statement, moved)| Ruling::Submit { statement, moved }),
        3 => (any(), bools()).prop_map(|(statement, answered)| Ruling::Accept { statement, answered }),
        2 => (any(), select(vec![RefusedBy::Platform, RefusedBy::Database]))
            .prop_map(|(statement, by)| Ruling::Refuse { statement, by }),
    ];
    let of_holds = prop_oneof![
        4 => (any(), proptest::option::of(any())).prop_map(|(review, buyer)| Ruling::Hold { review, buyer }),
        1 => any().prop_map(|hold| Ruling::Release { hold }),
        3 => any().prop_map(|review| Ruling::Forget { review }),
    ];
    prop_oneof![12 => of_reviews, 8 => of_others, 3 => of_holds]
}

/// What rulings may be about.
#[derive(Default)]
pub(crate) struct Docket {
    pub(crate) statements: Vec<StatementId>,
    notices: Vec<NoticeId>,
    decided: BTreeMap<NoticeId, DateTime<Utc>>,
    complaints: Vec<ComplaintId>,
    contacts: Vec<AuthorityContactId>,
    mails: Vec<MailId>,
    /// The newest publication of each period.
    published: BTreeMap<SixMonths, DsaPublicationId>,
    /// Which holds were placed, and what those in force keep.
    holds: Vec<LegalHoldId>,
    held: BTreeMap<LegalHoldId, Vec<HeldData>>,
    /// What is due of what, by which alarm, when.
    clocks: BTreeMap<(Duty, Uuid), (Uuid, DateTime<Utc>)>,
}

impl Bazaar {
    /// Carries a ruling out; what is refused has not happened.
    #[allow(clippy::too_many_lines, reason = "one arm a ruling, nothing else")]
    pub(crate) fn rule(&mut self, ruling: &Ruling) -> Done {
        let occasion = self.occasion();
        match ruling {
            Ruling::Moderate { review, because_of, criteria } => {
                let notice = because_of.map(|notice| recent(&self.docket.notices, notice)).transpose()?;
                let judgement = Judgement { criteria: criteria.clone(), ..judgement() };
                let moderate = ReviewCommand::Moderate { judgement, notice };
                self.market.review(recent(&self.reviews, *review)?.0, moderate, occasion)?;
            }
            Ruling::RemovePhotos { review } => {
                let remove = ReviewCommand::RemovePhotos { judgement: judgement(), notice: None };
                self.market.review(recent(&self.reviews, *review)?.0, remove, occasion)?;
            }
            Ruling::Reinstate { review } => {
                let (id, complaint) = (recent(&self.reviews, *review)?.0, ComplaintId(self.next()));
                self.market.review(id, ReviewCommand::Reinstate(complaint), occasion)?;
                if self.photos_wait(id) {
                    self.begin_photo_clock(id);
                }
            }
            Ruling::ReinstatePhotos { review } => {
                let (id, complaint) = (recent(&self.reviews, *review)?.0, ComplaintId(self.next()));
                self.market.review(id, ReviewCommand::ReinstatePhotos(complaint), occasion)?;
            }
            Ruling::ReinstateSeller { seller } => {
                let reinstate = SellerCommand::Reinstate(ComplaintId(self.next()));
                self.market.seller(pick(&SELLERS, *seller)?, reinstate, occasion)?;
            }
            Ruling::Translate { review, into } => {
                let id = recent(&self.reviews, *review)?.0;
                let version = self.market.review_state(id).known().ok_or("not known")?.version;
                let (text, engine) = ("goed".into(), "engine".into());
                let translate = ReviewCommand::Translate { review: id, language: into.parse()?, text, version, engine };
                self.market.review(id, translate, occasion)?;
            }
            Ruling::Notify { about, which, flagger, allegation } => {
                let notice = NoticeId(self.next());
                let target = match about % 3 {
                    0 => NoticeTarget::Review(pick(&self.reviews, *which)?.0),
                    1 => NoticeTarget::Photos(pick(&self.reviews, *which)?.0),
                    _ => NoticeTarget::Listing(pick::<ListingId>(&self.listings, *which)?),
                };
                let notifier = || Notifier { name: "Jo".into(), email: "jo@example.eu".into() };
                let submit = NoticeCommand::Submit {
                    notice,
                    target,
                    target_exists: true,
                    allegation: *allegation,
                    url: "https://market.example/1".into(),
                    reasons: "it is not true".into(),
                    notifier: (*allegation != Allegation::OffenceAgainstChildren).then(notifier),
                    good_faith: true,
                    trusted_flagger: *flagger,
                    language: "en".parse()?,
                };
                self.market.notice(notice, submit, occasion)?;
                self.docket.notices.push(notice);
            }
            Ruling::DecideNotice { notice, outcome } => {
                let id = recent(&self.docket.notices, *notice)?;
                let criteria = match self.market.notice_state(id) {
                    Notice::Open(notice) if matches!(notice.target, NoticeTarget::Listing(_)) => Vec::new(),
                    _ if *outcome == NoticeOutcome::ActionByLaw => vec![Criterion::IllegalContent],
                    _ => vec![Criterion::FalseOrMisleading],
                };
                let decide = NoticeCommand::Decide {
                    outcome: *outcome,
                    criteria,
                    explanation: "looked at".into(),
                    moderator: staff(),
                };
                self.market.notice(id, decide, occasion)?;
                self.docket.decided.insert(id, self.at);
            }
            Ruling::Block { buyer, days } => {
                let block = BuyerCommand::Block {
                    until: days.map(|days| self.at + TimeDelta::days(i64::from(days))),
                    criteria: vec![Criterion::HateOrViolence],
                    explanation: "hate".into(),
                    decided_by: staff(),
                };
                self.market.buyer(pick(&BUYERS, *buyer)?, block, occasion)?;
            }
            Ruling::Contest { statement } => {
                let id = recent(&self.docket.statements, *statement)?;
                let statement = self.market.statement_state(id).issued.ok_or("not issued")?;
                let complainant = statement.addressee;
                let form = match (statement.restriction, complainant) {
                    (
                        Restriction::ReviewRemoved(review)
                        | Restriction::PhotosNotPublished(review)
                        | Restriction::PhotosRemoved(review),
                        Addressee::Buyer(_),
                    ) => Some(self.form(review)?),
                    _ => None,
                };
                let about = About::Restriction { id, statement: Some(Box::new(statement)), complainant, form };
                self.lodge(about)?;
            }
            Ruling::Submit { statement, moved } => {
                let host = if *moved { "database.example" } else { "sandbox.example" };
                self.submission(*statement, SubmissionCommand::Submit { database: format!("https://{host}") })?;
            }
            Ruling::Accept { statement, answered } => {
                let found = Acceptance::FoundByPuid;
                let how = if *answered {
                    Acceptance::answered(Uuid::from_u128(9), "https://database.example/9").unwrap_or(found)
                } else {
                    found
                };
                self.submission(*statement, SubmissionCommand::Accept(how))?;
            }
            Ruling::Refuse { statement, by } => {
                let problems = vec![Problem::new("category", "is invalid")];
                self.submission(*statement, SubmissionCommand::Refuse { by: *by, problems })?;
            }
            Ruling::ContestNotice { notice } => {
                let id = recent(&self.docket.notices, *notice)?;
                let notice = Box::new(self.market.notice_state(id));
                self.lodge(About::Notice { id, notice, decided_at: self.docket.decided.get(&id).copied() })?;
            }
            Ruling::DecideComplaint { complaint, outcome } => {
                let decide = ComplaintCommand::Decide {
                    outcome: *outcome,
                    explanation: "looked at again".into(),
                    decided_by: domain::ids::StaffId("another".into()),
                };
                self.market.complaint(recent(&self.docket.complaints, *complaint)?, decide, occasion)?;
            }
            Ruling::ChargeFee { seller } => {
                let id = pick(&SELLERS, *seller)?;
                let month = *self.market.seller_state(id).months_due(self.at).first().ok_or("nothing is due")?;
                self.market.seller(id, SellerCommand::ChargeFee { month }, occasion)?;
            }
            Ruling::OpenDispute { order } => {
                let (id, party, order) = self.disputed(*order)?;
                let open = DisputeCommand::Open { party, order, subject: "it does not work".into() };
                self.market.dispute(id, open, occasion)?;
            }
            Ruling::Refer { order, forum } => {
                let (id, party, order) = self.disputed(*order)?;
                let refer = DisputeCommand::Refer { party, order, forum: *forum, body: "the body".into() };
                self.market.dispute(id, refer, occasion)?;
            }
            Ruling::CloseDispute { order } => {
                let (id, _, order) = self.disputed(*order)?;
                let close = DisputeCommand::Close {
                    party: Party::Platform,
                    order,
                    outcome: DisputeOutcome::Settled,
                    explanation: "they agreed".into(),
                };
                self.market.dispute(id, close, occasion)?;
            }
            Ruling::ReceiveOrder { kind } => {
                let contact = AuthorityContactId(self.next());
                let order = IncomingOrder {
                    kind: *kind,
                    authority: "ACM".into(),
                    member_state: "NL".parse()?,
                    legal_basis: "the law".into(),
                    reference: None,
                    language: "en".parse()?,
                    urls: vec!["https://market.example/1".into()],
                    transmitted_at: None,
                    answer_to: "desk@authority.example".into(),
                };
                self.market.authority(contact, AuthorityCommand::RecordOrder { contact, order }, occasion)?;
                self.docket.contacts.push(contact);
                if let Some(Event::Authority(AuthorityEvent::AuthorityOrderReceived(order))) =
                    self.market.last_step().map(|step| &step.events[0])
                {
                    let (due, alarm) = (order.answer_by, self.next());
                    self.docket.clocks.insert((Duty::AuthorityOrder, contact.0), (alarm, due));
                }
            }
            Ruling::AnswerOrder { order, effect } => {
                let contact = pick(&self.docket.contacts, *order)?;
                let answer = AuthorityCommand::Execute {
                    effect: *effect,
                    effective_at: None,
                    explanation: "removed".into(),
                    decided_by: staff(),
                };
                self.market.authority(contact, answer, occasion)?;
                self.docket.clocks.remove(&(Duty::AuthorityOrder, contact.0));
            }
            Ruling::RaiseAlarm { clock } => {
                let clocks: Vec<_> = self.docket.clocks.iter().map(|(of, by)| (*of, *by)).collect();
                let ((duty, concerns), (alarm, due_at)) = pick(&clocks, *clock)?;
                let pending = duty == Duty::AuthorityOrder || self.photos_wait(ReviewId(concerns));
                let missed = DeadlineMissed { duty, concerns, due_at };
                self.market.deadline(alarm, DeadlineCommand::RaiseAlarm { missed, pending }, occasion)?;
            }
            Ruling::ConfirmOrder { order } => {
                let contact = Recipient::Authority(pick(&self.docket.contacts, *order)?);
                self.write(contact, MailKind::AuthorityOrderReceived, occasion)?;
            }
            Ruling::Hold { review, buyer } => {
                let hold = LegalHoldId(self.next());
                let mut data = vec![HeldData::Review(pick(&self.reviews, *review)?.0)];
                data.extend(buyer.map(|buyer| pick(&BUYERS, buyer)).transpose()?.map(HeldData::Buyer));
                let remains = |data| match self.market.subject_state(data).destroyed {
                    true => (data, Remains::Destroyed),
                    false => (data, Remains::Readable),
                };
                let order = PreservationOrder {
                    authority: "Parquet de Paris".into(),
                    member_state: "FR".parse()?,
                    legal_basis: "Reg. (EU) 2023/1543 art. 11".into(),
                    reference: buyer.map(|number| format!("PR/{number}")),
                    order: None,
                    ordered_at: Some(self.at - TimeDelta::days(1)),
                    data: data.iter().copied().map(remains).collect(),
                };
                self.market.hold(hold, LegalHoldCommand::Place { order, decided_by: staff() }, occasion)?;
                self.docket.holds.push(hold);
                self.docket.held.insert(hold, data);
            }
            Ruling::Release { hold } => {
                let hold = pick(&self.docket.holds, *hold)?;
                let release = LegalHoldCommand::Release { explanation: "lapsed".into(), decided_by: staff() };
                self.market.hold(hold, release, occasion)?;
                self.docket.held.remove(&hold);
            }
            Ruling::Forget { review } => {
                let is_withdrawn = |id: &ReviewId| matches!(self.market.review_state(*id), Review::Withdrawn);
                let withdrawn: Vec<_> = self.reviews.iter().map(|(id, ..)| *id).filter(is_withdrawn).collect();
                let (data, asked_by) = (HeldData::Review(pick(&withdrawn, *review)?), Uuid::nil());
                let holds = self.holds_on(data);
                let command = if holds.is_empty() {
                    SubjectCommand::RecordDestruction { subject: data.subject(), asked_by }
                } else {
                    SubjectCommand::Defer { data, asked_by, holds: holds.into_iter().collect() }
                };
                self.market.subject(data, command, occasion)?;
            }
            Ruling::Write { to_seller, who } => {
                let recipient = if *to_seller {
                    Recipient::Seller(pick(&SELLERS, *who)?)
                } else {
                    Recipient::Buyer(pick(&BUYERS, *who)?)
                };
                self.write(recipient, MailKind::StatementOfReasons, occasion)?;
            }
            Ruling::Send { mail } => {
                self.market.mail(pick(&self.docket.mails, *mail)?, MailCommand::RecordSent, occasion)?;
            }
            Ruling::FailToSend { mail, again } => {
                let retry_at = again.then_some(self.at + TimeDelta::minutes(5));
                let failed = MailCommand::RecordFailed { reason: "refused".into(), retry_at };
                self.market.mail(pick(&self.docket.mails, *mail)?, failed, occasion)?;
            }
            Ruling::Publish { months_ago, recipients } => self.publish(*months_ago, *recipients, occasion)?,
        }
        Ok(())
    }

    /// States the reasons of what happened last, where it restricts anybody, as the platform does at once.
    pub(crate) fn state_reasons(&mut self) {
        let Some(step) = self.market.last_step().cloned() else { return };
        let Some(id) = step.stream.split_once('-').and_then(|(_, id)| Uuid::parse_str(id).ok()) else { return };
        let review = self.market.review_state(ReviewId(id));
        let began = self.market.began(&step.stream).unwrap_or(step.occurred_at);
        for (number, event) in step.events.iter().enumerate() {
            let (event_id, at) = (step.event_id(number), step.occurred_at);
            let recorded = Recorded { event_id, at, id, began, event, review: review.known() };
            let Some(decision) = Decision::of(&recorded) else { continue };
            let (statement, occasion) = (StatementId::of_decision(event_id), self.occasion());
            self.market.statement(statement, StatementCommand::Issue(Box::new(decision)), occasion).unwrap();
            self.docket.statements.push(statement);
        }
    }

    /// A clock begins for the photos of a review that wait.
    pub(crate) fn begin_photo_clock(&mut self, review: ReviewId) {
        let (due, alarm) = (photos_due(self.at, self.market.policies()), self.next());
        self.docket.clocks.insert((Duty::PhotoDecision, review.0), (alarm, due));
    }

    /// The holds in force on something.
    pub(crate) fn holds_on(&self, data: HeldData) -> Vec<LegalHoldId> {
        self.docket.held.iter().filter(|(_, held)| held.contains(&data)).map(|(hold, _)| *hold).collect()
    }

    fn photos_wait(&self, review: ReviewId) -> bool {
        matches!(self.market.review_state(review), Review::Live(review) if !review.photos_waiting.is_empty())
    }

    fn write(&mut self, recipient: Recipient, kind: MailKind, occasion: Occasion) -> Done {
        let (id, text) = (MailId(self.next()), || "text".to_owned());
        let content = MailContent { to: text(), subject: text(), text: text(), html: text() };
        let queue = MailCommand::Queue { recipient, kind, language: "en".parse()?, content };
        self.market.mail(id, queue, occasion)?;
        self.docket.mails.push(id);
        Ok(())
    }

    /// Publishes six months that ended so many months ago, or corrects what was published of them. The figure is made up: a
    /// view of publications counts nothing.
    fn publish(&mut self, months_ago: u8, recipients: u8, occasion: Occasion) -> Done {
        let begins = (0..months_ago + 5).fold(Month::of(self.at), |month, _| month.previous());
        let period = SixMonths::from(begins);
        let (publication, corrects) = (DsaPublicationId(self.next()), self.docket.published.get(&period).copied());
        // Each publication is read further on than all before it.
        let position = u64::try_from(publication.0.as_u128())?;
        let digest = FigureDigest(std::array::from_fn(|index| position.to_le_bytes()[index % 8]));
        let month = |month| FigureMonth {
            month,
            union: recipients.into(),
            by_role: BTreeMap::new(),
            by_member_state: BTreeMap::new(),
            excluded: domain::activity::Excluded::default(),
        };
        let asked = AskedPublication {
            publication,
            period,
            position,
            digest,
            wording: if recipients.is_multiple_of(2) { FigureWording::Exact } else { FigureWording::BelowThreshold },
            corrects,
            reason: corrects.map(|_| "visits came late".to_owned()),
        };
        let regenerated = RegeneratedFigure {
            position: Some(position),
            as_of: self.at,
            months: period.months().map(month).into(),
            digest,
        };
        self.market.figure(period, DsaFigureCommand::Publish { asked, regenerated }, occasion)?;
        self.docket.published.insert(period, publication);
        Ok(())
    }

    fn form(&self, review: ReviewId) -> Result<ReviewForm, &'static str> {
        let order = self.reviews.iter().find(|(id, ..)| *id == review).ok_or("no such review")?.1;
        let submitted_at = self.market.began(&format!("review-{review}")).ok_or("not submitted")?;
        let (order_number, review_date) = (order.to_string(), local_day(submitted_at));
        Ok(ReviewForm { order_number: Some(order_number), review_date: Some(review_date), order, submitted_at })
    }

    fn lodge(&mut self, about: About) -> Done {
        let (complaint, occasion) = (ComplaintId(self.next()), self.occasion());
        let lodge = ComplaintCommand::Lodge { complaint, about, reasons: "it is true".into() };
        self.market.complaint(complaint, lodge, occasion)?;
        self.docket.complaints.push(complaint);
        Ok(())
    }

    fn submission(&mut self, statement: u8, command: SubmissionCommand) -> Done {
        let (id, occasion) = (recent(&self.docket.statements, statement)?, self.occasion());
        self.market.statement(id, command.into(), occasion)?;
        Ok(())
    }

    fn disputed(&self, order: u8) -> Result<(OrderId, Party, Box<domain::order::Order>), &'static str> {
        let id = recent(&self.orders, order)?;
        Ok((id, Party::Buyer(self.buyer(id)?), Box::new(self.market.order_state(id))))
    }
}

fn judgement() -> Judgement {
    Judgement {
        criteria: vec![Criterion::Insulting, Criterion::Obscene],
        explanation: "an insult".into(),
        decided_by: staff(),
    }
}
