// Known hosts: the first line is a machine's name, the rest is the file.

import FuzzSupport
import Transport

/// The keys of the corpus.
let keys = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA",
].compactMap { HostKey(line: $0) }

@_cdecl("LLVMFuzzerTestOneInput")
func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let parts = input(bytes, count).split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
    let host = String(decoding: parts[0], as: UTF8.self)
    let file = parts.count > 1 ? Array(parts[1]) : []
    let hosts = read(file)
    let lines = file.split(separator: 10, omittingEmptySubsequences: false)
    for problem in hosts.problems {
        precondition((1...lines.count).contains(problem.line) && !problem.message.isEmpty, "a problem without a place")
    }
    for port in [22, 2222] {
        for key in keys { check(hosts, key, host, port, lines) }
        checkForgetting(host, port, file)
    }
    return 0
}

func read(_ file: [UInt8]) -> KnownHosts {
    var hosts = KnownHosts()
    hosts.add(file, from: "f")
    return hosts
}

/// What is believed is believed because of a line that can be read, and has the very key.
func check(_ hosts: KnownHosts, _ key: HostKey, _ host: String, _ port: Int, _ lines: [ArraySlice<UInt8>]) {
    let unreadable = Set(hosts.problems.map(\.line))
    let types = hosts.keyTypes(for: host, port: port)
    switch hosts.verdict(on: key, for: host, port: port) {
    case .trusted(_, let line):
        precondition(!unreadable.contains(line), "an unreadable line is believed")
        let text = String(decoding: lines[line - 1], as: UTF8.self)
        precondition(text.utf8.contains(key.base64), "a line without the key is believed")
        // A marker is one at the beginning alone; elsewhere it is a part of a name.
        let marker = text.utf8.drop { $0 == 32 || $0 == 9 }
        precondition(!marker.starts(with: Array("@revoked".utf8)), "a revoked key is believed")
        precondition(types.contains(key.type) || port != 22, "a believed key is not agreed on")
    case .changed(_, let line, _), .revoked(_, let line), .certificateAuthority(_, let line):
        precondition(!unreadable.contains(line), "an unreadable line counts")
    case .unknown:
        break
    }
}

/// A machine that was forgotten is not believed by its own name, and no other machine's verdict is another one.
func checkForgetting(_ host: String, _ port: Int, _ file: [UInt8]) {
    let left = KnownHostsFile.content(file, without: host, port: port)
    precondition(KnownHostsFile.content(left, without: host, port: port) == left, "forgetting twice forgets more")
    let (before, after) = (read(file), read(left))
    for other in ["gpu-1", "10.0.0.1", "x"] where !host.lowercased().utf8.elementsEqual(other.utf8) {
        for key in keys {
            let was = before.verdict(on: key, for: other)
            let isNow = after.verdict(on: key, for: other)
            precondition(name(was) == name(isNow), "forgetting one machine changed another")
        }
    }
}

func name(_ verdict: HostKeyVerdict) -> String {
    switch verdict {
    case .trusted: "trusted"
    case .unknown: "unknown"
    case .changed: "changed"
    case .revoked: "revoked"
    case .certificateAuthority: "authority"
    }
}

extension Collection where Element == UInt8 {
    func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: text) }
    }
}

@_cdecl("FuzzKnownHosts_main")
func start() -> CInt { runFuzzer(test) }
