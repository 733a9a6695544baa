//! What each type of event means, in plain words. A new event must say here what it means. No word of personal data: what
//! is sealed is not read, and people are not named.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Event;
use domain::activity::ActivityEvent;
use domain::authority::AuthorityEvent;
use domain::buyer::{BuyerEvent, UnblockReason};
use domain::complaint::{ComplaintEvent, Contested};
use domain::criterion::Criterion;
use domain::deadline::DeadlineEvent;
use domain::dispute::DisputeEvent;
use domain::dsa_figure::{DsaFigureEvent, FigureWording};
use domain::invitation::InvitationEvent;
use domain::legal_hold::{HeldData, LegalHoldEvent};
use domain::listing::ListingEvent;
use domain::mail::{MailEvent, Recipient};
use domain::notice::{NoticeEvent, NoticeTarget};
use domain::order::OrderEvent;
use domain::policy::PolicyEvent;
use domain::product::ProductEvent;
use domain::review::ReviewEvent;
use domain::safety_warning::SafetyWarningEvent;
use domain::seller::{FormerListings, SellerEvent};
use domain::statement::{Addressee, Restriction, StatementEvent};
use domain::subject::SubjectEvent;
use domain::submission::Acceptance;
use serde::Serialize;

/// What happened, as one sentence.
pub(super) fn told(event: &Event) -> String {
    match event {
        Event::Seller(event) => seller(event),
        Event::Product(ProductEvent::ProductCatalogued(event)) => {
            format!(
                "{} by {} was entered in the catalogue, in {}/{}",
                event.title, event.brand, event.category, event.subcategory
            )
        }
        Event::Listing(event) => listing(event),
        Event::Order(event) => order(event),
        Event::Buyer(event) => buyer(event),
        Event::Review(event) => review(event),
        Event::Invitation(InvitationEvent::ReviewInvited(event)) => {
            format!("The buyer was invited to review {}", counted(event.lines.len(), "line"))
        }
        Event::Notice(event) => notice(event),
        Event::Statement(event) => statement(event),
        Event::Complaint(event) => complaint(event),
        Event::Authority(event) => authority(event),
        Event::LegalHold(event) => legal_hold(event),
        Event::Dispute(event) => dispute(event),
        Event::SafetyWarning(SafetyWarningEvent::BuyersWarned(event)) => format!(
            "{} were to be warned of the product ({}): “{}”",
            counted(event.buyers.len(), "buyer"),
            word(&event.reason),
            event.explanation
        ),
        Event::Deadline(DeadlineEvent::DeadlineMissed(event)) => {
            format!("The deadline of a duty was missed: {}, due at {}", word(&event.duty), instant(event.due_at))
        }
        Event::Mail(event) => mail(event),
        Event::Activity(ActivityEvent::RecipientsSeen(event)) => {
            let seen: usize = event.seen.iter().map(|seen| seen.recipients.len()).sum();
            let states: BTreeSet<_> = event.seen.iter().map(|seen| seen.member_state.code()).collect();
            let places = if states.is_empty() {
                "nowhere".to_owned()
            } else {
                states.into_iter().collect::<Vec<_>>().join(", ")
            };
            format!("{} were seen in {places} in {}", counted(seen, "recipient"), event.month)
        }
        Event::DsaFigure(event) => figure(event),
        Event::Policy(PolicyEvent::PolicyAdopted(event)) => {
            format!("Version {} of the policies was adopted", event.policies.version)
        }
        Event::Subject(SubjectEvent::SubjectKeyDestroyed(event)) => {
            format!("The key of {} was destroyed: what it sealed can't be read any more", event.subject)
        }
        Event::Subject(SubjectEvent::ErasureDeferred(event)) => format!(
            "The {} was to be forgotten, and is kept until {} on it ended (GDPR art. 17(3)(b)); whoever asked is told",
            held(event.data),
            counted(event.holds.len(), "legal hold")
        ),
    }
}

fn seller(event: &SellerEvent) -> String {
    match event {
        SellerEvent::SellerRegistered(event) => {
            format!("The seller opened an account as {}, established in {}", event.shop_name, event.country)
        }
        SellerEvent::SellerTermsAccepted(event) => format!(
            "The seller accepted the terms {} and the quality charter {}",
            event.terms_version, event.quality_charter_version
        ),
        SellerEvent::SellerVerified(event) => {
            format!("The seller was verified against {} and may sell", event.checked_against)
        }
        SellerEvent::SellerRemoved(event) => {
            format!("The seller was removed ({}): “{}”", word(&event.reason), event.explanation)
        }
        SellerEvent::SellerReinstated(event) => {
            let listings = match event.listings {
                FormerListings::ComeBack => "what came down with them comes back",
                FormerListings::ToBePublishedAnew => "what came down with them is to be published anew",
            };
            format!("The seller may sell again, after a complaint; {listings}")
        }
        SellerEvent::SellerFeeCharged(event) => format!("The seller was charged {} for {}", event.fee, event.month),
    }
}

