//! Every cell, tried: who is told what, by which way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use api::auth::Viewer;
use api::graphql::access_table::{AccessTable, Cell, Field, OPERATIONS};
use api::graphql::execution::Asked;
use api::graphql::guard::Asker;
use async_graphql::Variables;
use event_log::Direction;
use futures::StreamExt;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::askers::{ask, command, somebody, somebody_besides, somebody_else};
use crate::history::History;
use crate::play::{CONFIDENTIAL, SEALED, photo};
use crate::support::review_input;
use crate::ways::{Hop, Taker, Way, Ways, decoded, document, field, hops, named, says};

/// What no history can show, with the reason. The shorter the better.
const UNSEEN: &[(&str, &[Asker], &str)] = &[
    ("StatementOfReasons.until", &[Asker::Seller], "only a buyer's account is restricted for a time"),
    ("StatementOfReasons.criteria", &[Asker::Seller], "only reviews and buyers are judged by criteria"),
    ("StatementOfReasons.contentLanguage", &[Asker::Seller], "a listing and a seller have no language"),
    ("StatementOfReasons.listingReason", &[Asker::Buyer], "buyers have no listings"),
    ("StatementOfReasons.sellerReason", &[Asker::Buyer], "buyers are no sellers"),
];

/// How many fields a way has that is followed although another one led to the same type.
const SHORT: usize = 3;

/// How long a test waits for what never comes before it fails.
const NEVER: Duration = Duration::from_secs(120);

/// What came of a cell.
#[derive(Debug, Clone, Default)]
struct Tried {
    /// Whether it answered whose it is.
    answered: bool,
    /// Where it answered somebody else.
    told_another: Option<String>,
    /// By which ways it did.
    by: BTreeSet<String>,
}

/// The trial.
pub(crate) struct Trial {
    table: AccessTable,
    history: History,
    cells: BTreeMap<(String, String, Asker), Tried>,
    /// The ids of commands that must not have done anything.
    refused: Vec<Uuid>,
    /// What is asked of subscriptions, all at once at the end.
    told: Vec<Told>,
    /// What was refused in another way than it should be.
    odd: BTreeSet<String>,
    /// Where somebody was told who bought something, or what is sealed, and must not know.
    betrayed: BTreeSet<String>,
}

struct Told {
    taker: Taker,
    viewer: Viewer,
    way: Way,
    fields: Vec<String>,
    query: String,
    variables: Value,
}

impl Trial {
    /// Against what happened.
    pub(crate) fn of(history: History) -> Self {
        Self {
            table: AccessTable::of(&api::graphql::sdl()).unwrap(),
            history,
            cells: BTreeMap::new(),
            refused: Vec::new(),
            told: Vec::new(),
            odd: BTreeSet::new(),
            betrayed: BTreeSet::new(),
        }
    }

    /// Tries every cell.
    pub(crate) async fn run(&mut self) {
        let mut ways = Ways::new();
        for asker in Asker::ALL {
            self.explore(asker, &mut ways).await;
        }
        for operation in OPERATIONS {
            self.try_all(operation, &[]).await;
        }
        for (name, ways) in &ways {
            for way in ways {
                self.try_all(name, way).await;
            }
        }
        self.listen().await;
    }

    /// What is not as the table has it, or is told or done and must not be.
    pub(crate) async fn wrong(&self) -> Vec<String> {
        let betrayed = self.betrayed.iter().cloned();
        let odd = self.odd.iter().map(|odd| format!("refused neither with FORBIDDEN nor with NOT_FOUND: {odd}"));
        let done = self.done_anyway().await.into_iter().map(|done| format!("refused, and yet in the book: {done}"));
        self.wrong_cells().into_iter().chain(betrayed).chain(odd).chain(done).collect()
    }

    /// Ends the server.
    pub(crate) async fn end(self) {
        self.history.market.server.stop().await;
    }

    fn cell(&self, name: &str, field: &str, asker: Asker) -> Cell {
        let fields = &self.table.types[name].fields;
        let at = Asker::ALL.iter().position(|one| *one == asker).unwrap();
        fields.iter().find(|one| one.name == field).unwrap().cells[at]
    }

