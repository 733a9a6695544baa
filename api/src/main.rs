//! The `marktboek` program.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use api::clock::ClockSetting;
use api::ending::Ending;
use api::esdb::Listening;
use api::graphql::access_table::AccessTable;
use api::keys::{KeyArguments, KeyPlace};
use api::mail::{Link, MailSettings};
use api::opened::{Opened, Places};
use api::photos::Place;
use api::serve::{MAIL_FROM, ORIGIN, Server, Settings};
use api::submission::{SubmissionArguments, submit};
use api::token::Signer;
use api::translation::{ApiKey, TranslationSettings, Translator};
use api::{ApiError, demo, graphql};
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use domain::metadata::Role;
use event_log::LogError;
use event_log_eventstore::Engine;
use projections::data_directory::DataDirectory;
use tracing_subscriber::EnvFilter;

/// Many small allocations a query: this allocator is twice as fast at them as the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An event-sourced marketplace of refurbished electronics.
#[derive(Debug, Parser)]
#[command(name = "marktboek", version, arg_required_else_help = true)]
struct Arguments {
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// A JSON object a line, for machines.
    Json,
    /// A line of text, for people.
    Text,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a generated marketplace and print a token for each role.
    Demo {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Where to keep the data; a temporary directory, deleted at the end, where nothing is said.
        #[arg(long)]
        data: Option<PathBuf>,
        /// The generator's seed: the same one gives the same marketplace.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The moment at which the generated year ends and the clock stands still, as in 2026-11-01T12:00:00Z: the same
        /// marketplace whenever it is opened. Without it the year ends now, and time goes by.
        #[arg(long)]
        until: Option<DateTime<Utc>>,
    },
    /// Serve a data directory.
    Serve {
        /// The data directory.
        #[arg(long)]
        data: PathBuf,
        /// Which engine keeps the book: embedded, files in the data directory; or the connection string of an EventStoreDB
        /// or KurrentDB cluster, or of another server's --esdb-listen, as in esdb://user:password@host:2113.
        #[arg(long, default_value = "embedded", env = "MARKTBOEK_LOG", hide_env_values = true)]
        log: Engine,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// What time it is: system, log (the newest event's, for imported histories), or a moment (RFC 3339).
        #[arg(long, default_value = "system")]
        clock: ClockSetting,
        /// Where photos are kept, sealed: a path, or s3://bucket/prefix with AWS_REGION, AWS_ACCESS_KEY_ID and
        /// AWS_SECRET_ACCESS_KEY in the environment, and AWS_ENDPOINT_URL where it is not Amazon's. In the data directory
        /// where nothing is said.
        #[arg(long, value_name = "URL")]
        photos: Option<Place>,
        /// Under which name heads of the book are signed: one that is yours alone, as in shop.example/marktboek. Of account
        /// when the first key is made.
        #[arg(long, value_name = "NAME", default_value = ORIGIN)]
        origin: String,
        #[command(flatten)]
        keys: Box<KeyArguments>,
        #[command(flatten)]
        esdb: Box<Listening>,
        #[command(flatten)]
        telling: Box<Telling>,
    },
    /// Submit the statements of reasons to the Commission's Transparency Database: each once, whatever ends when.
    SubmitStatements {
        /// The data directory. While a server runs on it, name one of this command's own, with --log and --keys.
        #[arg(long)]
        data: PathBuf,
        /// Which engine keeps the book, as of serve: with a running server its --esdb-listen, as in
        /// esdb://submitter:TOKEN@host:2113, TOKEN being of the role node.
        #[arg(long, default_value = "embedded", env = "MARKTBOEK_LOG", hide_env_values = true)]
        log: Engine,
        /// What time it is, as of serve.
        #[arg(long, default_value = "system")]
        clock: ClockSetting,
        #[command(flatten)]
        keys: Box<KeyArguments>,
        #[command(flatten)]
        submission: Box<SubmissionArguments>,
    },
    /// Print a token that says who you are.
    Token {
        /// The data directory of the server that is to take it.
        #[arg(long)]
        data: PathBuf,
        /// The role.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Who: a buyer's or seller's id (a UUID), or a pseudonym of staff.
        #[arg(long)]
        subject: String,
        /// For how long it holds.
        #[arg(long, default_value_t = 24)]
        valid_hours: u32,
    },
    /// Print the GraphQL schema.
    Schema {
        /// Print who may use which of its fields instead, as a page in Markdown.
        #[arg(long)]
        roles: bool,
    },
}

/// How people are written to.
#[derive(Debug, clap::Args)]
struct Telling {
    /// The address of the platform's pages, to which mails link, as in https://shop.example; this server's where nothing
    /// is said.
    #[arg(long)]
    site: Option<Link>,
    /// Who mails are from, as in "Marktboek <no-reply@shop.example>".
    #[arg(long, default_value = MAIL_FROM)]
    mail_from: String,
    /// Where mails go: smtps://user:password@host, smtp+starttls://user:password@host, smtp://host, or maildir:DIR; a
    /// directory in the data directory where nothing is said.
    #[arg(long, value_name = "URL", env = "MARKTBOEK_MAIL_TO", hide_env_values = true)]
    mail_to: Option<String>,
    /// A service that translates reviews, with LibreTranslate's interface, as in http://127.0.0.1:5000; reviews are shown
    /// as they were written where nothing is said.
    #[arg(long, value_name = "URL")]
    translator: Option<String>,
    /// The key that the service asks for.
    #[arg(long, env = "MARKTBOEK_TRANSLATOR_KEY", hide_env_values = true, requires = "translator")]
    translator_key: Option<String>,
}

