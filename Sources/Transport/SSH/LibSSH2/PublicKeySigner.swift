import CLibSSH2
import Glibc

/// A key that we, or an agent, sign with instead of libssh2.
final class PublicKeySigner {
    /// The public key, with the kind of the signature for its type.
    let blob: [UInt8]
    private let sign: (UnsafeRawBufferPointer) -> [UInt8]?
    private let key: OpaquePointer?

    /// - Parameter sign: makes a signature, without its type.
    init(blob: [UInt8], sign: @escaping (UnsafeRawBufferPointer) -> [UInt8]?) {
        self.blob = blob
        self.sign = sign
        key = nil
    }

    convenience init?(rsa numbers: OpenSSHKey.RSANumbers) {
        let key = clibssh2_rsa_key(
            numbers.modulus, Int32(numbers.modulus.count), numbers.exponent, Int32(numbers.exponent.count),
            numbers.secret, Int32(numbers.secret.count))
        guard let key else { return nil }
        self.init(takingOver: key)
    }

    /// - Parameter key: an RSA key of OpenSSL's.
    init(takingOver key: OpaquePointer) {
        self.key = key
        blob = Self.rsaBlob(exponent: Self.number(of: key, isModulus: 0), modulus: Self.number(of: key, isModulus: 1))
        sign = { data in
            var count = 0
            let signature = clibssh2_rsa_sign(
                key, data.baseAddress?.assumingMemoryBound(to: UInt8.self), data.count, &count)
            guard let signature else { return nil }
            defer { free(signature) }
            return Array(UnsafeRawBufferPointer(start: signature, count: count))
        }
    }

    deinit {
        if let key { EVP_PKEY_free(key) }
    }

    /// The type is that of the signature: libssh2 takes it from here, and servers read the key by either.
    static func rsaBlob(exponent: [UInt8], modulus: [UInt8]) -> [UInt8] {
        var writer = SSHWriter()
        writer.text("rsa-sha2-512")
        writer.bigNumber(exponent)
        writer.bigNumber(modulus)
        return writer.bytes
    }

    private static func number(of key: OpaquePointer, isModulus: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = clibssh2_rsa_number(key, isModulus, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(Int(count)))
    }

    /// - Returns: libssh2's code; 0 where the server let us in.
    func authenticate(
        _ session: SSHSession, as user: String, _ patience: LoginPatience
    ) throws(LoginPatience.GivenUp) -> Int32 {
        let context = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
        context.initialize(to: Unmanaged.passUnretained(self).toOpaque())
        defer { context.deallocate() }
        return try withExtendedLifetime(self) { () throws(LoginPatience.GivenUp) in
            try patience.repeating(session.wire) {
                libssh2_userauth_publickey(
                    session.pointer, user, blob, blob.count,
                    { _, signature, count, data, dataCount, context in
                        guard let signature, let count, let object = context?.pointee else { return -1 }
                        let signer = Unmanaged<PublicKeySigner>.fromOpaque(object).takeUnretainedValue()
                        guard let bytes = signer.sign(UnsafeRawBufferPointer(start: data, count: dataCount)),
                            let copy = malloc(bytes.count)
                        else { return -1 }
                        copy.copyMemory(from: bytes, byteCount: bytes.count)
                        signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
                        count.pointee = bytes.count
                        return 0
                    }, context)
            }
        }
    }
}
