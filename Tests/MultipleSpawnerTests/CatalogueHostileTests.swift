import MultipleSpawner
import Testing

/// Whatever comes in, what goes out is a plan or an error with a name: no crash, no hang, no leak into options.
@Suite struct `Catalogue: hostile input` {
    static let texts: [String] = [
        "", " ", "../", "../../etc/passwd", "/", "\\", "'", "\"", "`", "\n", "\r\n", "\0", "a\0b", "\u{1B}[31m",
        "$(reboot)", "`reboot`", "; rm -rf /", "| cat", "&&", "%s%n", "{}", "{{}}", "{", "}", "{username}",
        "{endpoint}",
        "{JUPYTERHUB_API_TOKEN}", "{{ 7*7 }}", "{username.__class__}", "${HOME}", "<script>alert(1)</script>",
        "</script>", "<!--", "\u{202E}evil", "\u{200F}", "\u{FEFF}", "\u{FFFF}", "\u{301}", "👩‍👩‍👧‍👦", "é", "e\u{301}",
        String(repeating: "A", count: 65_536), String(repeating: "{", count: 65_536),
        String(repeating: "é", count: 300),
        "null", "true", "NaN", "-1", "1e999", "0x10", "9999999999999999999999", "[]", "{\"a\":1}", "yes: *a",
        "!!python/x",
    ]

    private func catalogue() throws -> Catalogue {
        try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": ["local"], "limits": {"memory": 4},
              "kwargs": {"cmd": ["x", "{JUPYTERHUB_USER}", "--name={username}-{server_name}"],
                         "environment": {"WHO": "{user}", "SECRET_FREE": "{EXTRA}"}}},
             {"name": "hidden", "resource_type": "bare_metal", "providers": ["local"], "access": {"users": ["root"]}}]
            """, deployments: #"{"bare_metal": [{"name": "d"}]}"#)
    }

    /// A plan for the request, or an error that may be shown.
    private func outcome(_ request: SessionRequest, in catalogue: Catalogue) -> SessionPlan? {
        do {
            return try catalogue.plan(for: request)
        } catch {
            #expect(!error.message.isEmpty)
            #expect(error.message.utf8.count < 4000)
            #expect(!error.message.holdsControl)
            #expect(!error.message.contains("hidden"))
            #expect(!error.message.contains("s3cret"))
            return nil
        }
    }

    @Test(arguments: texts)
    func `a name is taken as it is or refused`(text: String) throws {
        let catalogue = try catalogue()
        for (user, server) in [(text, ""), ("alice", text)] {
            guard let request = try? Given.request(user: user, server: server, environment: ["EXTRA": Secret(text)])
            else { continue }
            guard let plan = outcome(request, in: catalogue) else { continue }
            #expect(plan.options["cmd"] == ["x", .string(user), .string("--name=\(user)-\(server)")])
            #expect(plan.options["environment"] == ["WHO": .string(user), "SECRET_FREE": .string(text)])
        }
    }

    @Test(arguments: texts)
    func `an option is understood or refused by name`(text: String) throws {
        let catalogue = try catalogue()
        let value = JSONValue.string(text)
        let keys = [
            "provider", "resource_type", "template", "deployment", "image", "memory", "cpu", "gpu", "lifetime",
            "user_selected_name", "user_selected_image", "spawn_options", "resource_specification", text,
        ]
        for key in keys {
            for options in [[key: value], ["spawn_options": [key: value]], ["resource_specification": [key: value]]]
                as [[String: JSONValue]]
            {
                if let plan = outcome(try Given.request(.object(options)), in: catalogue) {
                    #expect(plan.template == "a")
                }
            }
        }
    }

    @Test(arguments: texts)
    func `a field of the form is understood or refused by name`(text: String) throws {
        let form = try catalogue().form(for: "alice", groups: [])
        for field in FormField.allCases.map(\.rawValue) + [text] {
            do {
                let options = try form.options(from: [field: [text]])
                _ = try catalogue().plan(for: Given.request(options))
            } catch let error as SpawnError {
                #expect(error.code == .invalidRequest)
                #expect(error.message.contains("'\(field)'"))
            }
        }
    }

    @Test(arguments: texts)
    func `a file that holds it is read or told about`(text: String) throws {
        let value = JSONValue.string(text)
        let template: JSONValue = [
            "name": value, "resource_type": value, "providers": value, "class": value,
            "kwargs": ["cmd": value, text: value],
            "access": value, "limits": ["memory": value], "lifetime": value, "fallback": value, text: value,
        ]
        for file in [text, value.text, JSONValue.array([template]).text, JSONValue.object([text: template]).text] {
            let reading = Given.reading(file, deployments: file, providers: file)
            #expect(reading.catalogue != nil || reading.diagnostics.hasErrors)
            for diagnostic in reading.diagnostics {
                #expect(diagnostic.line > 0 && diagnostic.column > 0)
                #expect(!diagnostic.description.holdsControl)
            }
        }
    }

    @Test func `deep and wide options end in an error`() throws {
        var deep: JSONValue = "x"
        for _ in 0..<400 { deep = ["spawn_options": deep] }
        #expect(outcome(try Given.request(deep), in: try catalogue()) == nil)
        let wide = JSONValue.object(
            Dictionary(
                uniqueKeysWithValues: (0..<10_000).map { ("memor\($0)", JSONValue.integer($0)) } + [("memory", 1)]))
        #expect(outcome(try Given.request(wide), in: try catalogue()) == nil)
    }
}

extension String {
    fileprivate var holdsControl: Bool { unicodeScalars.contains { $0.isControl } }
}
