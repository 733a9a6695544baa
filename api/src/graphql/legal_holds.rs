//! Legal holds: what an authority orders to be kept is noted, carried out and ended here (R-4-03, GDPR art. 17(3)(b)). What a
//! hold suspends, its reactors leave alone: the end of a review's time, and the end of a key.

use std::future::ready;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::authority::Authority;
use domain::buyer::{Buyer, BuyerStanding};
use domain::event::Event;
use domain::ids::{AuthorityContactId, BuyerId, LegalHoldId, ReviewId};
use domain::legal_hold::{
    HeldData as Held, LegalHold as HoldStream, LegalHoldCommand, MAX_DATA, PreservationOrder, Remains,
};
use domain::place::MemberState;
use domain::review::Review;
use domain::subject::SubjectState;
use event_log::{Direction, StreamName};
use projections::legal_holds::{HoldCursor, HoldRow};
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, COMPLIANCE, FIGURES, Only};
use super::node::{global, parse};
use super::page::{Asked, Page, PageInput, cost, take};
use super::platform::{instant, platform, read, views};
use super::user_error::query_error;
use crate::commands::decode;
use crate::{ApiError, Book};

/// An authority's order to keep data.
#[derive(Debug, Clone, InputObject)]
pub struct PlaceLegalHoldInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The hold's id; a new one where nothing is said.
    hold_id: Option<ID>,
    /// The authority that ordered it.
    authority: String,
    /// Of which Member State, ISO 3166-1.
    member_state: String,
    /// On which legal basis, as in Reg. (EU) 2023/1543 art. 11.
    legal_basis: String,
    /// The authority's own reference, where it gives one. No personal data.
    reference: Option<String>,
    /// The order at the contact point with which it came (recordAuthorityOrder), where it came with one.
    order_id: Option<ID>,
    /// When the authority ordered it; now where nobody knows.
    ordered_at: Option<DateTime<Utc>>,
    /// Which reviews are kept, with their photos.
    #[graphql(default)]
    review_ids: Vec<ID>,
    /// Of which buyers it is kept who they are.
    #[graphql(default)]
    buyer_ids: Vec<ID>,
}

/// The end of an authority's order to keep data.
#[derive(Debug, Clone, InputObject)]
pub struct ReleaseLegalHoldInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which hold.
    hold_id: ID,
    /// Why, in words; no personal data.
    explanation: String,
}

/// Something that a hold keeps, or kept.
#[derive(Debug, Clone, Copy)]
pub struct HeldData(Held);

/// Something that a hold keeps, or kept: a review, or who a buyer is.
#[Object(serial)]
impl HeldData {
    /// The review; nothing where it is a buyer.
    async fn review_id(&self) -> Option<ID> {
        match self.0 {
            Held::Review(id) => Some(global(id)),
            Held::Buyer(_) => None,
        }
    }

    /// The buyer; nothing where it is a review.
    async fn buyer_id(&self) -> Option<ID> {
        match self.0 {
            Held::Buyer(id) => Some(global(id)),
            Held::Review(_) => None,
        }
    }

    /// Since when it waits, or waited, to be forgotten, because a hold keeps it; nothing where nobody asked for that
    /// meanwhile.
    async fn erasure_deferred_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        let deferred = read(ctx, |views| views.retention().holds().deferred(self.0))?;
        Ok(deferred.map(|row| instant(row.deferred_at)))
    }

    /// When it was forgotten after it had waited.
    async fn forgotten_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        let deferred = read(ctx, |views| views.retention().holds().deferred(self.0))?;
        Ok(deferred.and_then(|row| row.destroyed_at).map(instant))
    }
}

/// The end of a hold.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct LegalHoldRelease {
    /// When it was released.
    released_at: DateTime<Utc>,
    /// Why, in words.
    explanation: String,
}

/// An authority's order to keep data.
#[derive(Debug, Clone)]
pub struct LegalHold {
    id: LegalHoldId,
    row: HoldRow,
}

/// An authority's order to keep data, and until when it was in force.
#[Object(serial)]
impl LegalHold {
    /// The global id.
    async fn id(&self) -> ID {
        global(self.id)
    }

