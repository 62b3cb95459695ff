extension String {
    /// For a value in a URL: all but letters, digits, `-`, `_`, `.` and `~` as `%` and two digits.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            if byte.isUnreservedInURL {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += byte.percentEncoded
            }
        }
        return text
    }
}

extension UInt8 {
    /// What RFC 3986 calls unreserved.
    var isUnreservedInURL: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "-_.~".utf8.contains(self)
        }
    }

    var percentEncoded: String {
        let digits = String(self, radix: 16, uppercase: true)
        return "%" + (digits.utf8.count < 2 ? "0" : "") + digits
    }

    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return (digits.utf8.count < 2 ? "0" : "") + digits
    }
}

extension Sequence<UInt8> {
    /// Two small digits for each byte.
    var hexadecimal: String { map(\.hexadecimal).joined() }
}
