import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHCertificate {
    /// Why no machine lets this account in with it, as far as it says so itself; `nil` where one may.
    ///
    /// - Parameter now: seconds since 1970.
    func fault(for account: String, at now: UInt64) -> String? {
        if terms.validBefore <= now { return "the certificate ended at \(Self.time(terms.validBefore)); renew it" }
        if terms.validAfter > now {
            return "the certificate holds from \(Self.time(terms.validAfter)) on only; look at the clocks"
        }
        guard !terms.principals.contains(account) else { return nil }
        let names = terms.principals.isEmpty ? "nobody" : terms.principals.joined(separator: ", ").excerpt
        return "the certificate is for \(names)"
    }

    /// The same of the certificate that a login was refused with, where it has one that can be read. It waits for a disk.
    static func fault(of target: SSHTarget) -> String? {
        guard case .key(_, let file?, _) = target.credential,
            let line = try? PrivateKey.content(of: file, isSecret: false),
            let certificate = SSHCertificate(line: String(decoding: line, as: UTF8.self))
        else { return nil }
        return certificate.fault(for: target.user, at: UInt64(max(0, Date().timeIntervalSince1970)))
    }

    private static func time(_ seconds: UInt64) -> String {
        // A year of five digits is "for ever" to who writes it.
        Date(timeIntervalSince1970: Double(min(seconds, 253_402_300_799))).formatted(.iso8601)
    }
}
