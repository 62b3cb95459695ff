import Testing

/// The SSH client at real servers. One test after the other: some measure, and some count what is left.
@Suite(.serialized) struct SSHClientTests {}
