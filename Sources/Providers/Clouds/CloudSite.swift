public import Transport

/// What a cloud's provider is given of this daemon.
public struct CloudSite: Sendable {
    /// This daemon, told from others: what its machines are tagged with.
    public var installation: String
    /// Of this daemon's own: the secret behind the machines' host keys is in it.
    public var stateDirectory: String
    /// The variables that say where credentials are, and HOME.
    public var environment: [String: String]
    public var http: HTTPClient
    var pace = CloudPace.usual

    public init(installation: String, stateDirectory: String, environment: [String: String], http: HTTPClient) {
        self.installation = installation
        self.stateDirectory = stateDirectory
        self.environment = environment
        self.http = http
    }
}
