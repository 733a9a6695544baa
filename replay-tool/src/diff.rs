//! `diff [NAME…]`: the views that are being served, against the same views replayed from nothing to the same address.

use projections::Checkpoint;
use projections::data_directory::DataDirectory;
use projections::registry::ViewKind;
use projections::report::Filter;
use projections::runner::Until;
use serde_json::Value;

use crate::Outcome;
use crate::arguments::Server;
use crate::book::{self, TemporaryViews};
use crate::error::ToolError;

/// How many differing lines are shown of each report.
const SHOWN: usize = 10;

/// A served view: where it stands, its digest, and its reports as JSON lines.
struct ServedView {
    kind: ViewKind,
    reached: Checkpoint,
    digest: String,
    reports: Vec<(&'static str, String)>,
}

pub(crate) fn run(data: &DataDirectory, names: &[String], server: &Server) -> Result<Outcome, ToolError> {
    let kinds = book::kinds(names)?;
    let served = match &server.url {
        Some(url) => from_server(url, server.token.as_deref(), &kinds)?,
        None => from_directory(data, &kinds)?,
    };
    let mut replayed: Option<TemporaryViews> = None;
    let mut different = false;
    for view in &served {
        if replayed.as_ref().is_none_or(|replayed| replayed.views.address() != view.reached) {
            let until = Until {
                position: view.reached.next.0.checked_sub(1).map(event_log::Position),
                moment: Some(view.reached.moment()),
            };
            replayed = Some(book::replay(data, &kinds, until)?);
        }
        let Some(replayed) = &replayed else { continue };
        let digests = replayed.views.digests()?;
        let digest = digests
            .iter()
            .find(|(name, _)| *name == view.kind.name)
            .map(|(_, digest)| digest.to_string())
            .unwrap_or_default();
        let differences = differences(view, replayed)?;
        if digest == view.digest && differences.is_empty() {
            println!("{}: same, {}, digest {digest}", view.kind.name, book::address(view.reached));
        } else {
            different = true;
            println!(
                "{}: DIFFERENT, {}: served {}, replayed {digest}",
                view.kind.name,
                book::address(view.reached),
                view.digest
            );
            differences.iter().for_each(|line| println!("{line}"));
        }
    }
    Ok(if different { Outcome::Found } else { Outcome::Good })
}

/// The lines that only one side has: `-` served, `+` replayed.
fn differences(view: &ServedView, replayed: &TemporaryViews) -> Result<Vec<String>, ToolError> {
    let mut lines = Vec::new();
    for (name, served) in &view.reports {
        let replayed = replayed.views.report(name, &Filter::default())?.json_lines();
        if *served == replayed {
            continue;
        }
        let [old, new] =
            [served.as_str(), replayed.as_str()].map(|text| text.lines().collect::<std::collections::BTreeSet<_>>());
        let only = |sign: &'static str, a: &std::collections::BTreeSet<&str>, b: &std::collections::BTreeSet<&str>| {
            a.difference(b).map(|line| format!("  {name} {sign} {line}")).collect::<Vec<_>>()
        };
        let all = [only("-", &old, &new), only("+", &new, &old)].concat();
        let more = all.len().saturating_sub(SHOWN);
        lines.extend(all.into_iter().take(SHOWN));
        if more > 0 {
            lines.push(format!("  {name}: and {more} lines more"));
        }
    }
    Ok(lines)
}

fn from_directory(data: &DataDirectory, kinds: &[ViewKind]) -> Result<Vec<ServedView>, ToolError> {
    let Some(views) = book::served(data)? else {
        let message = "a server has these views open; name it with --url, and an auditor's token with --token";
        return Err(ToolError::Usage(message.to_owned()));
    };
    let mut served = Vec::new();
    for view in views.iter().filter(|view| kinds.iter().any(|kind| kind.name == view.kind().name)) {
        let kind = view.kind();
        let report =
            |name: &&'static str| Ok((*name, kind.report(view.rows(), name, &Filter::default())?.json_lines()));
        let reports = kind.reports.iter().map(report).collect::<Result<_, ToolError>>()?;
        served.push(ServedView {
            kind,
            reached: view.reached(),
            digest: view.kind().digest(view.rows())?.to_string(),
            reports,
        });
    }
    Ok(served)
}

fn from_server(url: &str, token: Option<&str>, kinds: &[ViewKind]) -> Result<Vec<ServedView>, ToolError> {
    let Some(token) = token else {
        return Err(ToolError::Usage(
            "--url needs an auditor's token: --token, from `marktboek token --role auditor --subject NAME`".to_owned(),
        ));
    };
    kinds.iter().map(|kind| ask(url, token, *kind)).collect()
}

/// `GET /views/<name>` gives `{"next", "momentMicros", "digest", "reports": {name: JSON lines}}`.
fn ask(url: &str, token: &str, kind: ViewKind) -> Result<ServedView, ToolError> {
    let url = format!("{}/views/{}", url.trim_end_matches('/'), kind.name);
    let wrong = |message: String| ToolError::Server { url: url.clone(), message };
    let answer = ureq::get(&url).header("authorization", format!("Bearer {token}")).call();
    let body = answer
        .and_then(|mut answer| answer.body_mut().with_config().limit(u64::MAX).read_to_string())
        .map_err(|error| wrong(error.to_string()))?;
    let body: Value = serde_json::from_str(&body).map_err(|error| wrong(error.to_string()))?;
    let missing =
        |member: &str| wrong(format!("the answer has no {member}; is it a Marktboek server of this version?"));
    let next = body["next"].as_u64().ok_or_else(|| missing("next"))?;
    let moment_micros = body["momentMicros"].as_i64().ok_or_else(|| missing("momentMicros"))?;
    let digest = body["digest"].as_str().ok_or_else(|| missing("digest"))?.to_owned();
    let report = |name: &&'static str| {
        Ok((*name, body["reports"][*name].as_str().ok_or_else(|| missing("reports"))?.to_owned()))
    };
    let reports = kind.reports.iter().map(report).collect::<Result<_, ToolError>>()?;
    Ok(ServedView { kind, reached: Checkpoint { next: event_log::Position(next), moment_micros }, digest, reports })
}
