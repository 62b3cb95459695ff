import MultipleSpawner

/// A region of a cloud: it becomes part of a host's name.
enum RegionName {
    /// - Throws: `invalid_request` for what is none.
    static func check(_ region: String, such example: String) throws(SpawnError) {
        let isName = region.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName, (1...63).contains(region.utf8.count) else {
            throw SpawnError(
                .invalidRequest, "'\(region.excerpt)' is no region; set the option 'region' to one: \(example)")
        }
    }
}