    /// The authority that ordered it.
    async fn authority(&self) -> &str {
        &self.row.authority
    }

    /// Of which Member State, ISO 3166-1.
    async fn member_state(&self) -> String {
        self.row.member_state.to_string()
    }

    /// On which legal basis.
    async fn legal_basis(&self) -> &str {
        &self.row.legal_basis
    }

    /// The authority's own reference; nothing where it gave none.
    async fn reference(&self) -> Option<&str> {
        self.row.reference.as_deref()
    }

    /// The order at the contact point with which it came.
    async fn order_id(&self) -> Option<ID> {
        self.row.order.map(global)
    }

    /// When the authority ordered it.
    async fn ordered_at(&self) -> DateTime<Utc> {
        instant(self.row.ordered_at)
    }

    /// Since when it is in force.
    async fn placed_at(&self) -> DateTime<Utc> {
        instant(self.row.placed_at)
    }

    /// Its end; nothing while it is in force.
    async fn release(&self) -> Option<LegalHoldRelease> {
        let release = self.row.release.as_ref()?;
        Some(LegalHoldRelease { released_at: instant(release.at), explanation: release.explanation.clone() })
    }

    /// What it keeps, or kept.
    async fn data(&self) -> Vec<HeldData> {
        self.row.data.iter().copied().map(HeldData).collect()
    }
}

impl LegalHold {
    /// A hold at hand.
    #[must_use]
    pub(super) const fn new(id: LegalHoldId, row: HoldRow) -> Self {
        Self { id, row }
    }

    /// A hold as its stream has it.
    async fn load(book: &Book, id: LegalHoldId) -> std::result::Result<Option<Self>, ApiError> {
        let (_, records) = book.load_recorded::<HoldStream>(id.0).await?;
        let mut row = None;
        for record in &records {
            if let Event::LegalHold(event) = decode(record)? {
                HoldRow::fold(&mut row, &event, record.occurred_at.timestamp_micros());
            }
        }
        Ok(row.map(|row| Self { id, row }))
    }
}

/// Whether a hold is in force on something.
///
/// # Errors
/// What the views say.
pub(super) fn is_held(ctx: &Context<'_>, data: Held) -> Result<bool> {
    Ok(!read(ctx, |views| views.retention().holds().on(data))?.is_empty())
}

/// What is left of something that is to be kept.
async fn remains(book: &Book, data: Held) -> Result<Remains, ApiError> {
    let known = match data {
        Held::Review(id) => !matches!(book.load::<Review>(id.0).await?, Review::Unknown),
        Held::Buyer(id) => book.load::<Buyer>(id.0).await?.standing != BuyerStanding::Unknown,
    };
    if !known {
        return Ok(Remains::Unknown);
    }
    // Its stream has a record once the key is gone, and another where that had waited; no more.
    let stream = StreamName::new(SubjectState::stream_of(&data.subject()))?;
    for record in book.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await? {
        if &*record.event_type == domain::EventKind::SubjectKeyDestroyed.name() {
            return Ok(Remains::Destroyed);
        }
    }
    Ok(Remains::Readable)
}

/// The order that an input says.
async fn order(book: &Book, input: &PlaceLegalHoldInput) -> Result<PreservationOrder, ApiError> {
    let member_state: MemberState =
        input.member_state.parse().map_err(|bad| ApiError::input("memberState", format!("{bad}")))?;
    let named = input.review_ids.len() + input.buyer_ids.len();
    if named > MAX_DATA {
        let message = format!("a hold names at most {MAX_DATA} reviews and buyers, not {named}; place another one");
        return Err(ApiError::input("reviewIds", message));
    }
    let mut data = Vec::with_capacity(named);
    for id in &input.review_ids {
        data.push(Held::Review(parse::<ReviewId>(id, "reviewIds")?));
    }
    for id in &input.buyer_ids {
        data.push(Held::Buyer(parse::<BuyerId>(id, "buyerIds")?));
    }
    let mut remaining = Vec::with_capacity(named);
    for data in data {
        remaining.push((data, remains(book, data).await?));
    }
    let order = match &input.order_id {
        Some(id) => {
            let contact: AuthorityContactId = parse(id, "orderId")?;
            Some((contact, book.load::<Authority>(contact.0).await?))
        }
        None => None,
    };
    Ok(PreservationOrder {
        authority: input.authority.clone(),
        member_state,
        legal_basis: input.legal_basis.clone(),
        reference: input.reference.clone(),
        order,
        ordered_at: input.ordered_at,
        data: remaining,
    })
}

