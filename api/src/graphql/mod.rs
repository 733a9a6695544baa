//! The schema: one file a subject.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`products`] [`offers`] [`ratings`] [`feed`] [`search`] | the catalogue, the buy box, reviews of a product, search |
//! | [`sellers`] [`listings`] [`buyers`] [`policies`] | their queries and commands |
//! | [`orders`] [`order_commands`] [`reviews`] [`review_commands`] | what is read; what is commanded |
//! | [`translations`] | what waits to be translated |
//! | [`photo_submission`] | photos, by whatever way they come in |
//! | [`moderation_commands`] [`notices`] [`complaints`] | what is removed and who is blocked, notices of it, complaints about it |
//! | [`legal_holds`] | what authorities order to be kept |
//! | [`disputes`] [`authorities`] | disputes about orders; the contact point for authorities |
//! | [`order_disputes`] | an order's dispute, and the competent courts |
//! | [`moderation`] [`moderation_cases`] [`notice_queue`] [`complaint_queue`] [`moderation_terms`] | what waits for moderators, and its words |
//! | [`active_recipients`] [`dsa_publications`] [`activity`] [`retention`] [`transparency`] [`statements`] [`submissions`] [`deadlines`] [`ledger`] | figures, what they are made of, reports, reasons and their records, due times and accounts: for compliance staff and whom they concern |
//! | [`audit`] [`viewer`] [`mails`] | for auditors; for whoever asks, with what they were told |
//! | [`command`] [`user_error`] | a mutation's way, and what it says when it is refused |
//! | [`subscriptions`] [`live`] | what is told when it happens; from an event to an item of one state of the views |
//! | [`guard`] [`access_table`] | who may use which field; for everybody and every field |
//! | [`node`] [`page`] [`period`] [`scalars`] | global ids, pages of lists, months, values |
//! | [`platform`] [`documents`] [`execution`] [`gaps`] | what fields can reach; parsed queries; a request's way; null where a field failed |
//!
//! Objects are `serial`: their fields hardly ever wait, so that resolving them side by side would only cost, and an
//! answer's fields come in the order in which they were asked for.
//!
//! Invariants: every mutation has a guard, but for what the law opens to anybody (a notice, and a complaint about one);
//! every list is bounded; an answer's fields, and those of a subscription's item, are all read from one state of the
//! views.

pub mod access_table;
pub mod active_recipients;
pub mod activity;
pub mod audit;
pub mod authorities;
pub mod authority_contact;
pub mod buyers;
pub mod command;
pub mod complaint_queue;
pub mod complaints;
pub mod deadlines;
pub mod disputes;
pub mod documents;
pub mod dsa_publications;
pub mod execution;
pub mod feed;
pub mod gaps;
pub mod guard;
pub mod heads;
pub mod ledger;
pub mod legal_holds;
pub mod listings;
pub mod live;
pub mod mails;
pub mod moderation;
pub mod moderation_cases;
pub mod moderation_commands;
pub mod moderation_terms;
pub mod node;
pub mod notice_queue;
pub mod notices;
pub mod offers;
pub mod order_commands;
pub mod order_disputes;
pub mod orders;
pub mod page;
pub mod period;
pub mod photo_submission;
pub mod platform;
pub mod policies;
pub mod products;
pub mod ratings;
pub mod retention;
pub mod review_commands;
pub mod reviews;
pub mod scalars;
pub mod search;
pub mod sellers;
pub mod statements;
pub mod submissions;
pub mod subscriptions;
pub mod translations;
pub mod transparency;
pub mod user_error;
pub mod viewer;

use async_graphql::{MergedObject, Schema, SchemaBuilder};

pub use subscriptions::Subscription;

/// The longest text of a query, in bytes; its memory is a hundred times as much.
pub const MAX_QUERY_BYTES: usize = 16 << 10;
/// The deepest query that is answered. GraphiQL's own question for the schema is 14 deep.
pub const MAX_DEPTH: usize = 16;
/// The most fields that a query may ask for, lists multiplied.
pub const MAX_COMPLEXITY: usize = 20_000;

/// All queries.
#[derive(Default, MergedObject)]
#[graphql(serial)]
pub struct Query(
    products::ProductQuery,
    search::SearchQuery,
    sellers::SellerQuery,
    reviews::ReviewQuery,
    translations::TranslationQuery,
    orders::OrderQuery,
    viewer::ViewerQuery,
    policies::PolicyQuery,
    moderation::ModerationQuery,
    authority_contact::AuthorityQuery,
    complaints::ComplaintFormQuery,
    moderation_cases::CaseQuery,
    notice_queue::NoticeQuery,
    complaint_queue::ComplaintQuery,
    FigureQuery,
    retention::RetentionQuery,
    legal_holds::LegalHoldQuery,
    transparency::TransparencyQuery,
    statements::StatementQuery,
    deadlines::DeadlineQuery,
    ledger::LedgerQuery,
    audit::AuditQuery,
    heads::HeadQuery,
    node::NodeQuery,
);

/// Figures as they are computed and as they were published. They are a part by themselves because the compiler follows the
/// parts of [`Query`] one inside the other, and no deeper than 128.
#[derive(Default, MergedObject)]
#[graphql(serial)]
pub struct FigureQuery(active_recipients::ActiveRecipientsQuery, dsa_publications::DsaPublicationQuery);

/// All commands. Every input may carry a commandId: sending it again does nothing and answers the same.
#[derive(Default, MergedObject)]
pub struct Mutation(
    sellers::SellerMutation,
    products::ProductMutation,
    listings::ListingMutation,
    buyers::BuyerMutation,
    order_commands::OrderMutation,
    review_commands::ReviewMutation,
    moderation_commands::ModerationMutation,
    notices::NoticeMutation,
    complaints::ComplaintMutation,
    disputes::DisputeMutation,
    authorities::AuthorityMutation,
    legal_holds::LegalHoldMutation,
    activity::ActivityMutation,
    dsa_publications::DsaPublicationMutation,
    policies::PolicyMutation,
);

/// The schema.
pub type Marktboek = Schema<Query, Mutation, Subscription>;

/// The schema, to be built with what its fields reach.
#[must_use]
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
}

/// The schema's text, as it is kept in `api/schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .prefer_single_line_descriptions()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    builder().finish().sdl_with_options(options)
}
