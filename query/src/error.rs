//! Why a text is no query: where, what, and what to do about it.

use std::ops::Range;

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The kind of mistake, stable for scripts.
    pub code: QueryErrorCode,
    /// What is wrong, in plain words.
    pub message: String,
    /// Where in the query: start and end in code points, counted from 0. Empty where something is missing.
    pub span: Range<usize>,
    /// What to write instead, if that can be said.
    pub hint: Option<String>,
}

/// The kinds of mistakes in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryErrorCode {
    /// The text is longer than a query may be.
    TooLong,
    /// Parentheses are nested too deeply.
    TooDeep,
    /// The query has too many terms.
    TooManyTerms,
    /// No field has this name.
    UnknownField,
    /// Nothing stands behind `field:`.
    MissingValue,
    /// An operator or a pair of parentheses has nothing to work on.
    MissingTerm,
    /// A parenthesis without its other half.
    Unbalanced,
    /// A quotation mark without its other half.
    UnclosedQuote,
    /// A character that cannot stand there.
    UnexpectedCharacter,
    /// A range that cannot be read, or that holds nothing.
    BadRange,
    /// A value that the field cannot have.
    BadValue,
    /// A comparison that the field does not know.
    WrongKind,
    /// A text without letters or digits to look for.
    NoWords,
}

impl QueryErrorCode {
    /// Every code.
    pub const ALL: [Self; 13] = [
        Self::TooLong,
        Self::TooDeep,
        Self::TooManyTerms,
        Self::UnknownField,
        Self::MissingValue,
        Self::MissingTerm,
        Self::Unbalanced,
        Self::UnclosedQuote,
        Self::UnexpectedCharacter,
        Self::BadRange,
        Self::BadValue,
        Self::WrongKind,
        Self::NoWords,
    ];

    /// The name that scripts see.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "query_too_long",
            Self::TooDeep => "query_too_deep",
            Self::TooManyTerms => "query_too_many_terms",
            Self::UnknownField => "query_unknown_field",
            Self::MissingValue => "query_missing_value",
            Self::MissingTerm => "query_missing_term",
            Self::Unbalanced => "query_unbalanced",
            Self::UnclosedQuote => "query_unclosed_quote",
            Self::UnexpectedCharacter => "query_unexpected_character",
            Self::BadRange => "query_bad_range",
            Self::BadValue => "query_bad_value",
            Self::WrongKind => "query_wrong_kind",
            Self::NoWords => "query_no_words",
        }
    }
}
