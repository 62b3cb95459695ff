extension CloudPace {
    /// libvirt is near, and asking it costs little.
    static let libvirt = CloudPace(first: .milliseconds(250), longest: .seconds(2))
}
