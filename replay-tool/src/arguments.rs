//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::calendar::{ReportPeriod, SixMonths};
use domain::ids::DsaPublicationId;
use event_log::Position;
use event_log_eventstore::Engine;
use projections::data_directory::DataDirectory;
use projections::report::Filter;
use projections::runner::Until;
use projections::written::WrittenLanguage;
use uuid::Uuid;

use crate::book::Data;
use crate::copy::Place;
use crate::trusted::{GivenHead, TrustedKeys};

/// Verify, replay, compare, regenerate and explain what is in a Marktboek book.
///
/// Results go to stdout, progress and messages to stderr. Exit codes: 0 good, 1 the check found a difference or
/// damage, 2 wrong use.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The data directory.
    #[arg(long, global = true, default_value = "marktboek-data", env = "MARKTBOEK_DATA")]
    data: PathBuf,

    /// The engine of the log: `embedded` reads it from the data directory; or the connection string of an EventStoreDB or
    /// KurrentDB cluster, as in esdb://user:password@host:2113.
    #[arg(long, global = true, default_value = "embedded", env = "MARKTBOEK_LOG", hide_env_values = true)]
    log: Engine,

    /// A directory where snapshots of views are kept along each replay, so that the next begins at the nearest. Disposable:
    /// they save time and prove nothing. Made where there is none.
    #[arg(long, global = true, value_name = "DIR", env = "MARKTBOEK_SNAPSHOTS")]
    snapshots: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    pub(crate) fn data(&self) -> Data {
        Data { directory: DataDirectory::new(&self.data), engine: self.log.clone(), snapshots: self.snapshots.clone() }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring a real data set into the log, in order of occurrence. Again adds nothing.
    Import {
        #[command(subcommand)]
        source: Source,
    },
    /// Copy a book from one engine to another: the same events, ids, streams, bytes and positions, so the same digests.
    ///
    /// A book is named by its data directory (its embedded book; made at --to where there is none) or by the connection
    /// string of an EventStoreDB or KurrentDB cluster, esdb://user:password@host:2113. What --to has already must be the
    /// beginning of what --from has; so after a kill, or when the source has grown, the same command goes on where it was.
    /// At the end both are read anew and compared, event by event. Exit code 1 says at which position they differ.
    ///
    /// When the log took an event (`created`) is the target's own; nothing is computed from it. Keys and photos are in no
    /// book: move vault/, master.key and photos/ too. Nothing else may append to --to meanwhile. A Marktboek server would,
    /// for it acts on what comes: stop it, and name its data directory.
    Copy {
        /// The book to copy: a data directory, which a server may be writing, or a connection string.
        #[arg(long, value_name = "LOG", env = "MARKTBOEK_COPY_FROM", hide_env_values = true)]
        from: Place,
        /// Where to copy it: a data directory that no server writes, or a connection string.
        #[arg(long, value_name = "LOG", env = "MARKTBOEK_COPY_TO", hide_env_values = true)]
        to: Place,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check every record: checksums, revisions, positions; name the place of any damage. And compare the book with every
    /// head that was signed of it: name the first position that differs.
    ///
    /// Of a book in a cluster only the second, with the heads in the data directory.
    Verify {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print an event with the proof that it is in the book of which the newest head was signed, as JSON for `verify-proof`.
    Prove {
        /// The event's position.
        #[arg(long)]
        position: u64,
        /// A server to take head and proof from, as in http://127.0.0.1:8080; the book itself where nothing is said.
        #[arg(long)]
        url: Option<String>,
    },
    /// Say what a proof proves. Needs no book and no server: the proof and the operator's public keys are enough. Exit code 1
    /// when it proves nothing.
    VerifyProof {
        /// The proof; standard input where nothing is said.
        file: Option<PathBuf>,
        #[command(flatten)]
        keys: TrustedKeys,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Keep the heads that were seen, and say whether today's book contains them all. Exit code 1 names the one that it does
    /// not.
    Witness {
        /// The file of heads; it is made at the first visit, whose head is trusted, and only grows.
        file: PathBuf,
        #[command(flatten)]
        keys: TrustedKeys,
        /// A server to ask for its newest head and a proof, as in http://127.0.0.1:8080; where nothing is said, the book is
        /// read and compared with every head.
        #[arg(long)]
        url: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the public keys of all that ever signed heads of the book, the oldest first.
    HeadKeys {
        /// Make another key, which signs from now on. No server may have the book open: stop it first. Nodes on a cluster
        /// take it up when they start again.
        #[arg(long)]
        rotate: bool,
    },
    /// Print a view. Without a moment or position: the served view, at the book's end.
    View {
        /// Which: active-recipients, buy-box, catalogue, complaints, deadlines, dsa-figures, ledger, legal-holds, mails,
        /// missed-deadlines, moderation, my-orders, photo-queue, ranking, rating, retention, retention-due, reviews,
        /// seller-ledger, seller-quality, sellers, statements, submissions, transparency.
        name: String,
        #[command(flatten)]
        at: At,
        /// JSON lines, or CSV.
        #[arg(long, default_value = "json")]
        format: Format,
        #[command(flatten)]
        filter: FilterArguments,
    },
    /// Compare views, all or these, and say from which event they part.
    ///
    /// The views that are being served with the same views replayed from nothing; or with --position and
    /// --against-position, the views at two points of the book; with --against, this book with another, event by event,
    /// and then their views; with --with, what this program computes with what another build of it does. The event from
    /// which views part is found by bisecting. Exit code 1 when something differs.
    Diff {
        /// Which views.
        names: Vec<String>,
        #[command(flatten)]
        server: Server,
        #[command(flatten)]
        against: Against,
    },
    /// The average monthly active recipients of six months (DSA art. 24(2)), with address and digest.
    ///
    /// It is counted from the first event of the book on, and never from a snapshot. With --published or --publication, what
    /// was published of these months is counted anew as of the position of each publication and compared: exit code 1 says
    /// what differs.
    Dsa {
        /// A half-year, as in 2025-H2, or the first of six months, as in 2025-03.
        #[arg(long)]
        period: SixMonths,
        #[command(flatten)]
        at: At,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        what: Published,
    },
    /// What an authority may ask about that figure (DSA art. 24(3)), in files: the figure, its method in words with the policies
    /// in force, the sizes of the monthly sets, a signed head, proofs, and a script that checks all of it.
    ///
    /// Without a moment or position it goes up to the newest signed head. It is made under the smallest head that covers its
    /// position, and nothing in it comes from the clock or the machine, so that the same book and address give the same bytes
    /// at any later time. It has no personal data.
    Packet {
        /// A half-year, as in 2025-H2, or the first of six months, as in 2025-03.
        #[arg(long)]
        period: SixMonths,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        signed: GivenHead,
        /// The directory where the files go; made where there is none, and empty otherwise.
        out: PathBuf,
    },
    /// The statements of reasons as records of the Commission's Transparency Database (DSA art. 24(5)), in files of at most
    /// 100. Exit code 1 when one was refused, for personal data or a rule of the database: it is named, for a person to
    /// send it in other words, and all others are there.
    ExportStatements {
        /// The directory where the files go; made where there is none, and empty otherwise.
        out: PathBuf,
        #[command(flatten)]
        period: Issued,
        #[command(flatten)]
        at: At,
    },
    /// The DSA's transparency report (art. 15 and 24(1)) in the Commission's template: a CSV for each of its parts, all of them
    /// in one workbook, the qualitative part as Markdown and as a page, and the report's address.
    TransparencyReport {
        /// A year, as in 2026, a half-year, as in 2025-H2, or the first of six months, as in 2025-03.
        #[arg(long)]
        period: ReportPeriod,
        #[command(flatten)]
        at: At,
        /// The directory to write to; it is made, and files of the same names are written over.
        out: PathBuf,
    },
    /// One stream or the whole book, a line an event, with who and why.
    History {
        /// The stream, as in order-7f0c…; $all for the whole book.
        stream: String,
        /// As JSON lines.
        #[arg(long)]
        json: bool,
        /// Open what is sealed, where the keys are at hand.
        #[arg(long)]
        reveal: bool,
    },
    /// What is left of somebody who was forgotten: the key, the photos, what stands sealed in the book. Exit code 1 when the
    /// book says that they were and something is there all the same.
    Erased {
        /// Whose data: as their stream is named, as in review-7f0c… or buyer-5f1c….
        subject: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// What happened to a product, a review, a seller or an order, for people: when, what, who and why, with each line's
    /// event and how to prove it.
    ///
    /// With what was said and done about it elsewhere: an order's reviews, their notices, statements of reasons,
    /// complaints, mails (never what they say); a seller's and a product's listings and reviews. The book is read once,
    /// and once more where a cause is about something else.
    Timeline {
        /// What: product, review, seller or order; or its stream, as in order-7f0c….
        kind: String,
        /// Its id, where its stream is not named.
        id: Option<Uuid>,
        /// For a product or a seller: with the events of all its orders.
        #[arg(long)]
        orders: bool,
        /// A table, Markdown, HTML or JSON lines.
        #[arg(long, default_value = "table")]
        format: TimelineFormat,
        /// Open what is sealed, where the keys are at hand; not what mails say.
        #[arg(long)]
        reveal: bool,
    },
    /// Why each offer of a product stands where it stands, and the product in its category.
    ExplainRank {
        /// The product's id.
        product: Uuid,
        #[command(flatten)]
        at: At,
    },
    /// Make the served views anew, all or these, beside the old ones.
    Rebuild {
        /// Which views.
        names: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// The Olist data set of Brazilian orders: a directory of its CSV files.
    Olist {
        /// The directory.
        directory: PathBuf,
        /// Where to write what was refused, as CSV. In the data directory where nothing is said.
        #[arg(long)]
        report: Option<PathBuf>,
    },
}

/// An address in the past.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct At {
    /// Every event that occurred at or before this moment, then time advanced to it. RFC 3339, as in
    /// 2018-08-01T00:00:00Z; a bare date is its first instant in UTC.
    #[arg(long, value_parser = moment)]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// Every event up to this position, inclusive.
    #[arg(long)]
    pub(crate) position: Option<u64>,
}

impl At {
    pub(crate) fn until(&self) -> Until {
        Until { position: self.position.map(Position), moment: self.as_of }
    }
}

/// What of a figure was published.
#[derive(Debug, Clone, Args)]
pub(crate) struct Published {
    /// All publications of these months.
    #[arg(long, conflicts_with_all = ["as_of", "position", "text"])]
    pub(crate) published: bool,
    /// This publication.
    #[arg(long, value_name = "ID", conflicts_with_all = ["as_of", "position", "published"])]
    pub(crate) publication: Option<DsaPublicationId>,
    /// The text for the website of that publication, or of the latest of these months.
    #[arg(long, value_name = "LANGUAGE", conflicts_with_all = ["as_of", "position", "json"])]
    pub(crate) text: Option<TextLanguage>,
}

/// A language in which there is a text for the website.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TextLanguage {
    En,
    Fr,
    Nl,
    De,
}

impl From<TextLanguage> for WrittenLanguage {
    fn from(language: TextLanguage) -> Self {
        match language {
            TextLanguage::En => Self::English,
            TextLanguage::Fr => Self::French,
            TextLanguage::Nl => Self::Dutch,
            TextLanguage::De => Self::German,
        }
    }
}

/// When statements were issued.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Issued {
    /// Issued at or after this moment. RFC 3339, or a date.
    #[arg(long, value_parser = moment)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Issued before this moment. RFC 3339, or a date.
    #[arg(long, value_parser = moment)]
    pub(crate) to: Option<DateTime<Utc>>,
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(NaiveTime::MIN).and_utc());
    }
    text.parse().map_err(|_| "a moment is RFC 3339, as in 2018-08-01T00:00:00Z, or a date, as in 2018-08-01".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TimelineFormat {
    Table,
    Markdown,
    Html,
    Json,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Args)]
pub(crate) struct FilterArguments {
    /// Of this category only.
    #[arg(long)]
    category: Option<String>,
    /// Of this subcategory only.
    #[arg(long, requires = "category")]
    subcategory: Option<String>,
    /// Of this product only.
    #[arg(long)]
    product: Option<Uuid>,
    /// Of this review only; for retention and retention-due.
    #[arg(long)]
    review: Option<Uuid>,
    /// Due before this moment only, for retention-due; ninety days after the view's own where nothing is said. RFC 3339,
    /// or a date.
    #[arg(long, value_parser = moment)]
    due_before: Option<DateTime<Utc>>,
}

impl From<FilterArguments> for Filter {
    fn from(FilterArguments { category, subcategory, product, review, due_before }: FilterArguments) -> Self {
        Self { category, subcategory, product, review, due_before }
    }
}

/// What views are compared with, where it is not what is served.
#[derive(Debug, Clone, Args)]
pub(crate) struct Against {
    /// The views after this position; with --against and --with, in place of the book's end.
    #[arg(long, conflicts_with = "url")]
    pub(crate) position: Option<u64>,
    /// The views after this other position of the same book.
    #[arg(long, requires = "position", conflicts_with_all = ["against", "with", "url"])]
    pub(crate) against_position: Option<u64>,
    /// Another book: a data directory, or the connection string of a cluster.
    #[arg(id = "against", long = "against", value_name = "LOG", env = "MARKTBOEK_AGAINST", hide_env_values = true)]
    #[arg(conflicts_with_all = ["with", "url"])]
    pub(crate) log: Option<Place>,
    /// Another build of replay-tool.
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub(crate) with: Option<PathBuf>,
}

/// A running server to ask.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// The server that serves the views, as in http://127.0.0.1:8080. Needed while one runs on the data directory.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// An auditor's token for that server (`marktboek token --role auditor`).
    #[arg(long, env = "MARKTBOEK_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}