fn role(name: &str) -> Result<Role, String> {
    let names = || Role::OF_TOKENS.map(Role::name).join(", ");
    Role::OF_TOKENS.into_iter().find(|role| role.name() == name).ok_or_else(|| format!("a role is one of {}", names()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging(arguments.log_format);
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("marktboek: {error}");
            ExitCode::from(if matches!(error, ApiError::Usage(_)) { 2 } else { 1 })
        }
    }
}

/// What is logged where RUST_LOG says nothing: what matters of the log's client is said by whoever keeps it.
const LOGGED: &str = "info,eventstore=off";

/// Results go to stdout; what the program says of itself goes to stderr.
fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => lines.json().init(),
        LogFormat::Text => lines.init(),
    }
}

fn run(command: Command) -> Result<(), ApiError> {
    match command {
        Command::Demo { listen, data, seed, until } => on_runtime(demo::run(listen, data, seed, until)),
        Command::Serve { data, log, listen, clock, photos, origin, keys, esdb, telling } => {
            let data = DataDirectory::new(data);
            let mut settings = Settings::new(&data, listen, clock)?;
            settings.esdb = esdb.settings();
            settings.origin = origin;
            settings.site = telling.site;
            let mail_to = telling.mail_to.unwrap_or_else(|| format!("maildir:{}", data.mail().display()));
            let translation = match &telling.translator {
                Some(url) => {
                    let key = telling.translator_key.as_deref().map(ApiKey::parse).transpose()?;
                    Some(TranslationSettings::parse(url, key)?)
                }
                None => None,
            };
            settings.mail = MailSettings::parse(&telling.mail_from, &mail_to)?;
            let photos = photos.unwrap_or_else(|| Place::Directory(data.photos()));
            let places = Places { log, keys: keys.place(), photos };
            on_runtime(serve(data, places, settings, translation))
        }
        Command::SubmitStatements { data, log, clock, keys, submission } => {
            let data = DataDirectory::new(data);
            if matches!(log, Engine::Embedded) && !data.log().exists() {
                return Err(no_book(&data));
            }
            let keys = keys.place();
            if keys == KeyPlace::Own && !data.vault().exists() {
                return Err(ApiError::Usage(format!(
                    "--data {} has no keys, and without them nobody can tell whether a record has a name of its case: name the \
                     node that keeps them with --keys, or put vault/ back",
                    data.path().display()
                )));
            }
            let photos = Place::Directory(data.photos());
            on_runtime(submit_statements(data, Places { log, keys, photos }, clock, *submission))
        }
        Command::Token { data, role, subject, valid_hours } => {
            let data = DataDirectory::new(data);
            if !data.log().exists() && !data.numbers().exists() {
                return Err(no_book(&data));
            }
            println!("{}", Signer::from_file(&data.token_secret())?.sign(role, &subject, valid_hours)?);
            Ok(())
        }
        Command::Schema { roles: false } => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Command::Schema { roles: true } => {
            print!("{}", AccessTable::of(&graphql::sdl())?.markdown());
            Ok(())
        }
    }
}

fn no_book(data: &DataDirectory) -> ApiError {
    let path = data.path().display();
    ApiError::Usage(format!("--data {path} has no book; `marktboek serve --data {path}` begins one"))
}

fn on_runtime(work: impl Future<Output = Result<(), ApiError>>) -> Result<(), ApiError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| ApiError::Usage(format!("starting the runtime: {error}")))?.block_on(work)
}

async fn submit_statements(
    data: DataDirectory,
    places: Places,
    clock: ClockSetting,
    arguments: SubmissionArguments,
) -> Result<(), ApiError> {
    let opened = match Opened::in_places(&places, &data).await {
        Err(ApiError::Log(LogError::Locked { directory, holder })) => {
            return Err(ApiError::Usage(format!(
                "{} is held by {holder}: submit beside a running server as another node of its book, with a --data of this \
                 command's own, --log and --keys that name the server's --esdb-listen; see docs/operations.md",
                directory.display()
            )));
        }
        opened => opened?,
    };
    let submitted = submit(&opened, clock, &arguments).await;
    opened.log.close().await;
    submitted
}

async fn serve(
    data: DataDirectory,
    places: Places,
    mut settings: Settings,
    translation: Option<TranslationSettings>,
) -> Result<(), ApiError> {
    let opened = Opened::in_places(&places, &data).await?;
    opened.photos.check().await?;
    // After the log, which must be opened before anything speaks TLS.
    settings.translator = translation.map(Translator::new).transpose()?;
    let server = Server::start(&data, opened, settings).await?;
    let ending = Ending::awaited()?;
    tracing::info!(address = %server.address(), "listening; /readyz tells when the views have caught up");
    if let Some(address) = server.esdb_address() {
        tracing::info!(%address, "listening for EventStoreDB's clients");
    }
    ending.of(server).await;
    Ok(())
}
