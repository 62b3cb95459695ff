extension String {
    /// A complaint of Docker's without the options of a mount that it could not make: passwords are among them.
    ///
    /// It says `mount SOURCE:TARGET, flags: 0x1000, data: OPTIONS: no such file or directory`. What follows the options has
    /// no colon of its own, which they may have.
    var withoutMountOptions: String {
        guard let mark = firstRange(of: ", data: ") else { return self }
        let rest = self[mark.upperBound...]
        let reason = rest.ranges(of: ": ").last.map { rest[$0.lowerBound...] } ?? ""
        return self[..<mark.upperBound] + "<hidden>" + reason
    }
}