payload! {
    /// What a command on a legal hold came to.
    LegalHoldPayload(LegalHoldId)
}

#[ComplexObject]
impl LegalHoldPayload {
    /// The hold as it now is.
    async fn hold(&self, ctx: &Context<'_>) -> Result<Option<LegalHold>> {
        match &self.effect {
            Some(effect) => LegalHold::load(&platform(ctx).book, effect.what).await.map_err(query_error),
            None => Ok(None),
        }
    }
}

/// Queries on legal holds.
#[derive(Debug, Default)]
pub struct LegalHoldQuery;

#[Object]
impl LegalHoldQuery {
    /// What authorities ordered to be kept, the newest first: all holds, or those in force, or those released (R-4-03). For
    /// COMPLIANCE and AUDITOR.
    #[graphql(guard = "Only(FIGURES)", directive = Allowed::apply(FIGURES), complexity = "cost(first, None, child_complexity)")]
    async fn legal_holds(
        &self,
        ctx: &Context<'_>,
        in_force: Option<bool>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Page<LegalHold>> {
        let asked = PageInput::forwards(first, after).checked(|_: &HoldCursor| true)?;
        let views = views(ctx);
        let reader = views.retention().holds();
        let (Asked::Forwards(from, _) | Asked::Backwards(from, _)) = &asked;
        take(&asked, reader.newest(from.as_ref()), |(_, id)| {
            let wanted = |row: &HoldRow| in_force.is_none_or(|in_force| in_force == row.release.is_none());
            Ok(reader.hold(*id)?.filter(wanted).map(|row| LegalHold::new(*id, row)))
        })
    }
}

/// Commands on legal holds.
#[derive(Debug, Default)]
pub struct LegalHoldMutation;

#[Object]
impl LegalHoldMutation {
    /// Notes an authority's order to keep data, and keeps it from then on: no review of it comes down by time, and what its
    /// author or the buyer asks to be forgotten waits until the hold is released (R-4-03, R-3.2-05, R-3.3-02). For
    /// COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn place_legal_hold(&self, ctx: &Context<'_>, input: PlaceLegalHoldInput) -> Result<LegalHoldPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let hold: LegalHoldId =
                input.hold_id.as_ref().map_or_else(|| Ok(command.derived()), |id| parse(id, "holdId"))?;
            let order = order(command.book, &input).await?;
            let done = command.execute::<HoldStream, _, _>(hold, |_| {
                ready(Ok(LegalHoldCommand::Place { order: order.clone(), decided_by: command.viewer.staff() }))
            });
            Ok((hold, done.await?))
        };
        LegalHoldPayload::of(&command, result.await)
    }

    /// Ends an authority's order to keep data: what is due or waits to be forgotten follows at once, where no other hold
    /// keeps it (R-4-03, R-3.2-05, R-3.3-02). For COMPLIANCE.
    #[graphql(guard = "Only(COMPLIANCE)", directive = Allowed::apply(COMPLIANCE))]
    async fn release_legal_hold(&self, ctx: &Context<'_>, input: ReleaseLegalHoldInput) -> Result<LegalHoldPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let hold: LegalHoldId = parse(&input.hold_id, "holdId")?;
            let done = command.execute::<HoldStream, _, _>(hold, |_| {
                let explanation = input.explanation.clone();
                ready(Ok(LegalHoldCommand::Release { explanation, decided_by: command.viewer.staff() }))
            });
            Ok((hold, done.await?))
        };
        LegalHoldPayload::of(&command, result.await)
    }
}
