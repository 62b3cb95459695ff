/// An answer whose body comes as it is made. Letting go of the stream, or of its body, ends the transfer.
public struct HTTPStream: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    public let body: HTTPBody
}
