//! Who may do what. There is no authorizer yet, so everyone may do everything, and this is how that is told.

/// Operations on the cluster, as bits numbered by ACL operation: create, alter, describe, cluster action, describe
/// configs, alter configs, idempotent write.
pub const CLUSTER_OPERATIONS: i32 = 8096;

/// Operations on a topic: read, write, create, delete, alter, describe, describe configs, alter configs.
pub const TOPIC_OPERATIONS: i32 = 3576;

/// Operations on a group: read, delete, describe, describe configs, alter configs.
pub const GROUP_OPERATIONS: i32 = 3400;