fn listing(event: &ListingEvent) -> String {
    match event {
        ListingEvent::ListingPublished(event) => format!(
            "It was offered for sale, condition {}, for {} and {} delivery, in {} days, with {} months of guarantee",
            word(&event.condition),
            event.price,
            event.delivery_cost,
            event.delivery_days,
            event.warranty_months
        ),
        ListingEvent::ListingPriceChanged(event) => {
            format!("The price of the listing became {} and {} delivery", event.price, event.delivery_cost)
        }
        ListingEvent::ListingReinstated(event) => format!(
            "The listing was for sale again, after a complaint, for {} and {} delivery, as it was",
            event.listing.price, event.listing.delivery_cost
        ),
        ListingEvent::ListingRemoved(event) => {
            format!("The listing was taken off sale ({}){}", word(&event.reason), quoted(&event.explanation))
        }
    }
}

fn order(event: &OrderEvent) -> String {
    match event {
        OrderEvent::OrderPlaced(event) => {
            let lines: Vec<String> = event
                .lines
                .iter()
                .map(|line| format!("{} × {} ({})", line.quantity, line.price, word(&line.condition)))
                .collect();
            let insurance =
                event.insurance.as_ref().map_or_else(String::new, |taken| format!(", insurance {}", taken.premium));
            format!(
                "The buyer ordered {}; service fee {}{insurance}; delivery promised until {}",
                lines.join(", "),
                event.service_fee,
                instant(event.promised_until)
            )
        }
        OrderEvent::OrderConfirmed(event) => {
            format!("The order was confirmed: a contract of sale; commission {}", event.commission)
        }
        OrderEvent::OrderShipped(_) => "The order was shipped".to_owned(),
        OrderEvent::OrderDelivered(event) => {
            format!("The order was delivered, {}", if event.late { "after the promised day" } else { "in time" })
        }
        OrderEvent::OrderCancelled(event) => format!("The order was cancelled by the {}", word(&event.by)),
        OrderEvent::IssueReported(event) => {
            format!("The buyer reported an issue with line {}: {}", event.line, word(&event.kind))
        }
        OrderEvent::HelpRequested(event) => format!("The buyer asked for help about {}", word(&event.topic)),
        OrderEvent::HelpResolved(event) => format!("A request for help was resolved: “{}”", event.outcome),
        OrderEvent::PaymentCaptured(event) => format!("The payment was captured ({})", event.reference),
        OrderEvent::PaymentRefunded(event) => format!("The payment was refunded ({})", event.reference),
    }
}

fn buyer(event: &BuyerEvent) -> String {
    match event {
        BuyerEvent::BuyerRegistered(event) => format!("A buyer opened an account in {}", event.country),
        BuyerEvent::BuyerErasureRequested(_) => "The buyer asked to be forgotten".to_owned(),
        BuyerEvent::BuyerWarned(event) => {
            format!("The buyer was warned ({}): “{}”", criteria(&event.criteria), event.explanation)
        }
        BuyerEvent::BuyerBlocked(event) => {
            let until = event.until.map_or_else(|| "for good".to_owned(), |until| format!("until {}", instant(until)));
            format!("The buyer was blocked {until} ({}): “{}”", criteria(&event.criteria), event.explanation)
        }
        BuyerEvent::BuyerUnblocked(event) => {
            let why = match event.reason {
                UnblockReason::Ended => "its time was over",
                UnblockReason::Lifted => "a moderator lifted it",
                UnblockReason::Complaint(_) => "a complaint was well-founded",
            };
            format!("The buyer's block ended: {why}")
        }
    }
}

