//! Active recipients by month and Member State, and the figure that is published of them (DSA art. 24(2); R-5-01 to R-5-04).

mod average;
mod count;
mod fraction;
mod month;
mod regenerate;
mod standing;
mod view;

pub use average::{Average, by_role};
pub use count::{Counter, Counts};
pub use fraction::Fraction;
pub use month::MonthRow;
pub use regenerate::regenerate;
pub use view::{ActiveRecipients, ActiveRecipientsReader, Counted, counts_in};
