//! What a shard can be asked, and what it answers.

use bytestring::ByteString;
use uuid::Uuid as FreshId;

use crate::protocol::messages::{
    DescribeGroupsResponseGroup, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest,
    JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, ListGroupsResponseGroup,
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequestGroup, OffsetFetchResponseGroup, SyncGroupRequest, SyncGroupResponse,
};
use crate::protocol::{ErrorCode, Uuid};

/// A request that was put to a shard, to the one who put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What is answered; an error is turned into a response by whoever knows the request.
pub type Answer = Result<GroupResponse, ErrorCode>;

/// Who sent a request.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// What the client calls itself.
    pub client_id: ByteString,
    /// Its address as Kafka prints it, such as `/127.0.0.1`.
    pub client_host: ByteString,
    /// The version of the request.
    pub version: i16,
    /// An id nobody else has, from which a member id is made if one is needed.
    pub fresh_id: FreshId,
}

/// A request with everything needed to decide and to answer it.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub request: GroupRequest,
    /// Who asks.
    pub caller: Caller,
    /// What the answer is called.
    pub token: Token,
}

/// The offsets of one group, in the form of `OffsetFetch` version 8 and later.
#[derive(Debug)]
pub struct FetchOffsets(pub OffsetFetchRequestGroup);

/// One group of `DescribeGroups`. Unknown groups are an error.
#[derive(Debug)]
pub struct DescribeGroup(pub ByteString);

/// All groups of the shard in certain states and of certain types; empty: in any.
#[derive(Debug, Clone, Default)]
pub struct ListGroups {
    /// Names of states, in any case.
    pub states: Vec<ByteString>,
    /// Names of group types, in any case.
    pub types: Vec<ByteString>,
}

/// One group of `DeleteGroups`.
#[derive(Debug)]
pub struct DeleteGroup(pub ByteString);

/// A topic that is gone: what was committed for it goes too.
#[derive(Debug, Clone)]
pub struct TopicDeleted {
    /// Its name.
    pub name: ByteString,
    /// Its id: offsets committed for a namesake stay.
    pub id: Uuid,
}

/// Something a shard can be asked, paired with its answer.
pub trait Operation: Into<GroupRequest> {
    /// The answer.
    type Response;

    /// The answer out of all that a shard may answer; none if it is the answer to something else.
    fn response(answer: GroupResponse) -> Option<Self::Response>;
}

/// Writes both enums and the pairing from one table, so that they cannot disagree.
macro_rules! operations {
    ($($name:ident: $request:ty => $response:ty, $doc:literal;)*) => {
        /// What a shard can be asked.
        #[derive(Debug)]
        pub enum GroupRequest {
            $(#[doc = $doc] $name($request),)*
        }

        /// What a shard answers.
        #[derive(Debug, Clone, PartialEq)]
        pub enum GroupResponse {
            $(#[doc = $doc] $name($response),)*
        }

        $(
            impl From<$request> for GroupRequest {
                fn from(request: $request) -> Self {
                    Self::$name(request)
                }
            }

            impl Operation for $request {
                type Response = $response;

                fn response(answer: GroupResponse) -> Option<$response> {
                    match answer {
                        GroupResponse::$name(response) => Some(response),
                        _ => None,
                    }
                }
            }
        )*
    };
}

operations! {
    Join: JoinGroupRequest => JoinGroupResponse, "`JoinGroup`; answered when the rebalance is complete.";
    Sync: SyncGroupRequest => SyncGroupResponse, "`SyncGroup`; answered when the leader's has come.";
    Heartbeat: HeartbeatRequest => HeartbeatResponse, "`Heartbeat`.";
    Leave: LeaveGroupRequest => LeaveGroupResponse, "`LeaveGroup`.";
    OffsetCommit: OffsetCommitRequest => OffsetCommitResponse, "`OffsetCommit`, for topics and partitions that exist.";
    OffsetFetch: FetchOffsets => OffsetFetchResponseGroup, "`OffsetFetch`, for topics by name.";
    OffsetDelete: OffsetDeleteRequest => OffsetDeleteResponse, "`OffsetDelete`.";
    Describe: DescribeGroup => DescribeGroupsResponseGroup, "`DescribeGroups`.";
    List: ListGroups => Vec<ListGroupsResponseGroup>, "`ListGroups`.";
    Delete: DeleteGroup => (), "`DeleteGroups`.";
    TopicDeleted: TopicDeleted => (), "Not a request of a client: a topic was deleted.";
}
