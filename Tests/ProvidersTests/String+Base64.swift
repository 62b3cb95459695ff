import Foundation

extension String {
    /// The text that this stands for.
    var base64Decoded: String { String(decoding: Data(base64Encoded: self) ?? Data(), as: UTF8.self) }
}
