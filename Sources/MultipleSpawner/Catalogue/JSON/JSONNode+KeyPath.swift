extension JSONNode {
    /// The way from here to what stands at `offset`: `[2].spawner.kwargs.remote_port`. Empty for this node itself.
    func keyPath(to offset: Int) -> String {
        var path = ""
        var node = self
        while true {
            switch node.value {
            case .object(let members):
                guard
                    let member = members.firstContaining(
                        offset, by: { $0.keyRange.lowerBound..<max($0.keyRange.upperBound, $0.value.range.upperBound) })
                else { return path }
                path += path.isEmpty ? member.key.excerpt : ".\(member.key.excerpt)"
                guard member.value.range.contains(offset) else { return path }
                node = member.value
            case .array(let elements):
                guard let index = elements.indexContaining(offset, by: \.range) else { return path }
                path += "[\(index)]"
                node = elements[index]
            default:
                return path
            }
        }
    }
}

extension Array {
    /// The element whose range holds `offset`; the elements stand in the order of their ranges.
    fileprivate func indexContaining(_ offset: Int, by range: (Element) -> Range<Int>) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if range(self[middle]).upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        guard low < count, range(self[low]).contains(offset) else { return nil }
        return low
    }

    fileprivate func firstContaining(_ offset: Int, by range: (Element) -> Range<Int>) -> Element? {
        indexContaining(offset, by: range).map { self[$0] }
    }
}
