import FoundationEssentials
import MultipleSpawner

/// The fields that say whose request it is.
private let identityFields = [
    Field("hub", .string, required: true, "the name of the hub that asks"),
    Field("user", .string, required: true, "the user's name in the hub"),
    Field("server", .string, "the name of a named server; empty for the default one"),
]

/// `PUT /v1/sessions/{id}`
enum StartBody {
    static let shape = ObjectShape(
        identityFields + [
            Field("groups", .list(.string), "the user's groups in the hub"),
            Field("user_options", .anything, "what the user chose"),
            Field("user_data", .map(.anything), "what the hub knows of the user: attributes by name"),
            Field("certificates", .object(certificates), "for a server that speaks TLS with the hub, as PEM text"),
            Field("environment", .map(.string), "the server's environment"),
            Field("command", .list(.string), "the server's command with its arguments"),
            Field("start_timeout", .number(0.001...604_800), "seconds that the start may take"),
            Field("notebook_dir", .string, "where the server starts"),
            Field("ip", .string, "the address that the server binds to"),
            Field("port", .integer(0...65_535), "the server's port; 0: chosen by the engine"),
            Field("memory_limit", .integer(1...Int.max), "bytes"),
            Field("memory_guarantee", .integer(1...Int.max), "bytes"),
            Field("cpu_limit", .number(0.001...1_000_000), "cores"),
            Field("cpu_guarantee", .number(0.001...1_000_000), "cores"),
            Field("lifetime", .integer(1...5_256_000), "minutes, when neither the user nor the template says one"),
        ])

    private static let certificates = ObjectShape([
        Field("keyfile", .string, required: true, "the server's private key"),
        Field("certfile", .string, required: true, "the server's certificate"),
        Field("cafile", .string, required: true, "whom the server trusts"),
    ])

    /// - Parameter files: the contents of the files that the user options refer to.
    static func request(_ id: SessionID, _ body: RequestBody, files: [String: [UInt8]]) throws -> SessionRequest {
        let value = body.value
        let environment = (value["environment"]?.objectValue ?? [:]).compactMapValues { text in
            text.stringValue.map { Secret($0) }
        }
        let port = value["port"]?.integerValue
        return SessionRequest(
            id: id,
            identity: try body.identity(),
            groups: Set(body.strings("groups")),
            options: value["user_options"] ?? .null,
            files: files,
            attributes: UserAttributes(value["user_data"]?.objectValue ?? [:]),
            environment: environment,
            command: body.strings("command"),
            startTimeout: Duration.seconds(value["start_timeout"]?.doubleValue ?? 60),
            settings: ServerSettings(
                notebookDirectory: value["notebook_dir"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
                address: value["ip"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
                port: port == 0 ? nil : port,
                memoryLimit: value["memory_limit"]?.integerValue,
                memoryGuarantee: value["memory_guarantee"]?.integerValue,
                cpuLimit: value["cpu_limit"]?.doubleValue,
                cpuGuarantee: value["cpu_guarantee"]?.doubleValue,
                lifetime: value["lifetime"]?.integerValue),
            certificates: certificates(value["certificates"]))
    }

    private static func certificates(_ value: JSONValue?) -> Certificates? {
        guard let key = value?["keyfile"]?.stringValue, let certificate = value?["certfile"]?.stringValue,
            let authorities = value?["cafile"]?.stringValue
        else { return nil }
        return Certificates(key: Secret(key), certificate: Secret(certificate), authorities: Secret(authorities))
    }
}

/// `POST /v1/sessions/{id}/adopt`
enum AdoptBody {
    static let shape = ObjectShape(
        identityFields + [
            Field(
                "state", .anything, required: true, "what the hub kept: a session's saved_state, or an original's state"
            ),
            Field("lifetime", .integer(1...5_256_000), "minutes, for a state that has none"),
        ])

    /// A session's own saved state, as a record; `nil` for the state of an original spawner.
    static func record(_ id: SessionID, _ body: RequestBody, for identity: SessionIdentity) throws -> SessionRecord? {
        guard let state = body.value["state"], state["version"] != nil else { return nil }
        let saved = try saved(state)
        guard saved.session == id else {
            throw SpawnError(.invalidRequest, "the saved state is of session \(saved.session.rawValue); name that one")
        }
        return try saved.record(identity: identity)
    }

    static func lifetime(_ body: RequestBody) -> Lifetime {
        Lifetime(minutes: body.value["lifetime"]?.integerValue)
    }

    private static func saved(_ state: JSONValue) throws -> SavedState {
        do {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try decoder.decode(SavedState.self, from: try JSONEncoder.wire.encode(state))
        } catch {
            throw SpawnError(
                .invalidRequest, "the saved state cannot be read; it was changed, or is another version's", cause: error
            )
        }
    }
}

/// `POST /v1/sessions/{id}/extend`
enum ExtendBody {
    static let shape = ObjectShape([
        Field("minutes", .integer(1...5_256_000), required: true, "how many minutes more")
    ])
}

/// `POST /v1/sessions/keep`
enum KeepBody {
    static let shape = ObjectShape([
        Field("hub", .string, required: true, "the name of the hub"),
        Field("sessions", .list(.string), required: true, "the ids of the sessions that the hub still knows"),
    ])
}

/// `POST /v1/plan`
enum PlanBody {
    static let shape = ObjectShape(
        identityFields + [
            Field("groups", .list(.string), "the user's groups in the hub"),
            Field("user_options", .anything, "what the user chose"),
        ])
}

/// `POST /v1/form`
enum FormBody {
    static let shape = ObjectShape(
        identityFields + [
            Field("groups", .list(.string), "the user's groups in the hub"),
            Field("form", .map(.list(.string)), required: true, "the form's fields, each with its values"),
            Field("files", .map(.list(.object(FormUploads.shape))), "uploaded files, by the name of their field"),
        ])
}