    /// Who sends a document that begins with a field, and with which arguments; nobody where it says nothing of the cell.
    fn senders(&mut self, operation: &str, field: &str, taker: Taker) -> Vec<(Viewer, Value)> {
        let Taker { asker, another } = taker;
        if operation != "Mutation" {
            let viewers =
                if another { vec![somebody_else(asker)] } else { vec![Some(somebody(asker)), somebody_besides(asker)] };
            let name = format!("{operation}.{field}");
            let examples = self.history.examples.get(name.as_str());
            let examples = examples.cloned().unwrap_or_else(|| vec![json!({})]);
            let with = |viewer: Viewer| examples.iter().map(move |example| (viewer.clone(), example.clone()));
            return viewers.into_iter().flatten().flat_map(with).collect();
        }
        let steps = self.history.steps.iter().filter(|step| step.mutation == field);
        let own: Vec<_> = steps.clone().filter(|step| step.asker == asker).cloned().collect();
        match self.cell("Mutation", field, asker) {
            Cell::No => {
                let step = steps.clone().next().unwrap_or_else(|| panic!("nobody gives {field} in the history"));
                let input = step.input.clone();
                if another { Vec::new() } else { vec![(somebody(asker), json!({ "input": self.anew(input) }))] }
            }
            Cell::Own if another => {
                let other = somebody_else(asker).unwrap_or_else(|| somebody(asker));
                own.into_iter().map(|step| (other.clone(), json!({ "input": self.anew(step.others) }))).collect()
            }
            Cell::Yes if another => Vec::new(),
            Cell::Own | Cell::Yes => {
                assert!(!own.is_empty(), "nobody gives {field} as {} in the history", asker.name());
                own.into_iter().map(|step| (step.viewer, json!({ "input": step.input }))).collect()
            }
        }
    }

    /// A command's input, as of a command that was not given before.
    fn anew(&mut self, mut input: Value) -> Value {
        let id = Uuid::new_v4();
        self.refused.push(id);
        input["commandId"] = json!(id);
        input
    }

    /// Takes a way to a type and asks for some of its fields; which of them said something.
    async fn take(&mut self, taker: Taker, of: &str, way: &[Hop], fields: &[Field], on: &[&Hop]) -> BTreeSet<String> {
        let leaves: Vec<&Field> = fields.iter().collect();
        let (operation, first) = match way.first() {
            Some(hop) => (hop.of.clone(), hop.field.clone()),
            None => (of.to_owned(), fields[0].name.clone()),
        };
        let mut said = BTreeSet::new();
        for (viewer, root) in self.senders(&operation, &first, taker) {
            let (query, variables) = document(&self.table, &self.history.examples, of, way, &root, on, &leaves);
            let names = fields.iter().map(|field| field.name.clone()).chain(on.iter().map(|hop| hop.field.clone()));
            if operation == "Subscription" {
                let told = Told { taker, viewer, way: way.to_vec(), fields: names.collect(), query, variables };
                self.told.push(told);
                continue;
            }
            let answer = ask(&self.history.market, &viewer, &query, variables.clone()).await;
            self.check(&answer, &query, &variables, taker);
            said.extend(names.filter(|name| says(&answer["data"], way, name)));
            if !taker.another && said.len() == fields.len() + on.len() {
                break;
            }
        }
        said
    }

