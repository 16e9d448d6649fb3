//! What was asked and answered.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::marker::PhantomData;

use kaffa::protocol::frame::decode_response;
use kaffa::protocol::messages::*;

use super::requests::describe;
use crate::support::wire::Wire;

/// How often to look whether a request is parked.
const PARK_PROBES_MAX: usize = 500;

/// The answers, with what differs from run to run replaced by names.
pub(super) struct Transcript<'a> {
    address: &'a str,
    pub(super) main: Wire,
    pub(super) text: String,
    names: BTreeMap<String, String>,
}

impl<'a> Transcript<'a> {
    pub(super) fn new(address: &'a str) -> Self {
        Self {
            address,
            main: Wire::connect(address),
            text: String::new(),
            names: BTreeMap::new(),
        }
    }

    /// Writes `name` for `text` from now on.
    pub(super) fn name(&mut self, text: &str, name: &str) {
        self.names
            .entry(text.to_owned())
            .or_insert_with(|| name.to_owned());
    }

    pub(super) fn note(&mut self, title: &str, response: &impl Debug) {
        let mut line = format!("{response:?}");
        for (text, name) in &self.names {
            line = line.replace(text, name);
        }
        writeln!(self.text, "{title}: {line}").unwrap();
    }

    pub(super) fn call<R: Request>(&mut self, title: &str, request: &R, version: i16)
    where
        R::Response: Debug + Orderless,
    {
        let mut response = self.main.call(request, version).unwrap();
        response.sort();
        self.note(&format!("{title} v{version}"), &response);
    }

    /// Returns the member's id.
    pub(super) fn join(&mut self, title: &str, request: &JoinGroupRequest, version: i16) -> String {
        let response = self.main.call(request, version).unwrap();
        self.joined(&format!("{title} v{version}"), response)
    }

    pub(super) fn joined(&mut self, title: &str, mut response: JoinGroupResponse) -> String {
        let id = response.member_id.to_string();
        if id.len() > 30 {
            let name = format!("MEMBER-{}", self.names.len());
            self.name(&id, &name);
        }
        response
            .members
            .sort_by_key(|member| self.names.get(&*member.member_id).cloned());
        self.note(title, &response);
        id
    }

    /// Sends on a connection of its own, and waits until the broker has taken it in.
    pub(super) fn park<R: Request>(&self, request: &R, version: i16, group: &str) -> Parked<R> {
        let mut probe = Wire::connect(self.address);
        let mut state = || probe.call(&describe(group), 5).unwrap();
        let before = state();
        let mut wire = Wire::connect(self.address);
        wire.send(request, version).unwrap();
        // A SyncGroup that is parked shows nowhere, but after that many answers it is.
        let _has_changed = (0..PARK_PROBES_MAX).any(|_| state() != before);
        Parked {
            wire,
            version,
            request: PhantomData,
        }
    }
}

/// A request that waits for others.
pub(super) struct Parked<R> {
    wire: Wire,
    version: i16,
    request: PhantomData<R>,
}

impl<R: Request> Parked<R> {
    pub(super) fn answer(&mut self) -> R::Response {
        decode_response::<R>(self.wire.frame().unwrap(), self.version)
            .unwrap()
            .1
    }
}

/// A response whose parts a broker may send in any order.
pub(super) trait Orderless {
    fn sort(&mut self) {}
}

impl Orderless for SyncGroupResponse {}
impl Orderless for HeartbeatResponse {}
impl Orderless for LeaveGroupResponse {}
impl Orderless for OffsetCommitResponse {}
impl Orderless for OffsetFetchResponse {}
impl Orderless for FindCoordinatorResponse {}

impl Orderless for DescribeGroupsResponse {
    fn sort(&mut self) {
        self.groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    }
}

impl Orderless for DeleteGroupsResponse {
    fn sort(&mut self) {
        self.results.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    }
}

impl Orderless for ListGroupsResponse {
    fn sort(&mut self) {
        self.groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    }
}

impl Orderless for OffsetDeleteResponse {
    fn sort(&mut self) {
        self.topics.sort_by(|a, b| a.name.cmp(&b.name));
        for topic in &mut self.topics {
            topic
                .partitions
                .sort_by_key(|partition| partition.partition_index);
        }
    }
}
