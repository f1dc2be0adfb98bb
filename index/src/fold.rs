//! Folding (DESIGN section 4.1): a request is one document, the best record seen.
//!
//! A [`Group`] is the state of one request. Merging is commutative and idempotent: whatever the order of arrival and
//! however often a copy comes, the same documents remain.
//!
//! - A record of a later stage replaces those of earlier stages.
//! - Copies of one record (same record key) merge: the one with more bodies, not truncated, wins.
//! - Different records of the same stage are all kept: the one with the smallest record key under the request key, the
//!   others under their record keys.

use taffrail_event::flow::Flow;
use taffrail_event::{AuditRecord, Decoded, FindingRecord, Gap, RecordFlags, Stage, ViaSet};

/// How good a copy is: its stage, then its bodies, then whether it is whole; a hash of its bytes breaks ties, so that
/// the outcome does not depend on the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(pub(crate) u32);

impl Rank {
    pub(crate) fn of(decoded: &Decoded<'_>, flags: RecordFlags, bytes_hash: u64) -> Self {
        match decoded {
            Decoded::Audit(audit) => Self::of_audit(audit, flags, bytes_hash),
            Decoded::Flow(flow) => Self::of_flow(&flow.flow),
            Decoded::Gap(gap) => Self::of_gap(gap),
            Decoded::Finding(finding) => Self::of_finding(finding),
        }
    }

    fn of_audit(audit: &AuditRecord<'_>, flags: RecordFlags, bytes_hash: u64) -> Self {
        let bodies = u32::from(audit.request_object.is_some()) + u32::from(audit.response_object.is_some());
        let whole = u32::from(!flags.contains(RecordFlags::CUT) && !audit.is_truncated());
        let tie = u32::try_from(bytes_hash >> (64 - TIE_BITS)).unwrap_or_default();
        Self((audit.stage() as u32) << 30 | bodies << 28 | whole << TIE_BITS | tie)
    }

    /// The one that stands for more; all other copies are one.
    fn of_flow(flow: &Flow) -> Self {
        let folded = flow.folded.unwrap_or_default().min((1 << TIE_BITS) - 1);
        Self((Stage::ResponseComplete as u32) << 30 | folded)
    }

    /// The longer one is what is known later.
    fn of_gap(gap: &Gap) -> Self {
        let seconds = u32::try_from(gap.seconds()).unwrap_or(u32::MAX).min((1 << TIE_BITS) - 1);
        Self((Stage::ResponseComplete as u32) << 30 | seconds)
    }

    /// The one that shows more.
    fn of_finding(finding: &FindingRecord) -> Self {
        let evidence = u32::try_from(finding.finding.evidence.len()).unwrap_or(u32::MAX);
        Self((Stage::ResponseComplete as u32) << 30 | evidence.min((1 << TIE_BITS) - 1))
    }

    pub(crate) fn stage(self) -> u32 {
        self.0 >> 30
    }

    /// Whether this is a `RequestReceived`, which waits for better.
    pub(crate) fn is_request_received(self) -> bool {
        self.stage() == Stage::RequestReceived as u32
    }
}

const TIE_BITS: u32 = 27;

/// One record of a group. `content` is `None` while only the index holds it.
#[derive(Debug, Clone)]
pub(crate) struct Copy<C> {
    /// The record key's lower half: enough to tell the records of one request apart.
    pub(crate) record: u64,
    pub(crate) rank: Rank,
    pub(crate) via: ViaSet,
    pub(crate) received: i64,
    pub(crate) content: Option<C>,
}

/// What a merge did with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merged {
    /// A copy of what is there already.
    Duplicate,
    /// It is part of the request's document now, or the document has better.
    Folded,
    /// A second record of this request and stage: one more document.
    Conflict,
}

/// The documents of one request.
#[derive(Debug, Clone)]
pub(crate) struct Group<C> {
    /// The record under the request key: the one with the smallest record key.
    first: Copy<C>,
    /// Further records of the same stage, by record key.
    others: Vec<Copy<C>>,
    /// Whether the index holds a document of this request.
    pub(crate) is_committed: bool,
    /// Whether the index does not hold the group as it is.
    pub(crate) is_dirty: bool,
}

impl<C> Group<C> {
    /// A request of which nothing was seen before.
    pub(crate) fn new(copy: Copy<C>) -> Self {
        Self { first: copy, others: Vec::new(), is_committed: false, is_dirty: true }
    }

    /// A request that the index holds; `None` without documents.
    pub(crate) fn committed(mut copies: Vec<Copy<C>>) -> Option<Self> {
        copies.sort_by_key(|copy| copy.record);
        let mut copies = copies.into_iter();
        let first = copies.next()?;
        Some(Self { first, others: copies.collect(), is_committed: true, is_dirty: false })
    }

