import MultipleSpawner
import Testing

/// The positioned reader: what is JSON, what is nearly JSON, and where it is told.
@Suite struct `Catalogue: JSON with positions` {
    private func places(_ text: String) -> [String] {
        JSONSource(file: "f", text: text).diagnostics.map { "\($0.line):\($0.column) \($0.rule.rawValue)" }
    }

    private func value(_ text: String) -> JSONValue? {
        JSONSource(file: "f", text: text).root?.jsonValue
    }

    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("-0", 0), ("12", 12), ("1.50", 1.5), ("1e3", 1000.0),
            ("9223372036854775807", .integer(.max)), ("92233720368547758070", .number(92_233_720_368_547_758_070)),
            (#""a\"\\\/\b\f\n\r\tAé""#, "a\"\\/\u{8}\u{C}\n\r\tAé"), (#""\ud83d\ude00""#, "😀"), ("[]", []), ("{}", [:]),
            ("[1, [2, {\"a\": null}]]", [1, [2, ["a": nil]]]), ("\u{FEFF}[1]", [1]),
            ("# one\n[1, // two\n 2] # three", [1, 2]),
            (##"["# no comment", "// neither"]"##, ["# no comment", "// neither"]),
        ] as [(String, JSONValue)])
    func `valid text is read without a remark`(text: String, expected: JSONValue) {
        #expect(value(text) == expected)
        #expect(places(text) == [])
    }

    @Test(arguments: [
        ("", "1:1 empty-file"), (" \n # only a comment", "1:1 empty-file"), ("[1 2]", "1:4 syntax"),
        ("[1,, 2]", "1:4 syntax"), ("[1, 2", "1:1 syntax"), ("{\"a\": 1", "1:1 syntax"), ("[1]]", "1:4 syntax"),
        ("{\"a\" 1}", "1:6 syntax"), ("{a: 1}", "1:2 syntax"), ("{\"a\": }", "1:7 syntax"),
        ("{\"a\": 1,\n \"a\": 2}", "2:2 duplicate-key"), ("[True]", "1:2 syntax"), ("[None]", "1:2 syntax"),
        ("['a']", "1:2 bad-string"), ("[01]", "1:2 bad-number"), ("[+1]", "1:2 bad-number"),
        ("[.5]", "1:2 bad-number"), ("[1.]", "1:2 bad-number"), ("[1e]", "1:2 bad-number"),
        ("[0x10]", "1:2 bad-number"), ("[NaN]", "1:2 syntax"), ("[1e999]", "1:2 out-of-range"),
        ("[\"a]\n", "1:2 bad-string"), ("[\"\\x\"]", "1:3 bad-string"), ("[\"\\u12\"]", "1:3 bad-string"),
        ("[\"\\ud800\"]", "1:3 lone-surrogate"), ("[\"\\udc00x\"]", "1:3 lone-surrogate"),
        ("[\"\\ud800\\u0041\"]", "1:3 lone-surrogate"), ("[\"a\tb\"]", "1:4 bad-string"),
        ("[\"\\u0000\"]", "1:3 bad-string"), ("[1,]", "1:3 trailing-comma"), ("{\"a\": 1,}", "1:8 trailing-comma"),
        ("/* c */ [1]", "1:1 syntax"), ("[@]", "1:2 syntax"), ("{\"é\": tru}", "1:7 syntax"),
        ("[\"a \\\n b\"]", "1:5 line-continuation"),
    ])
    func `a mistake is told where it is, once`(text: String, expected: String) {
        #expect(places(text).first == expected)
        #expect(places(text).count == 1 || text.hasSuffix("\n"), "\(places(text))")
    }

    @Test func `bytes that are not UTF-8 are told, and the rest is read`() {
        let source = JSONSource(file: "f", bytes: Array("[\"a".utf8) + [0xFF, 0xFE] + Array("\", 1]".utf8))
        #expect(source.diagnostics.map(\.rule) == [.badUTF8])
        #expect(source.root?.elements?.count == 2)
    }

    @Test func `all mistakes of a file are told, not the first`() {
        let text = """
            {
              "a": tru,
              "b": [1, 2
              "c": 'x',
              "d": 01,
              "e": "ok"
            }
            """
        #expect(places(text).count >= 4)
        let lines = Set(JSONSource(file: "f", text: text).diagnostics.map(\.line))
        #expect(lines.isSuperset(of: [2, 4, 5]))
    }

    @Test func `a bracket of the wrong kind closes what it can`() {
        #expect(value("{\"a\": [1, 2}") == ["a": [1, 2]])
        #expect(places("{\"a\": [1, 2}") == ["1:12 syntax"])
        #expect(value("[{\"a\": 1]") == [["a": 1]])
        #expect(places("[}]") == ["1:2 syntax"])
    }

    @Test func `nesting ends at a depth, without a crash, and what is beside it is read`() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(JSONSource(file: "f", text: deep).diagnostics.map(\.rule) == [.tooDeep])
        let beside = "[\(String(repeating: "[", count: 80))\(String(repeating: "]", count: 80)), 2]"
        #expect(JSONSource(file: "f", text: beside).root?.elements?.count == 2)
    }

    @Test func `rubbish ends in a bounded number of remarks`() {
        let rubbish = String(repeating: "@ ,", count: 100_000)
        let source = JSONSource(file: "f", text: "[\(rubbish)]")
        #expect(source.diagnostics.last?.rule == .tooManyErrors)
        #expect(source.diagnostics.count <= 101)
    }

    @Test func `giving up in the middle of a string is no crash`() {
        for filler in ["\\x", "\t", "\\ud800"] {
            let source = JSONSource(file: "f", text: "[{\"a\": \"\(String(repeating: filler, count: 300)) \"}, 1]")
            #expect(source.diagnostics.last?.rule == .tooManyErrors)
        }
    }

    @Test func `columns count characters, and key paths lead to the place`() {
        let source = JSONSource(file: "t.json", text: "[{\"ä\": {\"list\": [1, \"😀\", nope]}}]")
        let diagnostic = source.diagnostics.first
        #expect(diagnostic?.column == 26)
        #expect(diagnostic?.keyPath == "[0].ä.list[2]")
        #expect(
            diagnostic?.description
                == "t.json:1:26: error: 'nope' is no value; a string stands in double quotes [syntax]")
    }

    @Test func `values are written so that they read back the same`() throws {
        let value: JSONValue = [
            "text": "a\"b\\c\n\u{1}\u{2028}é😀", "list": [1, 2.5, nil, true], "object": ["b": [], "a": [:]],
            "large": 1e300,
        ]
        #expect(JSONSource(file: "f", text: value.text).root?.jsonValue == value)
        #expect(JSONSource(file: "f", text: value.prettyText).root?.jsonValue == value)
        #expect(JSONSource(file: "f", text: value.prettyText).diagnostics == [])
        #expect(value.text == value.text)
    }
}

/// Misspellings.
@Suite struct `Catalogue: the nearest name` {
    @Test(arguments: [
        ("imgaes", "images"), ("networs", "networks"), ("Images", "images"), ("image", "images"),
        ("dockerimges", "dockerimages"),
    ])
    func `is found for a misspelling`(name: String, expected: String) {
        #expect(
            NearestName.of(name, among: ["volumes", "images", "networks", "dockerimages", "user"]) == expected)
    }

    @Test(arguments: ["", "zzz", "completely_different", String(repeating: "images", count: 10_000)])
    func `is not made up`(name: String) {
        #expect(NearestName.of(name, among: ["volumes", "images", "networks"]) == nil)
    }
}