fn review(event: &ReviewEvent) -> String {
    match event {
        ReviewEvent::ReviewSubmitted(event) => format!(
            "The buyer sent a review of line {} of the order, score {}, in {}",
            event.line,
            event.score.get(),
            event.language
        ),
        ReviewEvent::ReviewPublished(_) => "The review came online".to_owned(),
        ReviewEvent::ReviewEdited(event) => format!("The buyer changed the review, score {}", event.score.get()),
        ReviewEvent::ReviewWithdrawn(_) => "The buyer had the review deleted".to_owned(),
        ReviewEvent::ReviewRetentionEnded(event) => {
            format!("The review's time online was over, as due at {}", instant(event.due_at))
        }
        ReviewEvent::PhotosSubmitted(event) => format!("The buyer sent {}", counted(event.photos.len(), "photo")),
        ReviewEvent::PhotosApproved(event) => format!("{} came online", counted(event.photos.len(), "photo")),
        ReviewEvent::PhotosRejected(event) => format!(
            "{} not published ({}): “{}”",
            counted(event.photos.len(), "photo"),
            criteria(&event.criteria),
            event.explanation
        ),
        ReviewEvent::ReviewModerated(event) => {
            format!("The review was removed ({}): “{}”", criteria(&event.criteria), event.explanation)
        }
        ReviewEvent::PhotosRemoved(event) => format!(
            "{} removed ({}): “{}”",
            counted(event.photos.len(), "photo"),
            criteria(&event.criteria),
            event.explanation
        ),
        ReviewEvent::ReviewReinstated(_) => "The review came online again, after a complaint".to_owned(),
        ReviewEvent::PhotosReinstated(event) => {
            format!("{} came online again, after a complaint", counted(event.photos.len(), "photo"))
        }
        ReviewEvent::ReviewTranslated(event) => {
            format!("The review was translated into {} by {}", event.language, event.engine)
        }
    }
}

fn notice(event: &NoticeEvent) -> String {
    match event {
        NoticeEvent::NoticeSubmitted(event) => format!(
            "A notice came in about {}: {}{}",
            target(&event.target),
            word(&event.allegation),
            if event.trusted_flagger { ", by a trusted flagger" } else { "" }
        ),
        NoticeEvent::NoticeDecided(event) => {
            format!(
                "The notice about {} was decided: {}{}",
                target(&event.target),
                word(&event.outcome),
                quoted(&event.explanation)
            )
        }
    }
}

fn statement(event: &StatementEvent) -> String {
    match event {
        StatementEvent::StatementOfReasonsIssued(event) => format!(
            "A statement of reasons was issued to {}: {}, because “{}”; contestable until {}",
            addressee(&event.addressee),
            restriction(&event.restriction),
            event.facts,
            instant(event.contestable_until)
        ),
        StatementEvent::StatementSubmitted(event) => {
            format!("The statement's record was about to be sent to the Transparency Database at {}", event.database)
        }
        StatementEvent::StatementAccepted(event) => match &event.how {
            Acceptance::Answered { permalink, .. } => {
                format!("The Transparency Database took the statement's record: {permalink}")
            }
            Acceptance::FoundByPuid => {
                "The Transparency Database has the statement's record: it knows its PUID".to_owned()
            }
        },
        StatementEvent::StatementRefused(event) => {
            let said = event.problems.iter().map(|problem| format!("{}: {}", problem.field, problem.words));
            format!(
                "The statement's record was refused by the {}: {}",
                word(&event.by),
                said.collect::<Vec<_>>().join("; ")
            )
        }
    }
}

fn complaint(event: &ComplaintEvent) -> String {
    match event {
        ComplaintEvent::ComplaintLodged(event) => {
            format!("A complaint was lodged about {}", contested(&event.contested))
        }
        ComplaintEvent::ComplaintDecided(event) => format!(
            "The complaint about {} was decided, the first decision {}: “{}”",
            contested(&event.contested),
            word(&event.outcome),
            event.explanation
        ),
    }
}

fn authority(event: &AuthorityEvent) -> String {
    match event {
        AuthorityEvent::AuthorityMessageReceived(event) => format!("A message came from {}", event.authority),
        AuthorityEvent::AuthorityMessageRefused(_) => {
            "A message to the authorities' contact point was refused: its sender is no authority".to_owned()
        }
        AuthorityEvent::AuthorityLanguageNotice(event) => {
            format!("An authority was told in which languages to write, for it wrote in {}", event.language)
        }
        AuthorityEvent::AuthorityOrderReceived(event) => format!(
            "An order came from {} to {}{}, to be answered by {}",
            event.authority,
            word(&event.kind),
            event.reference.as_ref().map_or_else(String::new, |reference| format!(" (their reference {reference})")),
            instant(event.answer_by)
        ),
        AuthorityEvent::AuthorityOrderExecuted(event) => {
            format!("The authority's order was answered, effect {}: “{}”", word(&event.effect), event.explanation)
        }
    }
}