    /// The records, the one under the request key first.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &Copy<C>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The records, to take their content.
    pub(crate) fn copies_mut(&mut self) -> impl Iterator<Item = &mut Copy<C>> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// Whether all there is is a `RequestReceived`.
    pub(crate) fn is_request_received(&self) -> bool {
        self.first.rank.is_request_received()
    }

    /// Takes one more record of the request.
    pub(crate) fn merge(&mut self, mut copy: Copy<C>) -> Merged {
        let via = self.copies().fold(copy.via, |via, copy| via.union(copy.via));
        if self.copies().any(|copy| copy.via != via) {
            self.is_dirty = true;
        }
        let received = self.copies().map(|copy| copy.received).fold(copy.received, i64::min);
        copy.via = via;
        copy.received = received;
        for known in self.copies_mut() {
            known.via = via;
            known.received = received;
        }
        match copy.rank.stage().cmp(&self.first.rank.stage()) {
            std::cmp::Ordering::Less => Merged::Folded,
            std::cmp::Ordering::Greater => {
                self.first = copy;
                self.others.clear();
                self.is_dirty = true;
                Merged::Folded
            }
            std::cmp::Ordering::Equal => self.merge_same_stage(copy),
        }
    }

    fn merge_same_stage(&mut self, copy: Copy<C>) -> Merged {
        let known = std::iter::once(&mut self.first)
            .chain(&mut self.others)
            .find(|known| known.record == copy.record);
        if let Some(known) = known {
            if copy.rank <= known.rank {
                return Merged::Duplicate;
            }
            *known = copy;
            self.is_dirty = true;
            return Merged::Folded;
        }
        self.is_dirty = true;
        if copy.record < self.first.record {
            let demoted = std::mem::replace(&mut self.first, copy);
            self.others.insert(0, demoted);
        } else {
            let at = self.others.partition_point(|other| other.record < copy.record);
            self.others.insert(at, copy);
        }
        Merged::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn copy(stage: u32, quality: u32, record: u64, via: u8) -> Copy<(u32, u64)> {
        Copy {
            record,
            rank: Rank(stage << 30 | quality << 28),
            via: ViaSet::from_bits(via),
            received: 0,
            content: Some((quality, record)),
        }
    }

    /// Records of one request: the stage follows from the record key, as it does in real records.
    fn copies() -> impl Strategy<Value = Vec<Copy<(u32, u64)>>> {
        let one = (0_u64..6, 0_u32..3, 1_u8..4).prop_map(|(record, quality, via)| {
            copy(u32::try_from(record % 3).unwrap(), quality, record, via)
        });
        proptest::collection::vec(one, 1..10)
    }

    type Folded = (u64, u32, u8, Option<(u32, u64)>);

    fn fold(copies: &[Copy<(u32, u64)>]) -> Vec<Folded> {
        let mut group = Group::new(copies[0].clone());
        for copy in &copies[1..] {
            group.merge(copy.clone());
        }
        group.copies().map(|copy| (copy.record, copy.rank.0, copy.via.bits(), copy.content)).collect()
    }

    proptest! {
        #[test]
        fn any_order_and_any_duplication_give_the_same_documents(copies in copies(), seed: u64) {
            let mut shuffled: Vec<_> = copies.iter().chain(copies.iter().step_by(2)).cloned().collect();
            let len = shuffled.len();
            for index in 0..len {
                let other = usize::try_from(seed.rotate_left(u32::try_from(index).unwrap() * 7) % len as u64).unwrap();
                shuffled.swap(index, other);
            }
            prop_assert_eq!(fold(&copies), fold(&shuffled));
        }
    }

    #[test]
    fn a_later_stage_replaces_all_earlier_records() {
        let mut group = Group::new(copy(1, 0, 4, 1));
        assert_eq!(group.merge(copy(1, 0, 2, 1)), Merged::Conflict);
        assert_eq!(group.merge(copy(2, 0, 9, 1)), Merged::Folded);
        assert_eq!(group.copies().map(|copy| copy.record).collect::<Vec<_>>(), [9]);
        assert_eq!(group.merge(copy(1, 2, 4, 1)), Merged::Folded);
        assert_eq!(group.copies().count(), 1);
    }

    #[test]
    fn t22_the_better_copy_wins_whichever_came_first() {
        for (first, second) in [(0, 2), (2, 0)] {
            let mut group = Group::new(copy(2, first, 7, 1));
            group.merge(copy(2, second, 7, 2));
            let found: Vec<_> = group.copies().map(|copy| (copy.rank, copy.via.bits())).collect();
            assert_eq!(found, [(Rank(2 << 30 | 2 << 28), 3)]);
        }
    }
}