    /// A document that can't be asked is a mistake of this test; a refusal has one of two codes; whoever must not know who
    /// bought something is not told, but for what they said themselves; what is said in confidence is told to whom
    /// it was said, and what is sealed to nobody.
    fn check(&mut self, answer: &Value, query: &str, variables: &Value, taker: Taker) {
        let (told, said) = (decoded(answer), decoded(variables));
        let new = |secret: &str| told.contains(secret) && !said.contains(secret);
        let blind = taker.another || matches!(taker.asker, Asker::Anonymous | Asker::Moderator);
        let ids = self.history.secrets.iter().map(String::as_str).filter(|_| blind);
        let sealed = SEALED.into_iter().filter(|_| taker.another || !query.contains("mails"));
        let confidential = CONFIDENTIAL.into_iter().filter(|(_, to)| taker.another || !to.contains(&taker.asker));
        let confidential = confidential.map(|(secret, _)| secret);
        let betrayed = ids.chain(sealed).chain(confidential).filter(|secret| new(secret));
        self.betrayed.extend(betrayed.map(|secret| format!("{taker:?} is told {secret} by {query}")));
        for error in answer["errors"].as_array().into_iter().flatten() {
            assert!(error.get("path").is_some(), "{query}: {answer}");
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            if !["FORBIDDEN", "NOT_FOUND"].contains(&code) {
                self.odd.insert(format!("{taker:?} {query}: {error}"));
            }
        }
    }

    /// Where somebody gets to: by the shortest way to each type and by every other short one, and by every field that leads
    /// on from there.
    async fn explore(&mut self, asker: Asker, ways: &mut Ways) {
        let taker = Taker { asker, another: false };
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut next: VecDeque<(String, Way)> =
            OPERATIONS.iter().map(|operation| ((*operation).to_owned(), Way::new())).collect();
        while let Some((name, way)) = next.pop_front() {
            for hop in hops(&self.table, &name) {
                let own = if hop.is_field { vec![field(&self.table, &hop).clone()] } else { Vec::new() };
                let on: Vec<&Hop> = if hop.is_field { Vec::new() } else { vec![&hop] };
                let root = way.first().map_or(name.as_str(), |first| first.of.as_str());
                // A subscription is asked once, at the end; until then what the table says of it is believed.
                let open = if root == "Subscription" {
                    way.is_empty() && self.cell(&name, &hop.field, asker) != Cell::No
                } else if way.is_empty() && name == "Mutation" && self.cell(&name, &hop.field, asker) == Cell::No {
                    false
                } else {
                    !self.take(taker, &name, &way, &own, &on).await.is_empty()
                };
                if open {
                    let mut further = way.clone();
                    further.push(hop.clone());
                    ways.entry(hop.leads_to.clone()).or_default().insert(further.clone());
                    let new = seen.insert(hop.leads_to.clone());
                    if root != "Subscription" && (new || further.len() <= SHORT) {
                        next.push_back((hop.leads_to.clone(), further));
                    }
                }
            }
        }
    }

    /// Tries each field of a type at the end of a way.
    async fn try_all(&mut self, name: &str, way: &[Hop]) {
        let fields = self.table.types[name].fields.clone();
        for asker in Asker::ALL {
            let cell = |field: &Field| self.cell(name, &field.name, asker);
            let (none, some): (Vec<Field>, Vec<Field>) =
                fields.iter().cloned().partition(|field| cell(field) == Cell::No);
            let own: Vec<Field> = some.iter().filter(|field| cell(field) == Cell::Own).cloned().collect();
            // One that is refused takes its neighbours with it, so that it is asked alone where they may answer.
            let (leads, refused) = (!way.is_empty(), some.is_empty());
            let asked =
                [(false, batches(none, leads && refused)), (false, batches(some, leads)), (true, batches(own, leads))];
            for (another, batches) in asked {
                let taker = Taker { asker, another };
                for batch in batches {
                    let said = self.take(taker, name, way, &batch, &[]).await;
                    for field in &batch {
                        self.note(taker, name, way, &field.name, said.contains(&field.name));
                    }
                }
            }
        }
    }

    fn note(&mut self, taker: Taker, name: &str, way: &[Hop], field: &str, said: bool) {
        let tried = self.cells.entry((name.to_owned(), field.to_owned(), taker.asker)).or_default();
        let by = if way.is_empty() { format!("{name}.{field}") } else { named(way) };
        match (said, taker.another) {
            (false, _) => {}
            (true, true) => tried.told_another = Some(by),
            (true, false) => {
                tried.answered = true;
                tried.by.insert(by);
            }
        }
    }

