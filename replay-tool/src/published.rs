//! `dsa --period P --published`: what was published of six months, regenerated from the book as of the position of each
//! publication: one number, one digest, or what differs (R-5-05). And `--text`: what the website says of one.

use chrono::SecondsFormat;
use domain::Event;
use domain::calendar::SixMonths;
use domain::dsa_figure::{DsaFigure, DsaFigureEvent, FigureWording};
use domain::ids::DsaPublicationId;
use event_log::{Direction, EventLog, Position, Recorded, StreamName};
use projections::active_recipients::Average;
use projections::dsa_figures::PublicationRow;
use projections::publication_check::{difference, read_at};
use projections::runner::Until;
use projections::view::{Happened, instant, kind_of};
use projections::website_text::website_text;
use projections::written::WrittenLanguage;
use serde_json::{Value, json};

use crate::Outcome;
use crate::book::{self, Data};
use crate::dsa;
use crate::error::ToolError;
use crate::output::say;

/// Regenerates all publications of a period, or the one that is named, and compares.
pub(crate) fn check(
    data: &Data,
    period: SixMonths,
    wanted: Option<DsaPublicationId>,
    as_json: bool,
) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let all = Publications::read(log.as_ref(), period)?;
    let wanted = match wanted {
        Some(id) => vec![all.named(id)?],
        None => {
            all.latest()?;
            all.rows.iter().collect()
        }
    };
    let checked = wanted.into_iter().map(|row| Checked::of(log.as_ref(), row)).collect::<Result<Vec<_>, _>>()?;
    if as_json {
        let publications: Vec<_> = checked.iter().map(Checked::json).collect();
        say!("{:#}", json!({ "period": period.to_string(), "publications": publications }));
    } else {
        say!("Published average monthly active recipients in the Union, {period}, regenerated from the book");
        for checked in &checked {
            say!();
            checked.print();
        }
    }
    Ok(if checked.iter().all(|checked| checked.difference.is_none()) { Outcome::Good } else { Outcome::Found })
}

/// Prints what the website says of the publication that is named, or of the period's latest.
pub(crate) fn text(
    data: &Data,
    period: SixMonths,
    wanted: Option<DsaPublicationId>,
    language: WrittenLanguage,
) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let all = Publications::read(log.as_ref(), period)?;
    let row = match wanted {
        Some(id) => all.named(id)?,
        None => all.latest()?,
    };
    let corrected = row.published.correction.as_ref().map(|correction| all.named(correction.corrects)).transpose()?;
    say!("{}", website_text(row, corrected, language).trim_end());
    Ok(Outcome::Good)
}

/// What was published of six months, in order.
struct Publications {
    period: SixMonths,
    rows: Vec<PublicationRow>,
}

impl Publications {
    fn read(log: &dyn EventLog, period: SixMonths) -> Result<Self, ToolError> {
        let stream = StreamName::new(DsaFigure::stream_of(period))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(ToolError::io("starting"))?;
        // A publication is a decision of a person: however many there are, they fit into memory.
        let records = runtime.block_on(log.read_stream(&stream, None, Direction::Forwards, usize::MAX))?;
        let rows = records.iter().map(publication).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { period, rows: rows.into_iter().flatten().collect() })
    }

    fn latest(&self) -> Result<&PublicationRow, ToolError> {
        let none = || {
            ToolError::Usage(format!("nothing has been published of {}; publishDsaFigure publishes it", self.period))
        };
        self.rows.last().ok_or_else(none)
    }

    fn named(&self, id: DsaPublicationId) -> Result<&PublicationRow, ToolError> {
        self.rows.iter().find(|row| row.published.publication == id).ok_or_else(|| {
            let all: Vec<_> = self.rows.iter().map(|row| row.published.publication.to_string()).collect();
            let there = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
            ToolError::Usage(format!("there is no publication {id} of {}; there is {there}", self.period))
        })
    }
}

/// A record of the stream; nothing where somebody put another event there.
fn publication(record: &Recorded) -> Result<Option<PublicationRow>, ToolError> {
    let happened = Happened::read(kind_of(record)?, record)?;
    let (at, event_position) = (happened.micros(), happened.position.0);
    let Event::DsaFigure(DsaFigureEvent::DsaFigurePublished(published)) = happened.event else { return Ok(None) };
    Ok(Some(PublicationRow { published, at, event_position, corrected_by: None }))
}

/// A publication, and what the book says as of its position.
struct Checked<'a> {
    row: &'a PublicationRow,
    regenerated: Average,
    difference: Option<String>,
}

impl<'a> Checked<'a> {
    fn of(log: &dyn EventLog, row: &'a PublicationRow) -> Result<Self, ToolError> {
        let published = &row.published;
        let until = Until { position: Some(Position(published.position)), moment: None };
        let (regenerated, reached) = book::regenerate(log, published.period, until)?;
        let difference = difference(published, &regenerated, reached);
        Ok(Self { row, regenerated, difference })
    }

    fn print(&self) {
        let PublicationRow { published, at, event_position, .. } = self.row;
        let mean = |numerator, denominator| format!("{numerator}/{denominator}");
        say!("publication  {}, by the event at position {event_position}", published.publication);
        say!("published    {}", instant(*at).to_rfc3339_opts(SecondsFormat::AutoSi, true));
        if let Some(correction) = &published.correction {
            say!("corrects     {}: {}", correction.corrects, correction.reason);
        }
        say!(
            "figure       {}, said as {}",
            mean(published.numerator, published.denominator),
            wording(published.wording)
        );
        say!("address      {}", read_at(published));
        say!("digest       {}", published.digest);
        match &self.difference {
            None => say!("regenerated  the same: {}", dsa::mean(&self.regenerated)),
            Some(difference) => say!("regenerated  differs: {difference}"),
        }
    }

    fn json(&self) -> Value {
        let PublicationRow { published, at, event_position, .. } = self.row;
        let correction = published.correction.as_ref();
        json!({
            "publication": published.publication,
            "publishedAt": instant(*at).to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "eventPosition": event_position,
            "wording": wording(published.wording),
            "method": published.method,
            "averageNumerator": published.numerator,
            "averageDenominator": published.denominator,
            "belowThreshold": published.below_threshold,
            "position": published.position,
            "asOf": published.as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "digest": published.digest,
            "corrects": correction.map(|correction| correction.corrects),
            "reason": correction.map(|correction| &correction.reason),
            "regenerated": dsa::json(published.period, &self.regenerated, read_at(published)),
            "difference": self.difference,
        })
    }
}

const fn wording(wording: FigureWording) -> &'static str {
    match wording {
        FigureWording::Exact => "EXACT",
        FigureWording::BelowThreshold => "BELOW_THRESHOLD",
    }
}
