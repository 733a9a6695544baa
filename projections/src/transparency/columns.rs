//! The template's columns (Implementing Regulation (EU) 2024/2835, annex I), to the letter: a blank at a name's end is
//! the Commission's. `tests/transparency/compare_with_template.py` compares them with its files.

/// Part 1.
pub(super) const IDENTIFICATION: &[&str] = &["Applicability", "Service", "Indicator", "Value"];

/// Part 2.
pub(super) const CATEGORIES: &[&str] = &[
    "Category label",
    "Category description",
    "Category of illegal content / incompatible with the terms and conditions",
    "Contextual information",
];

/// Part 3.
pub(super) const ORDERS: &[&str] = &[
    "Applicability",
    "Service",
    "Reporting period",
    "Category of illegal content",
    "Description of the sub-category \"Other\"",
    "Scope",
    "Number of orders to act against illegal content received",
    "Number of specific items of information included in the total number of orders to act against illegal content",
    "Median time to inform the authority of the receipt of the order to act against illegal content",
    "Median time to give effect to the order to act against illegal content",
    "Number of orders to provide information",
    "Median time to inform the authority of the receipt of the order to provide information",
    "Median time to give effect to the order to provide information",
    "Contextual information on number of orders to act against illegal content received",
    "Contextual information on number of specific items of information included in the total number of orders to act against illegal content",
    "Contextual information on Median time to inform the authority of the receipt of the order to act against illegal content",
    "Contextual information on Median time to give effect to the order to act against illegal content",
    "Contextual information on Number of orders to provide information",
    "Contextual information on Median time to inform the authority of the receipt of the order to provide information",
    "Contextual information on Median time to give effect to the order to provide information",
];

/// Part 4.
pub(super) const NOTICES: &[&str] = &[
    "Applicability",
    "Service",
    "Reporting period",
    "Category of illegal content",
    "Description of the sub-category \"Other\"",
    "Number of notices received ",
    "Number of notices received from Trusted flaggers",
    "Number of specific items of information included in the total number of notices",
    "Number of specific items of information included in the total number of notices by Trusted Flaggers (Trusted Flagger notices)",
    "Median time to take action",
    "Median time to take action (Trusted Flagger notices)",
    "Number of actions taken on the basis of the law",
    "Number of actions taken on the basis of the law (Trusted Flagger notices)",
    "Number of actions taken on the basis of the terms and conditions of the service",
    "Number of actions taken on the basis of the terms and conditions of the service (Trusted Flagger notices)",
    "Contextual information on Number of notices received ",
    "Contextual information on Number of notices received from Trusted flaggers",
    "Contextual information on Number of specific items of information included in the total number of notices",
    "Contextual information on Number of specific items of information included in the total number of notices by Trusted Flaggers (Trusted Flagger notices)",
    "Contextual information on Median time to take action",
    "Contextual information on Median time to take action (Trusted Flagger notices)",
    "Contextual information on Number of actions taken on the basis of the law",
    "Contextual information on Number of actions taken on the basis of the law (Trusted Flagger notices)",
    "Contextual information on Number of actions taken on the basis of the terms and conditions of the service",
    "Contextual information on Number of actions taken on the basis of the terms and conditions of the service (Trusted Flagger notices)",
];

/// The columns of parts 5 and 6, which differ in what the category is of.
macro_rules! own_initiative {
    ($category:literal) => {
        &[
            "Applicability",
            "Service",
            "Reporting period",
            $category,
            "Description of the sub-category \"Other\"",
            "Number of measures taken at the provider's own initiative ",
            "Number of measures taken after detection with solely automated means ",
            "Visibility restriction Removal",
            "Visibility restriction Disable",
            "Visibility restriction Demoted",
            "Visibility restriction Age restricted",
            "Visibility restriction Interaction restricted",
            "Visibility restriction Labelled ",
            "Visibility restriction Other",
            "Monetary restriction Suspension",
            "Monetary restriction Termination",
            "Monetary restriction Other",
            "Provision of the service Suspension",
            "Provision of the service Termination",
            "Account restriction Suspension",
            "Account restriction Termination",
            "Contextual Information on Number of measures taken at the provider's own initiative ",
            "Contextual Information on Number of measures taken after detection with solely automated means ",
            "Contextual Information on Visibility restriction Removal",
            "Contextual Information on Visibility restriction Disable",
            "Contextual Information on Visibility restriction Demoted",
            "Contextual Information on Visibility restriction Age restricted",
            "Contextual Information on Visibility restriction Interaction restricted",
            "Contextual Information on Visibility restriction Labelled ",
            "Contextual Information on Visibility restriction Other",
            "Contextual Information on Monetary restriction Suspension",
            "Contextual Information on Monetary restriction Termination",
            "Contextual Information on Monetary restriction Other",
            "Contextual Information on Provision of the service Suspension",
            "Contextual Information on Provision of the service Termination",
            "Contextual Information on Account restriction Suspension",
            "Contextual Information on Account restriction Termination",
        ]
    };
}

/// Part 5.
pub(super) const OWN_INITIATIVE_BY_LAW: &[&str] = own_initiative!("Category of illegal content");

/// Part 6.
pub(super) const OWN_INITIATIVE_BY_TERMS: &[&str] =
    own_initiative!("Category of incompatibility with the provider's terms and conditions");

/// Parts 7 and 8.
pub(super) const INDICATORS: &[&str] = &[
    "Applicability",
    "Service",
    "Reporting period",
    "Section",
    "Indicator",
    "Scope",
    "Value",
    "Contextual Information",
];

/// Part 9.
pub(super) const HUMAN_RESOURCES: &[&str] = &[
    "Applicability",
    "Service",
    "Reporting period",
    "Section",
    "Indicator",
    "Scope",
    "Value",
    "Contextual information",
];

/// Part 10.
pub(super) const ACTIVE_RECIPIENTS: &[&str] =
    &["Applicability", "Service", "Reporting period", "Section", "Indicator", "Scope", "Value"];

/// Part 11.
pub(super) const QUALITATIVE: &[&str] = &["Applicability", "Service", "Reporting period", "Indicator", "Value"];
