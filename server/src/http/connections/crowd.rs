//! Who is connected, and who has to go when others want in.
//!
//! Idle connections cost little and are welcome while there is room. When there is none, one of them gives way: of the
//! address that has the most, the one that has been idle longest. So whoever opens a thousand connections and says
//! nothing keeps nobody out but himself. Neither does whoever asks and then takes no answer: that is idle too, after a while.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A client that takes nothing of its answer for so long has gone, or stays for no good.
const CLIENT_PATIENCE: Duration = Duration::from_secs(60);

/// The connections of a listener.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    connected: Mutex<Vec<Weak<Activity>>>,
}

/// When a connection was last of use, and whether it has to go. HTTP/1.1 has a timeout for silence; in HTTP/2 it is allowed.
#[derive(Debug)]
pub(super) struct Activity {
    peer: IpAddr,
    requests: Mutex<Requests>,
    leave: CancellationToken,
}

/// The requests of a connection that have no answer yet, or not all of it.
#[derive(Debug)]
struct Requests {
    /// So many wait for this side: for a handler, or for the next piece of a stream.
    for_us: usize,
    /// So many have a piece that the client has not taken.
    for_client: usize,
    /// When something last happened.
    last: Instant,
}

/// A request, until its answer has ended. A client that resets it drops it.
pub(super) struct Busy {
    activity: Arc<Activity>,
    is_for_us: bool,
}

impl Crowd {
    /// One more. It is gone when nobody holds what this returns.
    pub(super) fn join(&self, peer: SocketAddr) -> Arc<Activity> {
        let activity = Arc::new(Activity {
            peer: peer.ip(),
            requests: Mutex::new(Requests { for_us: 0, for_client: 0, last: Instant::now() }),
            leave: CancellationToken::new(),
        });
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        connected.retain(|one| one.strong_count() > 0);
        connected.push(Arc::downgrade(&activity));
        activity
    }

    /// Sends an idle one away, if there is any.
    pub(super) fn make_room(&self) {
        let connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        let present: Vec<_> = connected
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|activity| !activity.leave.is_cancelled())
            .collect();
        drop(connected);
        let mut by_peer: HashMap<IpAddr, usize> = HashMap::new();
        present.iter().for_each(|activity| *by_peer.entry(activity.peer).or_default() += 1);
        let idle = present.iter().filter_map(|activity| {
            let since = activity.idle_since()?;
            Some((by_peer.get(&activity.peer).copied().unwrap_or_default(), Reverse(since), activity))
        });
        if let Some((_, _, activity)) = idle.max_by_key(|(share, since, _)| (*share, *since)) {
            activity.leave.cancel();
        }
    }
}

impl Activity {
    /// A request goes into its handler.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.requests().for_us += 1;
        Busy { activity: Arc::clone(self), is_for_us: true }
    }

    /// Since when nothing has happened that anybody waits for; `None` while somebody does.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        self.idle_at(Instant::now())
    }

    fn idle_at(&self, now: Instant) -> Option<Instant> {
        let requests = self.requests();
        let is_taking = requests.for_client > 0 && now.duration_since(requests.last) < CLIENT_PATIENCE;
        (requests.for_us == 0 && !is_taking).then_some(requests.last)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the connection has to make room.
    pub(super) async fn sent_away(&self) {
        self.leave.cancelled().await;
    }
}

impl Busy {
    /// There is nothing to send yet.
    pub(super) fn waits_for_us(&mut self) {
        if !self.is_for_us {
            let mut requests = self.activity.requests();
            requests.for_client -= 1;
            requests.for_us += 1;
            drop(requests);
            self.is_for_us = true;
        }
    }

    /// A piece is there, and it is the client's turn.
    pub(super) fn waits_for_client(&mut self) {
        let mut requests = self.activity.requests();
        requests.last = Instant::now();
        if self.is_for_us {
            requests.for_us -= 1;
            requests.for_client += 1;
        }
        drop(requests);
        self.is_for_us = false;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut requests = self.activity.requests();
        requests.last = Instant::now();
        if self.is_for_us {
            requests.for_us -= 1;
        } else {
            requests.for_client -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Connections by the last part of their address, in order of their last use; returns which of them go, one after the other.
    fn sent_away(peers: &[u8], busy: &[usize], times: usize) -> Vec<usize> {
        let crowd = Crowd::default();
        let connected: Vec<_> =
            peers.iter().map(|peer| crowd.join(SocketAddr::from(([10, 0, 0, *peer], 1)))).collect();
        let _busy: Vec<_> = busy.iter().map(|number| connected[*number].busy()).collect();
        let mut order = Vec::new();
        for _ in 0..times {
            crowd.make_room();
            let gone = connected.iter().enumerate().filter(|(_, activity)| activity.leave.is_cancelled());
            order.extend(
                gone.map(|(number, _)| number).filter(|number| !order.contains(number)).collect::<Vec<_>>(),
            );
        }
        order
    }

    #[test]
    fn whoever_has_the_most_gives_way_the_longest_idle_first() {
        fn check(peers: &[u8], busy: &[usize], expected: &[usize]) {
            assert_eq!(sent_away(peers, busy, expected.len()), expected, "{peers:?} {busy:?}");
        }
        check(&[], &[], &[]);
        check(&[1, 2, 3], &[], &[0, 1, 2]);
        check(&[1, 2, 2, 2], &[], &[1, 2, 0, 3]);
        check(&[1, 2, 2, 2], &[1, 2, 3], &[0]);
        check(&[2, 1, 2, 2], &[0], &[2, 3, 1]);
        assert_eq!(sent_away(&[1, 1], &[0, 1], 3), [] as [usize; 0]);
    }

    #[test]
    fn those_who_left_are_forgotten() {
        let crowd = Crowd::default();
        let peer = SocketAddr::from(([10, 0, 0, 1], 1));
        (0..1000).for_each(|_| drop(crowd.join(peer)));
        let kept = crowd.join(peer);
        assert_eq!(crowd.connected.lock().unwrap().len(), 1);
        let busy = kept.busy();
        assert!(kept.idle_since().is_none());
        drop(busy);
        assert!(kept.idle_since().is_some());
    }

    #[test]
    fn an_answer_counts_until_its_client_takes_no_more_of_it() {
        let activity = Crowd::default().join(SocketAddr::from(([10, 0, 0, 1], 1)));
        let mut busy = activity.busy();
        let (soon, late) = (Instant::now(), Instant::now() + 2 * CLIENT_PATIENCE);
        assert_eq!((activity.idle_at(soon), activity.idle_at(late)), (None, None), "it is in its handler");
        busy.waits_for_client();
        assert_eq!(activity.idle_at(Instant::now()), None, "it is on its way");
        assert!(activity.idle_at(late).is_some(), "nobody takes it");
        busy.waits_for_us();
        assert_eq!(activity.idle_at(late), None, "the client has taken all there is");
        let other = activity.busy();
        drop(busy);
        assert_eq!(activity.idle_at(late), None, "another one is in its handler");
        drop(other);
        assert!(activity.idle_at(Instant::now()).is_some());
    }
}
