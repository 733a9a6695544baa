//! A view as a table, for people and for other programs: canonical JSON lines or CSV.

use std::fmt::Write as _;

use serde_json::Value;

/// Which rows of a report are wanted. What is not set selects all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this category only.
    pub category: Option<String>,
    /// Of this subcategory only.
    pub subcategory: Option<String>,
    /// Of this product only.
    pub product: Option<uuid::Uuid>,
    /// Of this review only.
    pub review: Option<uuid::Uuid>,
    /// Due before this moment only; where nothing is said, the view's own moment and so many days ahead as it shows.
    pub due_before: Option<chrono::DateTime<chrono::Utc>>,
}

/// A table. Its columns and the order of its rows never depend on how the view was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The columns' names.
    pub columns: &'static [&'static str],
    /// The rows: texts, whole numbers or nothing.
    pub rows: Vec<Vec<Value>>,
}

impl Report {
    /// A table without rows.
    #[must_use]
    pub const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// As CSV (RFC 4180), with a header and `\n` line ends.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut out = self.columns.join(",");
        out.push('\n');
        for row in &self.rows {
            let fields: Vec<String> = row.iter().map(field).collect();
            out.push_str(&fields.join(","));
            out.push('\n');
        }
        out
    }

    /// As JSON, one object a line, its members in the order of the columns.
    #[must_use]
    pub fn json_lines(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let members: Vec<String> = self
                .columns
                .iter()
                .zip(row)
                .map(|(column, value)| format!("{}:{value}", Value::from(*column)))
                .collect();
            // Writing to a String can't fail.
            let _ = writeln!(out, "{{{}}}", members.join(","));
        }
        out
    }
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A value for a report's cell.
#[allow(clippy::needless_pass_by_value, reason = "callers hand over what they just read")]
pub(crate) fn cell(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

/// An instant for a report's cell.
pub(crate) fn moment(micros: i64) -> Value {
    Value::String(crate::view::instant(micros).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// An instant that may be missing.
pub(crate) fn maybe_moment(micros: Option<i64>) -> Value {
    micros.map_or(Value::Null, moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_json_quote_what_needs_it() {
        let report = Report {
            columns: &["a", "b"],
            rows: vec![vec![cell("x,\"y\""), Value::Null], vec![Value::from(7), cell("z")]],
        };
        assert_eq!(report.csv(), "a,b\n\"x,\"\"y\"\"\",\n7,z\n");
        assert_eq!(report.json_lines(), "{\"a\":\"x,\\\"y\\\"\",\"b\":null}\n{\"a\":7,\"b\":\"z\"}\n");
    }
}
