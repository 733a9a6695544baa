//! Active recipients by month and Member State, and the figure that is published of them (DSA art. 24(2); R-5-01 to R-5-04).

mod average;
mod fraction;
mod month;
mod regenerate;
mod standing;
mod view;

pub use average::{Average, by_role};
pub use fraction::Fraction;
pub use month::MonthRow;
pub use regenerate::regenerate;
pub use view::{ActiveRecipients, ActiveRecipientsReader, counts_in};
