/// The lines of a body as they come: of a stream of JSON, one object each.
public struct HTTPLines: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    private let body: HTTPBody
    private let mostBytes: Int

    init(_ body: HTTPBody, mostBytes: Int) {
        self.body = body
        self.mostBytes = mostBytes
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(pieces: body.makeAsyncIterator(), reader: LineReader(mostBytes: mostBytes))
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var pieces: HTTPBody.Iterator
        fileprivate var reader: LineReader
        private var ready: ArraySlice<[UInt8]> = []
        private var isOver = false

        fileprivate init(pieces: HTTPBody.Iterator, reader: LineReader) {
            self.pieces = pieces
            self.reader = reader
        }

        public mutating func next() async throws -> [UInt8]? {
            while ready.isEmpty, !isOver {
                if let piece = try await pieces.next() {
                    ready = try reader.take(piece)[...]
                } else {
                    isOver = true
                    return reader.end()
                }
            }
            return ready.popFirst()
        }
    }
}

extension HTTPBody {
    /// The body line by line; one longer than `mostBytes` is an error.
    public func lines(mostBytes: Int = 1 << 20) -> HTTPLines {
        HTTPLines(self, mostBytes: mostBytes)
    }
}
