//! What can go wrong, and with which exit code.

use std::path::{Path, PathBuf};

use event_log::merkle::HeadError;
use event_log::{LogError, Position};
use fixtures::FixtureError;
use projections::ViewError;
use rust_xlsxwriter::XlsxError;

/// Everything that ends the program early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    #[error("{doing}: {source}")]
    Io { doing: String, source: std::io::Error },
    #[error("position {position} of the source can't be copied: {source}; {then}")]
    Uncopied { position: Position, source: LogError, then: &'static str },
    #[error("{}: {source}", file.display())]
    Head { file: PathBuf, source: HeadError },
    #[error("making the workbook: {0}")]
    Workbook(#[from] XlsxError),
    #[error("asking {url}: {message}")]
    Server { url: String, message: String },
}

impl ToolError {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// That the head in a file is none, or is not signed by whom it should be.
    pub(crate) fn head(file: &Path) -> impl FnOnce(HeadError) -> Self {
        move |source| Self::Head { file: file.to_owned(), source }
    }

    /// 1 when the book, a view or a head is damaged, 2 when the program was used wrongly or could not work.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Head { .. }
            | Self::Log(LogError::Damaged { .. })
            | Self::View(ViewError::Log(LogError::Damaged { .. }) | ViewError::Event { .. }) => 1,
            Self::Usage(_)
            | Self::Log(_)
            | Self::View(_)
            | Self::Fixture(_)
            | Self::Io { .. }
            | Self::Uncopied { .. }
            | Self::Workbook(_)
            | Self::Server { .. } => 2,
        }
    }
}
