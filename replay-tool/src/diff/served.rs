//! The views that are being served, against the same views replayed from nothing to the same address.
//!
//! Digests are compared first, for they are short; where they differ, the lines of the reports say in what.

use event_log::Position;
use projections::Checkpoint;
use projections::registry::{Running, ViewKind};
use projections::report::Filter;
use projections::runner::Until;
use serde_json::Value;

use super::part::differences;
use crate::Outcome;
use crate::arguments::Server;
use crate::book::Data;
use crate::book::{self, TemporaryViews};
use crate::error::ToolError;
use crate::output::say;

pub(super) fn run(data: &Data, kinds: &[ViewKind], server: &Server) -> Result<Outcome, ToolError> {
    let served = Served::of(data, server)?;
    let mut replays = Replays { data, kinds, last: None };
    let mut outcome = Outcome::Good;
    for (kind, reached, digest) in served.standings(kinds)? {
        let replayed = kind.digest(replays.at(reached)?.views.rows(kind)?)?.to_string();
        if replayed == digest {
            say!("{}: same, {reached}, digest {digest}", kind.name);
            continue;
        }
        outcome = Outcome::Found;
        say!("{}: DIFFERENT, {reached}: served {digest}, replayed {replayed}", kind.name);
        let (reached, reports) = served.reports(kind)?;
        let replayed = replays.at(reached)?;
        for (name, served) in reports {
            let replayed = replayed.views.report(name, &Filter::default())?.json_lines();
            differences(name, &served, &replayed).iter().for_each(|line| say!("{line}"));
        }
    }
    Ok(outcome)
}

/// Views replayed from nothing; again only when another address is wanted.
struct Replays<'a> {
    data: &'a Data,
    kinds: &'a [ViewKind],
    last: Option<TemporaryViews>,
}

impl Replays<'_> {
    fn at(&mut self, address: Checkpoint) -> Result<&TemporaryViews, ToolError> {
        let fitting = self.last.take().filter(|replayed| replayed.views.address() == address);
        let replayed = match fitting {
            Some(replayed) => replayed,
            None => {
                let position = address.next.0.checked_sub(1).map(Position);
                book::replay_from_nothing(self.data, self.kinds, Until { position, moment: Some(address.moment()) })?
            }
        };
        Ok(self.last.insert(replayed))
    }
}

/// Who serves the views.
enum Served<'a> {
    /// Nobody now: they lie in the data directory.
    Directory(Vec<Box<dyn Running>>),
    /// A server, asked with an auditor's token.
    Server { url: &'a str, token: &'a str },
}

type Reports = Vec<(&'static str, String)>;

impl<'a> Served<'a> {
    fn of(data: &Data, server: &'a Server) -> Result<Self, ToolError> {
        match (&server.url, &server.token) {
            (Some(url), Some(token)) => Ok(Self::Server { url, token }),
            (Some(_), None) => {
                let message =
                    "--url needs an auditor's token: --token, from `marktboek token --role auditor --subject NAME`";
                Err(ToolError::Usage(message.to_owned()))
            }
            (None, _) => book::served(data)?.map(Self::Directory).ok_or_else(|| {
                let message = "a server has these views open; name it with --url, and an auditor's token with --token";
                ToolError::Usage(message.to_owned())
            }),
        }
    }

    /// Where each view stands, and its digest.
    fn standings(&self, kinds: &[ViewKind]) -> Result<Vec<(ViewKind, Checkpoint, String)>, ToolError> {
        match self {
            Self::Directory(views) => kinds
                .iter()
                .filter_map(|kind| views.iter().find(|view| view.kind().name == kind.name))
                .map(|view| Ok((view.kind(), view.reached(), view.kind().digest(view.rows())?.to_string())))
                .collect(),
            Self::Server { url, token } => {
                let answer = Answer::of(format!("{}/views", url.trim_end_matches('/')), token)?;
                let reached = answer.reached()?;
                let digest = |kind: &ViewKind| Ok((*kind, reached, answer.text(&["digests", kind.name])?));
                kinds.iter().map(digest).collect()
            }
        }
    }

    /// A view's reports as JSON lines, and where it stands now.
    fn reports(&self, kind: ViewKind) -> Result<(Checkpoint, Reports), ToolError> {
        match self {
            Self::Directory(views) => {
                let Some(view) = views.iter().find(|view| view.kind().name == kind.name) else {
                    return Ok((Checkpoint::default(), Vec::new()));
                };
                let report =
                    |name: &&'static str| Ok((*name, kind.report(view.rows(), name, &Filter::default())?.json_lines()));
                Ok((view.reached(), kind.reports.iter().map(report).collect::<Result<_, ToolError>>()?))
            }
            Self::Server { url, token } => {
                let answer = Answer::of(format!("{}/views/{}", url.trim_end_matches('/'), kind.name), token)?;
                let report = |name: &&'static str| Ok((*name, answer.text(&["reports", name])?));
                Ok((answer.reached()?, kind.reports.iter().map(report).collect::<Result<_, ToolError>>()?))
            }
        }
    }
}

/// What a server answered.
struct Answer {
    url: String,
    body: Value,
}

impl Answer {
    fn of(url: String, token: &str) -> Result<Self, ToolError> {
        let answer = ureq::get(&url).header("authorization", format!("Bearer {token}")).call();
        let text = answer.and_then(|mut answer| answer.body_mut().with_config().limit(u64::MAX).read_to_string());
        let body = text.map_err(|error| error.to_string()).and_then(|text| {
            let body: serde_json::Result<Value> = serde_json::from_str(&text);
            body.map_err(|error| error.to_string())
        });
        match body {
            Ok(body) => Ok(Self { url, body }),
            Err(message) => Err(ToolError::Server { url, message }),
        }
    }

    fn missing(&self, member: &str) -> ToolError {
        let message = format!("the answer has no {member}; is it a Marktboek server of this version?");
        ToolError::Server { url: self.url.clone(), message }
    }

    fn reached(&self) -> Result<Checkpoint, ToolError> {
        let next = self.body["next"].as_u64().ok_or_else(|| self.missing("next"))?;
        let moment_micros = self.body["momentMicros"].as_i64().ok_or_else(|| self.missing("momentMicros"))?;
        Ok(Checkpoint { next: Position(next), moment_micros })
    }

    fn text(&self, path: &[&str]) -> Result<String, ToolError> {
        let found = path.iter().fold(&self.body, |value, member| &value[*member]);
        found.as_str().map(str::to_owned).ok_or_else(|| self.missing(&path.join(".")))
    }
}
