//! The order of the writes of one object.

/// Where a write stands among those of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// The resource version of its result, if the record has it.
    pub resource_version: Option<u64>,
    /// Which of several writes with one resource version came later: those that changed nothing, then the removal.
    pub tie: u8,
    /// When it was received, microseconds since 1970.
    pub time: i64,
    /// Tells writes of one time apart.
    pub id: u64,
}

impl Order {
    /// The order of a write. Among writes without a resource version only the clock counts.
    pub fn new(resource_version: Option<u64>, tie: u8, time: i64, id: u64) -> Self {
        Self { resource_version, tie: if resource_version.is_some() { tie } else { 0 }, time, id }
    }
}

/// Sorts by resource version. A write without one stands behind the last of those that are not later by the clock. The
/// result does not depend on the order before.
pub fn sort_versions<T>(versions: &mut Vec<T>, order: impl Fn(&T) -> Order) {
    versions.sort_by_key(|version| order(version));
    // `None` sorts first.
    let unnumbered = versions.iter().take_while(|version| order(version).resource_version.is_none()).count();
    if unnumbered == 0 || unnumbered == versions.len() {
        return;
    }
    let numbered = versions.split_off(unnumbered);
    let mut earliest_from: Vec<i64> = numbered.iter().map(|version| order(version).time).collect();
    for index in (1..earliest_from.len()).rev() {
        earliest_from[index - 1] = earliest_from[index - 1].min(earliest_from[index]);
    }
    let mut late = std::mem::take(versions).into_iter().peekable();
    for (index, version) in numbered.into_iter().enumerate() {
        // All that are not behind this one, or one that follows it.
        while let Some(next) = late.next_if(|next| order(next).time < earliest_from[index]) {
            versions.push(next);
        }
        versions.push(version);
    }
    versions.extend(late);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(number: u64, time: i64, id: u64) -> Order {
        Order { resource_version: (number > 0).then_some(number), tie: 0, time, id }
    }

    fn check(versions: &[(u64, i64)], expected: &[(u64, i64)]) {
        let mut sorted = versions.to_vec();
        sort_versions(&mut sorted, |(number, time)| order(*number, *time, 0));
        assert_eq!(sorted, expected);
    }

    #[test]
    fn resource_versions_decide_and_times_put_the_others_between() {
        check(&[(3, 30), (1, 10), (2, 20)], &[(1, 10), (2, 20), (3, 30)]);
        // Clocks of two API servers.
        check(&[(3, 15), (2, 20)], &[(2, 20), (3, 15)]);
        check(&[(0, 25), (2, 20), (3, 30)], &[(2, 20), (0, 25), (3, 30)]);
        check(&[(0, 5), (2, 20)], &[(0, 5), (2, 20)]);
        check(&[(0, 20), (2, 20)], &[(2, 20), (0, 20)]);
        // Behind the last that is not later, though one between them is.
        check(&[(0, 17), (2, 20), (3, 15), (4, 40)], &[(2, 20), (3, 15), (0, 17), (4, 40)]);
        check(&[(0, 2), (0, 1)], &[(0, 1), (0, 2)]);
    }

    proptest! {
        #[test]
        fn any_order_of_arrival_ends_in_the_same(versions in prop::collection::vec((0_u64..4, 0_i64..6), 0..12).prop_shuffle()) {
            let with_ids = |versions: &[(u64, i64)]| -> Vec<Order> {
                let mut sorted = versions.to_vec();
                sorted.sort_unstable();
                (0..).zip(sorted).map(|(id, (number, time))| order(number, time, id)).collect()
            };
            let expected = {
                let mut versions = with_ids(&versions);
                sort_versions(&mut versions, |order| *order);
                versions
            };
            let mut shuffled = with_ids(&versions);
            shuffled.reverse();
            let half = shuffled.len() / 2;
            shuffled.rotate_left(half);
            sort_versions(&mut shuffled, |order| *order);
            prop_assert_eq!(shuffled, expected);
        }
    }
}
