//! Which brackets are open, one bit each: a hostile document may open sixty million.

#[derive(Debug, Clone, Default)]
pub(super) struct Nesting {
    depth: usize,
    objects: usize,
    /// Whether the innermost open bracket is an object's. The bits hold the ones around it.
    object: bool,
    bits: Vec<u64>,
}

impl Nesting {
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn in_object(&self) -> bool {
        self.object
    }

    pub(super) fn push(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.bits.len() {
            self.bits.push(0);
        }
        self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(self.object) << bit;
        self.object = object;
        self.objects += usize::from(object);
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        let Some(depth) = self.depth.checked_sub(1) else { return };
        self.objects -= usize::from(self.object);
        self.object = self.bits[depth / 64] >> (depth % 64) & 1 == 1;
        self.depth = depth;
    }

    /// Closes the innermost bracket of that kind and all that are open inside it. With none of that kind, nothing is
    /// closed and the answer is `false`.
    pub(super) fn unwind(&mut self, object: bool) -> bool {
        let open = if object { self.objects } else { self.depth - self.objects };
        if open == 0 {
            return false;
        }
        while self.object != object {
            self.pop();
        }
        self.pop();
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Push(bool),
        Pop,
        Unwind(bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => any::<bool>().prop_map(Step::Push),
            2 => Just(Step::Pop),
            1 => any::<bool>().prop_map(Step::Unwind),
        ]
    }

    proptest! {
        #[test]
        fn is_a_stack(steps in proptest::collection::vec(step(), 0..400)) {
            let (mut nesting, mut model) = (Nesting::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Push(object) => {
                        nesting.push(object);
                        model.push(object);
                    }
                    Step::Pop => {
                        nesting.pop();
                        model.pop();
                    }
                    Step::Unwind(object) => {
                        let at = model.iter().rposition(|open| *open == object);
                        prop_assert_eq!(nesting.unwind(object), at.is_some());
                        model.truncate(at.unwrap_or(model.len()));
                    }
                }
                prop_assert_eq!(nesting.depth(), model.len());
                prop_assert_eq!(nesting.in_object(), model.last().copied().unwrap_or(false));
            }
        }
    }
}
