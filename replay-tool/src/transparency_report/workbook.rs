//! The report as a workbook: a sheet for each part, with the template's own name and columns, and the cells of its CSV file.
//!
//! Numbers are numbers, with every digit, so that they can be added up; all else is text and nothing is a formula. The same
//! report gives the same bytes: the workbook is dated by the report's moment, and says its address and digest.

use projections::transparency::{Cell, Part, TransparencyReport};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// How wide a column is at least and at most, in characters: longer texts go on in the line below.
const WIDTHS: (usize, usize) = (12, 60);

/// The workbook's bytes.
pub(super) fn of(report: &TransparencyReport) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(report)?);
    let formats = Formats::new();
    for part in &report.parts {
        fill(workbook.add_worksheet(), part, &formats)?;
    }
    workbook.save_to_buffer()
}

fn properties(report: &TransparencyReport) -> Result<DocProperties, XlsxError> {
    let (address, policies, digest) = (report.reached, report.policy_version, report.digest());
    let made = ExcelDateTime::from_timestamp(report.reached.moment().timestamp())?;
    Ok(DocProperties::new()
        .set_title(format!("DSA transparency report, {}", report.period))
        .set_comment(format!("{address}; policies version {policies}; digest {digest}"))
        .set_creation_datetime(&made))
}

/// How cells look.
struct Formats {
    heading: Format,
    text: Format,
    decimal: Format,
}

impl Formats {
    fn new() -> Self {
        let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let decimal = Format::new().set_num_format("0.00").set_align(FormatAlign::Top);
        Self { heading: text.clone().set_bold(), text, decimal }
    }
}

fn fill(sheet: &mut Worksheet, part: &Part, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(part.sheet)?;
    sheet.set_freeze_panes(1, 0)?;
    for (at, heading) in (0..).zip(part.columns) {
        sheet.write_string_with_format(0, at, *heading, &formats.heading)?;
    }
    for (row, cells) in (1..).zip(&part.rows) {
        for (at, cell) in (0..).zip(cells) {
            write(sheet, (row, at), cell, formats)?;
        }
    }
    for (column, at) in (0..).zip(0..part.columns.len()) {
        let longest = part.rows.iter().map(|cells| cells[at].printed().chars().count()).max();
        // A width fits in any number of bits.
        let width = longest.unwrap_or_default().clamp(WIDTHS.0, WIDTHS.1) as u32;
        sheet.set_column_width(column, width)?;
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, (row, at): (u32, u16), cell: &Cell, formats: &Formats) -> Result<(), XlsxError> {
    let printed = cell.printed();
    let format = match cell {
        Cell::Empty | Cell::Unknown(_) => return Ok(()),
        Cell::Count(_) | Cell::Text(_) => &formats.text,
        Cell::Decimal(_) => &formats.decimal,
    };
    let number = match cell {
        Cell::Count(_) | Cell::Decimal(_) => exact(&printed),
        Cell::Empty | Cell::Unknown(_) | Cell::Text(_) => None,
    };
    match number {
        Some(number) => sheet.write_number_with_format(row, at, number, format)?,
        None => sheet.write_string_with_format(row, at, printed, format)?,
    };
    Ok(())
}

/// A printed number as a spreadsheet keeps one; nothing where that would lose a digit.
fn exact(printed: &str) -> Option<f64> {
    let number: f64 = printed.parse().ok()?;
    let digits = if printed.contains('.') { printed.trim_end_matches('0').trim_end_matches('.') } else { printed };
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_01_a_number_stays_a_number_only_while_no_digit_of_it_is_lost() {
        for printed in ["0", "14", "9007199254740992", "0.00", "0.10", "12.34", "2.50", "4503599627370.25"] {
            assert!(exact(printed).is_some(), "{printed}");
        }
        for printed in ["9007199254740993", "18446744073709551615", "90071992547409.93000000000000001"] {
            assert_eq!(exact(printed), None, "{printed}");
        }
    }
}