    /// Asks all subscriptions, and has something happen.
    async fn listen(&mut self) {
        let executor = &self.history.market.server.app().executor;
        let mut streams = Vec::new();
        let told = std::mem::take(&mut self.told);
        for told in &told {
            let asked = Asked {
                query: told.query.clone(),
                variables: Some(Variables::from_json(told.variables.clone())),
                operation_name: None,
            };
            streams.push(executor.subscribe(&asked, told.viewer.clone()).unwrap());
        }
        let market = &self.history.market;
        let happens = async {
            let buyer = somebody(Asker::Buyer);
            let input = json!({ "input": review_input(&self.history.to_review, "De laatste, met foto.") });
            let answer = ask(market, &buyer, &command("submitReview", "review { id }"), input).await;
            let review = &answer["data"]["submitReview"]["review"]["id"];
            let photos = json!({ "input": { "reviewId": review, "photos": [photo()] } });
            ask(market, &buyer, &command("submitPhotos", ""), photos).await;
            let issue = json!({ "input": { "orderId": self.history.to_update, "kind": "WRONG_PRODUCT" } });
            let answer = ask(market, &buyer, &command("reportIssue", "order { id }"), issue).await;
            assert_eq!(answer["data"]["reportIssue"]["userErrors"], json!([]), "{answer}");
        };
        let first = join_all(streams.iter_mut().map(|stream| stream.next()));
        let (answers, ()) = tokio::time::timeout(NEVER, async { tokio::join!(first, happens) })
            .await
            .expect("each subscription is told something");
        for (told, answer) in told.iter().zip(answers) {
            let answer = serde_json::to_value(answer.unwrap()).unwrap();
            self.check(&answer, &told.query, &told.variables, told.taker);
            for field in &told.fields {
                let name = told.way.last().map_or("Subscription", |hop| hop.leads_to.as_str());
                self.note(told.taker, name, &told.way, field, says(&answer["data"], &told.way, field));
            }
        }
    }

    /// The cells that are not as the table has them.
    fn wrong_cells(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, readable) in &self.table.types {
            for field in &readable.fields {
                for (asker, cell) in Asker::ALL.into_iter().zip(field.cells) {
                    let at = format!("{name}.{} for {}", field.name, asker.name());
                    let unseen = UNSEEN
                        .iter()
                        .any(|(of, askers, _)| *of == format!("{name}.{}", field.name) && askers.contains(&asker));
                    let Some(tried) = self.cells.get(&(name.clone(), field.name.clone(), asker)) else {
                        wrong.push(format!("{at} is never tried: nobody in the history gets to {name}"));
                        continue;
                    };
                    if tried.answered && cell == Cell::No {
                        wrong.push(format!("{at} is told, and is not theirs to know: by {:?}", tried.by));
                    }
                    if tried.answered == unseen && cell != Cell::No {
                        let what =
                            if unseen { "is seen, and is said to be unseen" } else { "answers nothing by any way" };
                        wrong.push(format!("{at} ({}) {what}", cell.name()));
                    }
                    if let Some(by) = &tried.told_another {
                        wrong.push(format!("{at} is told to another one whose it is not: by {by}"));
                    }
                }
            }
        }
        wrong
    }

    /// The commands that had to be refused and did something.
    async fn done_anyway(&self) -> Vec<String> {
        let log = self.history.market.server.app().executor.platform().book.log();
        let events = log.read_all(None, Direction::Forwards, usize::MAX).await.unwrap();
        let by = |metadata: &[u8]| {
            let metadata: Value = serde_json::from_slice(metadata).unwrap();
            metadata["commandId"].as_str().and_then(|id| id.parse::<Uuid>().ok())
        };
        let refused: BTreeSet<Uuid> = self.refused.iter().copied().collect();
        let done = events.iter().filter(|event| by(&event.metadata).is_some_and(|id| refused.contains(&id)));
        done.map(|event| format!("{} in {}", event.event_type, event.stream)).collect()
    }
}

/// Fields asked together, or each alone.
fn batches(fields: Vec<Field>, together: bool) -> Vec<Vec<Field>> {
    if fields.is_empty() {
        Vec::new()
    } else if together {
        vec![fields]
    } else {
        fields.into_iter().map(|field| vec![field]).collect()
    }
}
