//! Where the members of a record stand, so that reading it a second time need not go through all of it again.

use std::ops::Range;

/// The places of the members of a record that an event is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    places: [(u32, u32); Member::COUNT],
}

/// A member of an audit event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Level,
    AuditId,
    Stage,
    Uri,
    Verb,
    UserAgent,
    RequestReceived,
    StageTime,
    User,
    ImpersonatedUser,
    SourceIps,
    ObjectRef,
    ResponseStatus,
    RequestObject,
    ResponseObject,
    Annotations,
}

impl Member {
    const COUNT: usize = 16;
    const ALL: [(&'static str, Self); Self::COUNT] = [
        ("level", Self::Level),
        ("auditID", Self::AuditId),
        ("stage", Self::Stage),
        ("requestURI", Self::Uri),
        ("verb", Self::Verb),
        ("userAgent", Self::UserAgent),
        ("requestReceivedTimestamp", Self::RequestReceived),
        ("stageTimestamp", Self::StageTime),
        ("user", Self::User),
        ("impersonatedUser", Self::ImpersonatedUser),
        ("sourceIPs", Self::SourceIps),
        ("objectRef", Self::ObjectRef),
        ("responseStatus", Self::ResponseStatus),
        ("requestObject", Self::RequestObject),
        ("responseObject", Self::ResponseObject),
        ("annotations", Self::Annotations),
    ];

    pub(crate) fn named(key: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == key).map(|(_, member)| *member)
    }
}

impl Default for Outline {
    fn default() -> Self {
        Self { places: [(0, 0); Member::COUNT] }
    }
}

impl Outline {
    /// Notes where a member's value stands; what was noted before counts no more. `None` beyond 4 GiB.
    pub(crate) fn note(&mut self, member: Member, place: &Range<usize>) -> Option<()> {
        let place = (u32::try_from(place.start).ok()?, u32::try_from(place.end).ok()?);
        *self.places.get_mut(member as usize)? = place;
        Some(())
    }

    /// Notes where the value of the member with this name stands, if an event is made of it. `None` beyond 4 GiB.
    pub fn note_named(&mut self, name: &str, place: &Range<usize>) -> Option<()> {
        Member::named(name).map_or(Some(()), |member| self.note(member, place))
    }

    /// The member's value in the record that the outline is of.
    pub(crate) fn value<'a>(&self, record: &'a [u8], member: Member) -> Option<&'a [u8]> {
        let (start, end) = *self.places.get(member as usize)?;
        record.get(start as usize..end as usize).filter(|value| !value.is_empty())
    }
}
