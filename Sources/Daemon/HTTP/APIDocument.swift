import MultipleSpawner

/// `/openapi.json`: what the routes take and answer, in OpenAPI 3.1. Bodies are described by the shapes that read them.
enum APIDocument {
    static let document: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "MultipleSpawner", "version": "1",
            "description": "One JupyterHub in front of many kinds of machines.",
        ],
        "paths": .object(paths),
        "components": ["schemas": ["Session": session, "Error": error]],
    ]

    private static let paths: [String: JSONValue] = [
        "/v1/sessions": [
            "get": .object(operation("List sessions", query: ["hub", "user", "server", "state"], answer: list))
        ],
        "/v1/sessions/{id}": [
            "parameters": [id],
            "put": .object(
                operation("Start a session; idempotent by id", body: StartBody.shape, status: "202", answer: sessionRef)
            ),
            "get": .object(operation("Show a session", answer: sessionRef)),
            "delete": .object(
                operation("Stop a session; answers when all is undone", query: ["now"], answer: sessionRef)),
        ],
        "/v1/sessions/{id}/adopt": [
            "parameters": [id],
            "post": .object(
                operation("Take over a session from a hub's memory", body: AdoptBody.shape, answer: sessionRef)),
        ],
        "/v1/sessions/{id}/extend": [
            "parameters": [id],
            "post": .object(operation("Give a session more time", body: ExtendBody.shape, answer: sessionRef)),
        ],
        "/v1/sessions/{id}/events": [
            "parameters": [id], "get": .object(stream("The events of a session", "text/event-stream", [])),
        ],
        "/v1/sessions/{id}/logs": [
            "parameters": [id], "get": .object(stream("A server's own log", "text/plain", ["follow"])),
        ],
        "/v1/sessions/keep": [
            "post": .object(
                operation("Say which sessions a hub still knows", body: KeepBody.shape, status: "204", answer: nil))
        ],
        "/v1/events": ["get": .object(stream("The events of all sessions", "text/event-stream", ["hub"]))],
        "/v1/residents": [
            "get": .object(operation("What carries our labels and belongs to no session", answer: ["type": "object"])),
            "delete": .object(operation("End what belongs to no session", answer: ["type": "object"])),
        ],
        "/v1/providers": [
            "get": .object(operation("Who owns machines, and which there are", answer: ["type": "object"]))
        ],
        "/v1/providers/hosts": [
            "put": .object(
                operation(
                    "Give a host of a pool no new session, or sessions again", body: ProviderRoutes.hostBody,
                    answer: ["type": "object"]))
        ],
        "/v1/form": [
            "get": .object(
                stream("The form of a user", "text/html", ["hub", "server", "group", "last"], required: ["user"])),
            "post": .object(operation("Read a form", body: FormBody.shape, answer: ["type": "object"])),
        ],
        "/v1/plan": [
            "post": .object(operation("What a request would do", body: PlanBody.shape, answer: ["type": "object"]))
        ],
        "/v1/options": [
            "get": .object(
                operation(
                    "What a user may ask for, as a JSON Schema", query: ["hub", "group"], required: ["user"],
                    answer: ["type": "object"]))
        ],
        "/v1/resources": [
            "get": .object(
                operation(
                    "Templates and providers, what is free there, and what it costs", answer: ["type": "object"]))
        ],
        "/v1/usage": [
            "get": .object(
                operation(
                    "What users and groups used in a span of time: the last 30 days, when none is given",
                    query: ["since", "until", "hub", "user", "group"], answer: usage))
        ],
        "/healthz": ["get": .object(stream("Whether it is alive", "text/plain", []))],
        "/readyz": ["get": .object(stream("Whether it serves", "text/plain", []))],
        "/metrics": ["get": .object(stream("Prometheus' text format", "text/plain", []))],
    ]

    private static let id: JSONValue = [
        "name": "id", "in": "path", "required": true,
        "schema": ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"],
    ]
    private static let sessionRef: JSONValue = ["$ref": "#/components/schemas/Session"]
    private static let list: JSONValue = [
        "type": "object", "required": ["sessions"], "properties": ["sessions": ["type": "array", "items": sessionRef]],
    ]

    private static let usage: JSONValue = {
        let number: JSONValue = ["type": "number"]
        let sum: [String: JSONValue] = [
            "sessions": ["type": "integer"], "hours": number, "core_hours": number, "memory_gb_hours": number,
            "gpu_hours": number, "cost": ["type": ["number", "null"]],
        ]
        func list(_ name: String) -> JSONValue {
            let text: JSONValue = ["type": "string"]
            return [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": .object(sum.merging(["hub": text, name: text]) { first, _ in first }),
                    "required": .array((sum.keys.sorted() + ["hub", name]).map { .string($0) }),
                ],
            ]
        }
        let time: JSONValue = ["type": "string", "format": "date-time"]
        return [
            "type": "object", "required": ["since", "until", "users", "groups", "total"],
            "properties": [
                "since": time, "until": time, "users": list("user"), "groups": list("group"),
                "total": [
                    "type": "object", "properties": .object(sum),
                    "required": .array(sum.keys.sorted().map { .string($0) }),
                ],
            ],
        ]
    }()

    private static func operation(
        _ summary: String, query: [String] = [], required: [String] = [], body: ObjectShape? = nil,
        status: String = "200", answer: JSONValue?
    ) -> [String: JSONValue] {
        var success: [String: JSONValue] = ["description": "It was done."]
        if let answer { success["content"] = ["application/json": ["schema": answer]] }
        var operation: [String: JSONValue] = [
            "summary": .string(summary),
            "parameters": .array(parameters(query, false) + parameters(required, true)),
            "responses": [status: .object(success), "default": failure],
        ]
        if let body {
            operation["requestBody"] = [
                "required": true,
                "content": ["application/json": ["schema": JSONSchema.schema(of: .object(body))]],
            ]
        }
        return operation
    }

    private static func stream(
        _ summary: String, _ type: String, _ query: [String], required: [String] = []
    ) -> [String: JSONValue] {
        [
            "summary": .string(summary),
            "parameters": .array(parameters(query, false) + parameters(required, true)),
            "responses": [
                "200": ["description": "It follows.", "content": .object([type: ["schema": ["type": "string"]]])],
                "default": failure,
            ],
        ]
    }

    private static func parameters(_ names: [String], _ areRequired: Bool) -> [JSONValue] {
        names.map { name in
            ["name": .string(name), "in": "query", "required": .bool(areRequired), "schema": ["type": "string"]]
        }
    }

    private static let failure: JSONValue = [
        "description": "Why it was not done.",
        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
    ]

    private static let error: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["code", "message", "details"],
                "properties": [
                    "code": ["enum": .array(SpawnError.Code.allCases.map { .string($0.rawValue) })],
                    "message": ["type": "string"],
                    "details": ["type": "array", "items": ["type": "string"]],
                ],
            ]
        ],
    ]

    private static let session: JSONValue = {
        let text: JSONValue = ["type": "string"]
        let maybeText: JSONValue = ["type": ["string", "null"]]
        let properties: [String: JSONValue] = [
            "id": text, "hub": text, "user": text, "server": text,
            "state": ["enum": ["accepted", "queued", "starting", "running", "stopping", "stopped", "failed"]],
            "step": maybeText, "reason": maybeText, "url": maybeText, "template": text, "deployment": maybeText,
            "provider": text, "resource_type": ["enum": .array(ResourceType.allCases.map { .string($0.rawValue) })],
            "resource_specification": ["type": "object"], "backend": text,
            "created": ["type": "string", "format": "date-time"],
            "started": ["type": ["string", "null"], "format": "date-time"],
            "expires": ["type": ["string", "null"], "format": "date-time"],
            "exit_code": ["type": ["integer", "null"]], "error": ["type": ["object", "null"]],
            "saved_state": ["type": ["object", "null"]],
        ]
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.sorted().map { .string($0) }),
        ]
    }()
}
