import Backends
import MultipleSpawner
import Synchronization

final class Box: Sendable { let h = Mutex<[Handle]>([]) ; var last: Handle { h.withLock { $0.last! } } ; var cp: Checkpoint { Checkpoint(save: { x in self.h.withLock { $0.append(x) } }) } }
let clock = ContinuousClock()
func ms(_ d: Duration) -> String { "\(Double(d.components.seconds) * 1000 + Double(d.components.attoseconds) / 1e15) ms" }
let machine = try LocalMachine(logDirectory: "/tmp/probe-logs")
let local = LocalBackend(machine)
func plan(_ i: Int, _ options: JSONValue = [:]) throws -> SessionPlan {
    SessionPlan(id: try SessionID("probe-\(i)-\(UInt64.random(in: 0 ... .max))"), identity: try SessionIdentity(hub: "h", user: "u\(i)"), template: "t", backend: "local", options: options,
        environment: ["JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/a/", "PATH": "/usr/bin:/bin"], command: [CommandLine.arguments[1]])
}
func one(_ i: Int) async throws -> (Handle, [Duration]) {
    let b = Box(); let t0 = clock.now
    let e = try await local.start(try plan(i), checkpoint: b.cp); let t1 = clock.now
    var n = 0
    while try await !local.isAnswering(b.last, at: e) { n += 1; try await Task.sleep(for: .milliseconds(1)) }
    return (b.last, [t1 - t0, clock.now - t0, .microseconds(n)])
}
func work() async throws {
var s: [Duration] = [], a: [Duration] = [], st: [Duration] = []
for i in 0..<200 {
    let (h, d) = try await one(i); s.append(d[0]); a.append(d[1])
    let t = clock.now; try await local.stop(h, grace: .seconds(5)); st.append(clock.now - t)
}
for (n, x) in [("start", s), ("answer", a), ("stop", st)] { let y = x.sorted(); print(n, "p50", ms(y[100]), "p95", ms(y[190])) }
for n in [100, 1000] {
    let t = clock.now
    let hs = try await withThrowingTaskGroup(of: Handle.self) { g in
        for i in 0..<n { g.addTask { try await one(i).0 } }
        return try await g.reduce(into: [Handle]()) { $0.append($1) }
    }
    print(n, "at once", ms(clock.now - t))
    let t2 = clock.now; _ = await local.poll(hs); print("poll", ms(clock.now - t2))
    let fresh = LocalBackend(try LocalMachine(logDirectory: "/tmp/probe-logs"))
    let t4 = clock.now; print(await fresh.poll(hs).filter { $0.state == .running }.count); print("first poll after restart", ms(clock.now - t4))
    let t5 = clock.now; print(try await local.census().count); print("census", ms(clock.now - t5))
    let t3 = clock.now
    try await withThrowingTaskGroup(of: Void.self) { g in for h in hs { g.addTask { try await local.stop(h, grace: .seconds(5)) } }; try await g.waitForAll() }
    print("stop all", ms(clock.now - t3))
}
let mock = MockBackend()
let t = clock.now
let hs = try await withThrowingTaskGroup(of: Handle.self) { g in
    for i in 0..<10000 { g.addTask { let b = Box(); let e = try await mock.start(try plan(i), checkpoint: b.cp); _ = try await mock.isAnswering(b.last, at: e); return b.last } }
    return try await g.reduce(into: [Handle]()) { $0.append($1) }
}
print("mock 10000 starts", ms(clock.now - t))
for _ in 0..<3 { let t2 = clock.now; _ = await mock.poll(hs); print("mock poll 10000", ms(clock.now - t2)) }
}
try await work()
