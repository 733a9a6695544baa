//! Statements of reasons (R-2.2-05, R-3.4-09, R-7-02): for whoever is restricted, for compliance staff and for auditors.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use domain::ids::StatementId;
use domain::statement::{Addressee, Ground, Restriction};
use projections::ViewError;
use projections::statements::{AddresseeCursor, IssuedCursor, StatementRow, Told};
use projections::submissions::StateCursor;

use super::guard::{Allowed, FIGURES, Only, coded};
use super::listings::ListingRemovalReason;
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{Views, instant, read, views};
use super::review_commands::ReviewCriterion;
use super::sellers::SellerRemovalReason;
use super::submissions::{SubmissionState, TransparencyDatabaseEntry};
use super::user_error::query_error;

/// What is restricted (DSA art. 17(1), 17(3)(a)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RestrictionKind {
    /// A review was removed.
    ReviewRemoved,
    /// Photos of a review are not published.
    PhotosNotPublished,
    /// Photos of a review were removed.
    PhotosRemoved,
    /// A listing was removed.
    ListingRemoved,
    /// A seller's account and all its listings were removed.
    SellerRemoved,
    /// A buyer's account is blocked until a moment.
    AccountSuspended,
    /// A buyer's account is blocked for good.
    AccountTerminated,
}

impl From<Restriction> for RestrictionKind {
    fn from(restriction: Restriction) -> Self {
        match restriction {
            Restriction::ReviewRemoved(_) => Self::ReviewRemoved,
            Restriction::PhotosNotPublished(_) => Self::PhotosNotPublished,
            Restriction::PhotosRemoved(_) => Self::PhotosRemoved,
            Restriction::ListingRemoved(_) => Self::ListingRemoved,
            Restriction::SellerRemoved(_) => Self::SellerRemoved,
            Restriction::AccountSuspended(_) => Self::AccountSuspended,
            Restriction::AccountTerminated => Self::AccountTerminated,
        }
    }
}

/// What a restriction concerns, by its global id; nothing where it is the addressee's own account.
#[must_use]
pub fn concerned(restriction: Restriction) -> Option<ID> {
    match restriction {
        Restriction::ReviewRemoved(id) | Restriction::PhotosNotPublished(id) | Restriction::PhotosRemoved(id) => {
            Some(global(id))
        }
        Restriction::ListingRemoved(id) => Some(global(id)),
        Restriction::SellerRemoved(id) => Some(global(id)),
        Restriction::AccountSuspended(_) | Restriction::AccountTerminated => None,
    }
}

/// On what a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum GroundKind {
    /// The law (DSA art. 17(3)(d)).
    Law,
    /// The platform's terms (DSA art. 17(3)(e)).
    Terms,
}

/// Where a decision can be contested (DSA art. 17(3)(f)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::statement::Redress")]
pub enum Redress {
    /// The platform's own complaint form (art. 20).
    InternalComplaint,
    /// A certified out-of-court dispute settlement body (art. 21).
    OutOfCourtSettlement,
    /// A court.
    Court,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AddresseeKind {
    /// A buyer.
    Buyer,
    /// A seller.
    Seller,
}

/// A statement of reasons.
#[derive(Debug, Clone)]
pub struct StatementOfReasons {
    id: StatementId,
    row: StatementRow,
}

impl StatementOfReasons {
    /// A statement at hand.
    #[must_use]
    pub const fn new(id: StatementId, row: StatementRow) -> Self {
        Self { id, row }
    }

