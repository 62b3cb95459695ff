import Glibc

/// A moment in the ways in which clouds write it.
struct CalendarTime: Sendable, Hashable {
    /// Seconds since 1970.
    let seconds: Int
    private let year: Int
    private let month: Int
    private let day: Int
    private let weekday: Int
    private let time: String

    init(_ seconds: Int) {
        self.seconds = seconds
        var parts = tm()
        var moment = time_t(seconds)
        gmtime_r(&moment, &parts)
        year = Int(parts.tm_year) + 1900
        month = Int(parts.tm_mon)
        day = Int(parts.tm_mday)
        weekday = Int(parts.tm_wday)
        time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded(Int($0)) }.joined(separator: ":")
    }

    static var now: CalendarTime { CalendarTime(CloudLease.now) }

    /// `20150830`.
    var date: String { "\(Self.padded(year, 4))\(Self.padded(month + 1))\(Self.padded(day))" }

    /// `20150830T123600Z`.
    var basic: String { "\(date)T\(time.filter { $0 != ":" })Z" }

    /// `Sun, 30 Aug 2015 12:36:00 GMT`, as HTTP has it.
    var http: String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(days[weekday]), \(Self.padded(day)) \(months[month]) \(Self.padded(year, 4)) \(time) GMT"
    }

    /// Of `2026-11-29T22:11:00.000Z`, with or without the parts of a second; `nil` for anything else.
    init?(extended text: String) {
        let parts = text.utf8.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.map { Int(Substring($0)) }
        guard parts.count == 6 || parts.count == 7, text.utf8.last == UInt8(ascii: "Z"), text.utf8.count >= 20,
            let year = parts[0], let month = parts[1], let day = parts[2], let hour = parts[3], let minute = parts[4],
            let second = parts[5], (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var moment = tm()
        moment.tm_year = Int32(year - 1900)
        moment.tm_mon = Int32(month - 1)
        moment.tm_mday = Int32(day)
        moment.tm_hour = Int32(hour)
        moment.tm_min = Int32(minute)
        moment.tm_sec = Int32(second)
        self.init(timegm(&moment))
    }

    private static func padded(_ number: Int, _ count: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
