use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Append(u8),
    Sync,
    Read {
        max_bytes: usize,
    },
    Truncate {
        back: u64,
    },
    Close {
        start_ahead: Option<u64>,
    },
    /// The machine stops; this share of what was not synced had reached the disk by chance.
    PowerCut {
        kept: u16,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..9_u8).prop_map(Step::Append),
        3 => Just(Step::Sync),
        4 => (0..400_usize).prop_map(|max_bytes| Step::Read { max_bytes }),
        2 => (0..20_u64).prop_map(|back| Step::Truncate { back }),
        1 => prop::option::weighted(0.2, 1..9_u64).prop_map(|start_ahead| Step::Close { start_ahead }),
        2 => any::<u16>().prop_map(|kept| Step::PowerCut { kept }),
    ]
}

/// The journal and what should be in it.
struct Model {
    dir: TempDir,
    disk: Arc<TestDisk>,
    segment_bytes: u64,
    journal: Journal,
    appended: u64,
    frames: Vec<Frame>,
    /// Positions skipped by `start_at_least`, which count as lost.
    jumps: Vec<(u64, u64)>,
    read: Vec<Item>,
    reader: Option<JournalReader>,
    read_to: u64,
}

impl Model {
    fn new(segment_bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new(TestDisk::default());
        let (journal, _) = open_at(dir.path(), &disk, segment_bytes, 0);
        let (frames, jumps, read) = (Vec::new(), Vec::new(), Vec::new());
        Self { dir, disk, segment_bytes, journal, appended: 0, frames, jumps, read, reader: None, read_to: 0 }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Append(count) => {
                for _ in 0..*count {
                    self.frames.push(append(&self.journal, self.appended));
                    self.appended += 1;
                }
            }
            Step::Sync => self.journal.wait_durable(self.journal.end()).unwrap(),
            Step::Read { max_bytes } => self.read(*max_bytes),
            Step::Truncate { back } => {
                let needed = self.read_to.max(self.journal.first());
                self.journal.truncate_below(self.read_to.saturating_sub(*back)).unwrap();
                assert!(self.journal.first() <= needed);
            }
            Step::Close { start_ahead } => self.close(*start_ahead),
            Step::PowerCut { kept } => self.power_cut(*kept),
        }
        assert_eq!(self.journal.end(), self.end());
        let on_disk: u64 =
            segments(self.dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert_eq!(self.journal.bytes(), on_disk);
    }

    fn end(&self) -> u64 {
        let frames = self.frames.last().map_or(0, Frame::next);
        frames.max(self.jumps.last().map_or(0, |(_, to)| *to))
    }

    fn read(&mut self, max_bytes: usize) {
        let mut reader = self.reader.take().unwrap_or_else(|| self.journal.reader(self.read_to).unwrap());
        let items = reader.next(max_bytes, Duration::ZERO).unwrap();
        for item in &items {
            self.read_to = match item {
                Item::Frame(frame) => frame.next(),
                Item::Damage(damage) => {
                    let (from, to) = (damage.first_lost, damage.next_good.unwrap());
                    let jumped = self.jumps.iter().any(|jump| jump.0 <= from && to <= jump.1);
                    assert!(jumped, "{damage:?} in {:?}", self.jumps);
                    to
                }
            };
        }
        assert!(self.read_to <= self.journal.durable());
        self.read.extend(items);
        self.reader = Some(reader);
    }

    fn close(&mut self, start_ahead: Option<u64>) {
        let start = start_ahead.map_or(0, |ahead| self.end() + ahead);
        self.reopen(start);
    }

    /// Opens another time, in another directory if that was set before.
    fn reopen(&mut self, start: u64) {
        let before = self.end();
        self.reader = None;
        let spare = tempfile::tempdir().unwrap();
        let (placeholder, _) = open_at(spare.path(), &Arc::new(TestDisk::default()), 1000, 0);
        drop(std::mem::replace(&mut self.journal, placeholder));
        let (journal, report) = open_at(self.dir.path(), &self.disk, self.segment_bytes, start);
        self.journal = journal;
        assert_eq!(report.next, before.max(start));
        if report.next > before {
            match self.jumps.last_mut().filter(|jump| jump.1 == before) {
                Some(jump) => jump.1 = report.next,
                None => self.jumps.push((before, report.next)),
            }
        }
    }

    fn power_cut(&mut self, kept: u16) {
        let durable = self.journal.durable();
        let copy = copy_of(self.dir.path());
        for path in segments(self.dir.path()) {
            let unsynced = self.disk.unsynced(&path);
            let kept = (unsynced.end - unsynced.start) * u64::from(kept) / u64::from(u16::MAX);
            let file = fs::OpenOptions::new().write(true).open(copy.path().join(path.file_name().unwrap()));
            file.unwrap().set_len(unsynced.start + kept).unwrap();
        }
        let next = inspect(copy.path()).unwrap().next;
        assert!(next >= durable, "{next} after a power cut, {durable} was durable");
        self.frames.retain(|frame| frame.next() <= next);
        assert_eq!(self.end(), next);
        self.dir = copy;
        self.disk = Arc::new(TestDisk::default());
        segments(self.dir.path()).iter().for_each(|path| self.disk.take_for_synced(path));
        self.reopen(0);
    }

    fn finish(mut self) {
        self.journal.wait_durable(self.journal.end()).unwrap();
        while self.read_to < self.journal.end() {
            self.read(1000);
        }
        assert_eq!(frames_of(&self.read), self.frames);
        assert_covered(&self.read, &self.frames, 0, self.end());
    }
}

fn open_at(dir: &Path, disk: &Arc<TestDisk>, segment_bytes: u64, start: u64) -> (Journal, OpenReport) {
    let disk: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(disk);
    recover::open(dir, JournalOptions { segment_bytes, ..small() }, start, disk).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_journal_behaves_like_a_list(
        steps in prop::collection::vec(step(), 1..60),
        segment_bytes in prop_oneof![Just(100), 200..2000_u64, Just(1 << 20)],
    ) {
        let mut model = Model::new(segment_bytes);
        for step in &steps {
            model.take(step);
        }
        model.finish();
    }
}
