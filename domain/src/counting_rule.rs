//! Which visits count (R-5-04): as active recipients count those who engaged with the service by being shown what it hosts,
//! or by having it host something (Regulation (EU) 2022/2065, art. 3(p) and recital 77).
//!
//! | visit | rule 1 | rule 2 |
//! | --- | --- | --- |
//! | by a program, as it says itself or as its behaviour tells | a bot, by the edge server's own word | a bot |
//! | by the operator's own monitoring | not told apart | a bot |
//! | content shown within another service: a search result, a price comparison, a link's preview | not told apart | incidental |
//! | a page opened by a link and left within ten seconds | incidental, by the edge server's own word | counts: whoever was shown a page was exposed to it |
//! | any other | counts | counts |
//!
//! What does not count is counted apart. Rule 1 was in force before version 2 of [`crate::activity::RecipientsSeen`]; what
//! was decided by it stays decided. A change of the rule is a new version here, and the event says by which it was decided.

use serde::{Deserialize, Serialize};

/// The rule by which visits are decided now.
pub const COUNTING_RULE: u32 = 2;

/// What kind of program made a visit, as the edge server tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserAgentClass {
    /// A browser that somebody uses.
    Browser,
    /// An app of the operator's.
    App,
    /// A program that says so: a crawler, a preview, a feed's reader.
    DeclaredBot,
    /// A program that its behaviour gives away.
    SuspectedBot,
    /// The operator's own monitoring and its staff's tests.
    Monitor,
}

/// Where somebody was shown what the service hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Exposure {
    /// On the service: its pages, its apps, a client of its interface.
    Service,
    /// Within another one, which links to it or indexes it (recital 77: incidental use).
    Elsewhere,
}

/// What a visit counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountsAs {
    /// An active recipient's.
    Engaged,
    /// A program's.
    Bot,
    /// Incidental use.
    Incidental,
}

/// What a visit counts as, by [`COUNTING_RULE`].
#[must_use]
pub fn counts_as(user_agent: UserAgentClass, exposure: Exposure) -> CountsAs {
    match (user_agent, exposure) {
        (UserAgentClass::DeclaredBot | UserAgentClass::SuspectedBot | UserAgentClass::Monitor, _) => CountsAs::Bot,
        (UserAgentClass::Browser | UserAgentClass::App, Exposure::Elsewhere) => CountsAs::Incidental,
        (UserAgentClass::Browser | UserAgentClass::App, Exposure::Service) => CountsAs::Engaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_5_04_programs_and_what_others_show_do_not_count() {
        use UserAgentClass::{App, Browser, DeclaredBot, Monitor, SuspectedBot};
        for (user_agent, exposure, expected) in [
            (Browser, Exposure::Service, CountsAs::Engaged),
            (App, Exposure::Service, CountsAs::Engaged),
            (Browser, Exposure::Elsewhere, CountsAs::Incidental),
            (App, Exposure::Elsewhere, CountsAs::Incidental),
            (DeclaredBot, Exposure::Service, CountsAs::Bot),
            (SuspectedBot, Exposure::Service, CountsAs::Bot),
            (Monitor, Exposure::Service, CountsAs::Bot),
            (DeclaredBot, Exposure::Elsewhere, CountsAs::Bot),
        ] {
            assert_eq!(counts_as(user_agent, exposure), expected, "{user_agent:?} {exposure:?}");
        }
    }
}
