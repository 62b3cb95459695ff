import MultipleSpawner

/// What signs requests. It prints without its secrets.
struct AWSCredentials: Sendable, Hashable {
    var accessKey: String
    var secretKey: Secret
    /// Goes with keys that hold for a time only.
    var sessionToken: Secret?
    /// When they hold no more, in seconds since 1970; `nil`: nobody said.
    var expires: Int?
}