    /// A statement, if there is one with this id.
    ///
    /// # Errors
    /// What the views say.
    pub fn load(views: &Views<'_>, id: StatementId) -> Result<Option<Self>, ViewError> {
        Ok(views.statements().statement(id)?.map(|row| Self { id, row }))
    }
}

/// A page of what somebody was told, newest first.
///
/// # Errors
/// What is wrong with the page that is asked for, and what the views say.
pub fn told(
    ctx: &Context<'_>,
    told: Option<Told>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Page<StatementOfReasons>> {
    let asked = PageInput::forwards(first, after).checked(|key: &AddresseeCursor| Some(key.0) == told)?;
    let views = views(ctx);
    let reader = views.statements();
    let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
    let keys = told.into_iter().flat_map(|told| reader.of_addressee(told, from.as_ref()));
    take(&asked, keys, |key| StatementOfReasons::load(&views, key.2))
}

/// What was restricted, and why, with everything that DSA art. 17(3) asks for. No personal data.
#[Object(serial)]
impl StatementOfReasons {
    /// The global id: a complaint names it.
    async fn id(&self) -> ID {
        global(self.id)
    }

    /// The event that records the decision.
    async fn decision_id(&self) -> uuid::Uuid {
        self.row.decision
    }

    /// Who is told.
    async fn addressee(&self) -> AddresseeKind {
        match self.row.addressee {
            Addressee::Buyer(_) => AddresseeKind::Buyer,
            Addressee::Seller(_) => AddresseeKind::Seller,
        }
    }

    /// What is restricted. It holds in the whole Union.
    async fn restriction(&self) -> RestrictionKind {
        self.row.restriction.into()
    }

    /// What it concerns: a review, a listing or a seller; nothing where it is the addressee's own account.
    async fn concerns_id(&self) -> Option<ID> {
        concerned(self.row.restriction)
    }

    /// When the restriction began.
    async fn since(&self) -> DateTime<Utc> {
        instant(self.row.since)
    }

    /// Until when it lasts; for good where nothing is said.
    async fn until(&self) -> Option<DateTime<Utc>> {
        match self.row.restriction {
            Restriction::AccountSuspended(until) => Some(until),
            Restriction::ReviewRemoved(_)
            | Restriction::PhotosNotPublished(_)
            | Restriction::PhotosRemoved(_)
            | Restriction::ListingRemoved(_)
            | Restriction::SellerRemoved(_)
            | Restriction::AccountTerminated => None,
        }
    }

    /// The facts and circumstances.
    async fn facts(&self) -> &str {
        &self.row.facts
    }

    /// The notice that led to it; nothing on the operator's own initiative.
    async fn notice_id(&self) -> Option<ID> {
        self.row.notice.map(global)
    }

    /// Whether automated means detected or decided it.
    async fn automated(&self) -> bool {
        self.row.automated
    }

    /// On what it stands.
    async fn ground(&self) -> GroundKind {
        if self.row.ground.is_law() { GroundKind::Law } else { GroundKind::Terms }
    }

    /// The criteria that were broken, where a review, its photos or an account was judged.
    async fn criteria(&self) -> Vec<ReviewCriterion> {
        match &self.row.ground {
            Ground::Criteria(criteria) => criteria.iter().copied().map(ReviewCriterion::from).collect(),
            Ground::Listing(_) | Ground::Seller(_) => Vec::new(),
        }
    }

    /// Why a listing was removed, where one was.
    async fn listing_reason(&self) -> Option<ListingRemovalReason> {
        match &self.row.ground {
            Ground::Listing(reason) => Some((*reason).into()),
            Ground::Criteria(_) | Ground::Seller(_) => None,
        }
    }

    /// Why a seller was removed, where one was.
    async fn seller_reason(&self) -> Option<SellerRemovalReason> {
        match &self.row.ground {
            Ground::Seller(reason) => Some((*reason).into()),
            Ground::Criteria(_) | Ground::Listing(_) => None,
        }
    }

    /// The language of the content, where it has one, BCP 47.
    async fn content_language(&self) -> Option<&str> {
        self.row.content_language.as_ref().map(domain::language::Language::code)
    }

    /// When the content came to the platform, or the account was opened.
    async fn content_since(&self) -> DateTime<Utc> {
        instant(self.row.content_since)
    }

    /// Where it can be contested.
    async fn redress(&self) -> Vec<Redress> {
        self.row.redress.iter().copied().map(Redress::from).collect()
    }

    /// The first instant at which the platform takes no complaint any more.
    async fn contestable_until(&self) -> DateTime<Utc> {
        instant(self.row.contestable_until)
    }

    /// Its record for the Commission's Transparency Database (R-7-02), or why there is none. For COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES))]
    async fn transparency_database(&self, ctx: &Context<'_>) -> Result<Option<TransparencyDatabaseEntry>> {
        let submission = read(ctx, |views| views.submissions().submission(self.id))?;
        TransparencyDatabaseEntry::of(self.id, &self.row, submission).map(Some)
    }

    /// When it was issued.
    async fn issued_at(&self) -> DateTime<Utc> {
        instant(self.row.issued_at)
    }
}

/// Queries on statements of reasons.
#[derive(Debug, Default)]
pub struct StatementQuery;

#[Object]
impl StatementQuery {
    /// Statements of reasons, oldest first, from a moment on and before another if they are named (R-7-02); the newest by
    /// last and before. Only those whose records for the Transparency Database are in a state if one is named, as in WAITING or
    /// REFUSED; these by first and after alone. For COMPLIANCE and AUDITOR.
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "cost(first, last, child_complexity)")]
    async fn statements_of_reasons(
        &self,
        ctx: &Context<'_>,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        submission: Option<SubmissionState>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Page<StatementOfReasons>> {
        let since = since.map_or(i64::MIN, |since| since.timestamp_micros());
        let until = until.map_or(i64::MAX, |until| until.timestamp_micros());
        let page = PageInput { first, after, last, before };
        let views = views(ctx);
        let reader = views.statements();
        if let Some(state) = submission.map(Into::into) {
            let belongs = |key: &StateCursor| key.0 == state && (since..until).contains(&key.1);
            let asked = page.checked(belongs)?;
            let Asked::Forwards(from, _) = &asked else {
                return Err(coded(
                    "INVALID",
                    "statements of one submission come by first and after, not by last and before",
                ));
            };
            let keys = views.submissions().in_state(state, since, from.as_ref());
            let in_time = keys.take_while(|key| key.as_ref().map_or(true, |key| key.1 < until));
            return take(&asked, in_time, |key| StatementOfReasons::load(&views, key.2));
        }
        let asked = page.checked(|key: &IssuedCursor| (since..until).contains(&key.0))?;
        let item = |key: &IssuedCursor| StatementOfReasons::load(&views, key.1);
        match &asked {
            Asked::Forwards(from, _) => {
                let keys = reader.issued(since, from.as_ref());
                take(&asked, keys.take_while(|key| key.as_ref().map_or(true, |key| key.0 < until)), item)
            }
            Asked::Backwards(from, _) => {
                let end = (until, StatementId(uuid::Uuid::nil()));
                take(&asked, reader.issued_back(since, Some(from.as_ref().unwrap_or(&end))), item)
            }
        }
    }

    /// A statement of reasons. For COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES))]
    async fn statement_of_reasons(&self, ctx: &Context<'_>, id: ID) -> Result<Option<StatementOfReasons>> {
        let id = parse(&id, "id").map_err(query_error)?;
        read(ctx, |views| StatementOfReasons::load(views, id))
    }
}
