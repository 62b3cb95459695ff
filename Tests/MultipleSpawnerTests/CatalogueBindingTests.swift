import MultipleSpawner
import Testing

/// Options held against their declaration.
@Suite struct `Catalogue: binding` {
    private func bind(_ options: JSONValue) throws -> JSONValue {
        try PaperBackend.options.bind(options)
    }

    private func refusal(_ options: JSONValue) -> String? {
        #expect(throws: SpawnError.self) { try bind(options) }?.message
    }

    @Test(
        arguments: [
            (["port": "22"], ["port": 22]), (["port": 22.0], ["port": 22]), (["port": " 22 "], ["port": 22]),
            (["shared": "True"], ["shared": true]), (["shared": "no"], ["shared": false]),
            (["shared": "FALSE"], ["shared": false]), (["nice": "0.5"], ["nice": 0.5]), (["nice": "-3"], ["nice": -3]),
            (["mem_limit": 1], ["mem_limit": 1_073_741_824]), (["mem_limit": "512M"], ["mem_limit": 536_870_912]),
            (["mem_limit": "0.5"], ["mem_limit": 536_870_912]), (["mem_limit": "2 GiB"], ["mem_limit": 2_147_483_648]),
            (["cmd": "one"], ["cmd": ["one"]]), (["command": ["a", "b"]], ["cmd": ["a", "b"]]),
            (["cmd": [1]], ["cmd": ["1"]]),
            (["notebook_dir": "~/x"], ["working_directory": "~/x"]),
            (["environment": ["A": 1]], ["environment": ["A": "1"]]),
            (["port": nil, "level": "low"], ["level": "low"]), (["extra": ["depth": "3"]], ["extra": ["depth": 3]]),
        ] as [(JSONValue, JSONValue)])
    func `the originals' spellings are read as what they mean`(options: JSONValue, expected: JSONValue) throws {
        #expect(try bind(options) == expected)
    }

    @Test(
        arguments: [
            (["port": "abc"], "'port' is 'abc'; it must be a whole number from 0 to 65535"),
            (["port": 70000], "'port' is 70000; it must be a whole number from 0 to 65535"),
            (["port": 1.5], "'port' is 1.5; it must be a whole number"), (["port": true], "'port' is true"),
            (["nice": "nan"], "'nice' is 'nan'; it must be a number from -20 to 19"),
            (["nice": "0x1p2"], "'nice' is '0x1p2'"), (["nice": "inf"], "'nice' is 'inf'"),
            (["shared": "maybe"], "'shared' is 'maybe'; it must be true or false"), (["shared": 1], "'shared' is 1"),
            (["mem_limit": "lots"], "'mem_limit' is 'lots'; it must be an amount of memory"),
            (["mem_limit": 0], "'mem_limit' is 0 GB"), (["mem_limit": -1], "'mem_limit' is -1 GB"),
            (["mem_limit": 1e12], "'mem_limit' is"), (["mem_limit": "1e999"], "'mem_limit' is '1e999'"),
            (["level": "lo"], "'level' is 'lo', which is not known; did you mean 'low'?"),
            (["cmd": [["a"]]], "'cmd' is a list; it must be a string"), (["cmd": [:]], "'cmd' is an object"),
            (["environment": ["A": true]], "'A' is true; it must be a string"),
            (["prot": 1], "the key 'prot' is not known; did you mean 'port'?"),
            (["zzz": 1], "the key 'zzz' is not known; known are 'cmd', 'port'"),
            (["cmd": "a", "command": "b"], "'command' is another spelling of a key that is given already ('cmd')"),
            (["extra": [:]], "'depth' is missing in 'extra': how deep."),
            (["working_directory": ""], "'working_directory' is ''"),
            ([1], "the value is a list; it must be an object"),
        ] as [(JSONValue, String)])
    func `what does not fit is told by name, with what would`(options: JSONValue, expected: String) {
        #expect(refusal(options)?.contains(expected) == true, "\(refusal(options) ?? "")")
    }

    @Test func `all that is wrong is told at once, each with its way`() {
        let error = #expect(throws: SpawnError.self) {
            try bind(["port": "x", "extra": ["depth": "y", "dept": 1], "environment": ["A": []]])
        }
        #expect(error?.details.count == 4)
        #expect(error?.details.contains { $0.hasPrefix("extra.depth: ") } == true)
        #expect(error?.details.contains { $0.hasPrefix("environment.A: ") } == true)
    }

    @Test(arguments: [
        ("512M", 512 << 20), ("1g", 1 << 30), ("1.5", 3 << 29), ("2T", 2 << 40), ("1024K", 1 << 20), ("2 GB", 2 << 30),
        ("1048576B", 1 << 20),
    ])
    func `memory is read as people write it`(text: String, bytes: Int) {
        #expect(MemorySize.bytes(text) == bytes)
    }

    @Test(arguments: ["", "M", "1X", "1 2", "one", "1GG", "--1", "nan", "inf", "0x10", "1e999"])
    func `what is no memory is none`(text: String) {
        #expect(MemorySize.bytes(text) == nil)
    }

    @Test func `memory is written as people read it`() {
        #expect(MemorySize.text(2 << 30) == "2 GB")
        #expect(MemorySize.text(3 << 29) == "1.5 GB")
        #expect(MemorySize.text(512 << 20) == "512 MB")
        #expect(MemorySize.gigabytes(1 << 29) == "0.5")
    }
}
