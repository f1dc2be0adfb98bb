//! Who is connected, and who has to go when others want in.
//!
//! Idle connections cost little and are welcome while there is room. When there is none, one of them gives way: of the
//! address that has the most, the one that has been idle longest. So whoever opens a thousand connections and says
//! nothing keeps nobody out but himself.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The connections of a listener.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    connected: Mutex<Vec<Weak<Activity>>>,
}

/// When a connection was last of use, and whether it has to go. HTTP/1.1 has a timeout for silence; in HTTP/2 it is allowed.
#[derive(Debug)]
pub(super) struct Activity {
    peer: IpAddr,
    in_flight: AtomicUsize,
    last: Mutex<Instant>,
    leave: CancellationToken,
}

/// A request in its handler. A client that resets it drops it.
pub(super) struct Busy(Arc<Activity>);

impl Crowd {
    /// One more. It is gone when nobody holds what this returns.
    pub(super) fn join(&self, peer: SocketAddr) -> Arc<Activity> {
        let activity = Arc::new(Activity {
            peer: peer.ip(),
            in_flight: AtomicUsize::new(0),
            last: Mutex::new(Instant::now()),
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
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(self))
    }

    /// Since when no request is in a handler; `None` while one is.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (self.in_flight.load(Ordering::Acquire) == 0).then_some(last)
    }

    /// Returns when the connection has to make room.
    pub(super) async fn sent_away(&self) {
        self.leave.cancelled().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
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
}