fn legal_hold(event: &LegalHoldEvent) -> String {
    let all = |data: &[HeldData]| {
        let of = |wanted: &str| data.iter().filter(|data| held(**data) == wanted).count();
        let counts = [("review", of("review")), ("buyer", of("buyer"))];
        let named = counts.iter().filter(|(_, count)| *count > 0).map(|(one, count)| counted(*count, one));
        named.collect::<Vec<_>>().join(" and ")
    };
    match event {
        LegalHoldEvent::LegalHoldPlaced(event) => format!(
            "{} ordered that the data of {} be kept ({}{}); until the hold is released, it is not ended",
            event.authority,
            all(&event.data),
            event.legal_basis,
            event.reference.as_ref().map_or_else(String::new, |reference| format!(", their reference {reference}"))
        ),
        LegalHoldEvent::LegalHoldReleased(event) => {
            format!("The legal hold on the data of {} was released: “{}”", all(&event.data), event.explanation)
        }
    }
}

fn figure(event: &DsaFigureEvent) -> String {
    let DsaFigureEvent::DsaFigurePublished(event) = event;
    let said = match event.wording {
        FigureWording::Exact => format!("{}/{}", event.numerator, event.denominator),
        FigureWording::BelowThreshold => "below the threshold".to_owned(),
    };
    let corrects = event.correction.as_ref().map_or_else(String::new, |correction| {
        format!("; it corrects {}, because “{}”", correction.corrects, correction.reason)
    });
    format!(
        "The average monthly active recipients of {} were published as of position {}: {said}{corrects}",
        event.period, event.position
    )
}

const fn held(data: HeldData) -> &'static str {
    match data {
        HeldData::Review(_) => "review",
        HeldData::Buyer(_) => "buyer",
    }
}

fn dispute(event: &DisputeEvent) -> String {
    match event {
        DisputeEvent::DisputeOpened(_) => "A dispute about the order was opened".to_owned(),
        DisputeEvent::DisputeReferred(event) => {
            format!("The dispute went to {} ({})", event.body, word(&event.forum))
        }
        DisputeEvent::DisputeClosed(event) => {
            format!("The dispute was closed, {}: “{}”", word(&event.outcome), event.explanation)
        }
    }
}

fn mail(event: &MailEvent) -> String {
    match event {
        MailEvent::MailQueued(event) => {
            let to = match event.recipient {
                Recipient::Buyer(_) => "the buyer",
                Recipient::Seller(_) => "the seller",
                Recipient::Notifier(_) => "the notifier",
                Recipient::Authority(_) => "the authority",
            };
            format!("A mail to {to} was written: {}", word(&event.kind))
        }
        MailEvent::MailSent(event) => format!("The mail was sent, at attempt {}", event.attempt),
        MailEvent::MailFailed(event) => {
            let then = event.retry_at.map_or_else(
                || "it is given up".to_owned(),
                |again| format!("it is tried again at {}", instant(again)),
            );
            format!("The mail could not be sent at attempt {}; {then}", event.attempt)
        }
    }
}

fn addressee(addressee: &Addressee) -> &'static str {
    match addressee {
        Addressee::Buyer(_) => "the buyer",
        Addressee::Seller(_) => "the seller",
    }
}

fn restriction(restriction: &Restriction) -> String {
    match restriction {
        Restriction::ReviewRemoved(_) => "a review was removed".to_owned(),
        Restriction::PhotosNotPublished(_) => "photos were not published".to_owned(),
        Restriction::PhotosRemoved(_) => "photos were removed".to_owned(),
        Restriction::ListingRemoved(_) => "a listing was removed".to_owned(),
        Restriction::SellerRemoved(_) => "the seller was removed".to_owned(),
        Restriction::AccountSuspended(until) => format!("the account was suspended until {}", instant(*until)),
        Restriction::AccountTerminated => "the account was closed".to_owned(),
    }
}

fn contested(contested: &Contested) -> String {
    match contested {
        Contested::Restriction { restriction: contested, .. } => format!("a decision ({})", restriction(contested)),
        Contested::Notice(_) => "the decision on a notice".to_owned(),
    }
}

fn target(target: &NoticeTarget) -> &'static str {
    match target {
        NoticeTarget::Review(_) => "a review",
        NoticeTarget::Photos(_) => "a review's photos",
        NoticeTarget::Listing(_) => "a listing",
    }
}

fn criteria(criteria: &[Criterion]) -> String {
    criteria.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": “{text}”") }
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A value of a closed list, by the name under which it is recorded: `BREACH_OF_TERMS` is "breach of terms".
fn word(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().replace('_', " ").to_lowercase()
}
