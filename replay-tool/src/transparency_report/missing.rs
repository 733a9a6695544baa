//! Which values of a part are not there, and why.

use projections::transparency::{Cell, Part, Why};

/// Values of one indicator that are not there for one reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// The template's sheet.
    pub(super) sheet: &'static str,
    /// The indicator, in the template's words.
    pub(super) indicator: String,
    /// Why they are not there.
    pub(super) why: Why,
    /// How many they are.
    pub(super) empty: usize,
    /// How many values the indicator has, those that are there among them.
    pub(super) of: usize,
}

/// Those of a part, in the order in which they come.
pub(super) fn of(part: &Part) -> Vec<Missing> {
    let values = part.rows.iter().flat_map(|row| row.iter().enumerate().map(move |(at, cell)| (row, at, cell)));
    let values = values.filter(|(_, _, cell)| is_value(cell));
    let values: Vec<(String, &Cell)> = values.map(|(row, at, cell)| (indicator(part, row, at), cell)).collect();
    let mut found: Vec<Missing> = Vec::new();
    for (indicator, cell) in &values {
        let Cell::Unknown(why) = **cell else { continue };
        match found.iter_mut().find(|missing| missing.why == why && missing.indicator == *indicator) {
            Some(missing) => missing.empty += 1,
            None => {
                let of = values.iter().filter(|(other, _)| other == indicator).count();
                found.push(Missing { sheet: part.sheet, indicator: indicator.clone(), why, empty: 1, of });
            }
        }
    }
    found
}

const fn is_value(cell: &Cell) -> bool {
    match cell {
        Cell::Unknown(_) | Cell::Count(_) | Cell::Decimal(_) => true,
        Cell::Empty | Cell::Text(_) => false,
    }
}

/// What a value is of: its column, or where all values are in one column what the row says.
fn indicator(part: &Part, row: &[Cell], at: usize) -> String {
    let named = part.columns.iter().position(|column| *column == "Indicator");
    named.map_or_else(|| part.columns[at].trim().to_owned(), |named| row[named].printed().trim().to_owned())
}
