/// How patiently a cloud is asked. It tells of no change by itself: looking again is all there is.
struct CloudPace: Sendable, Hashable {
    /// The pause after the first look at what is not there yet; each is half as long again as the one before.
    var first = Duration.seconds(1)
    /// The longest pause between two looks.
    var longest = Duration.seconds(10)
    /// The most times that one call is made which the cloud puts off, or whose answer is lost.
    var attempts = 7
    /// The pause after the first such attempt is at most this, and doubles.
    var firstRest = Duration.milliseconds(500)
    var longestRest = Duration.seconds(20)
    /// How long after it was asked for a machine may exist and still not be shown by the cloud.
    var settling = Duration.seconds(20)
    /// How long a machine may take to be gone.
    var ending = Duration.seconds(600)
    /// How long one answer may take.
    var answer = Duration.seconds(60)

    static let usual = CloudPace()

    /// How long to rest before the attempt after this one, counted from 1: at random up to the bound, lest all who were
    /// put off come back at once.
    func rest(after attempt: Int, asked: Duration?) -> Duration {
        let bound = min(longestRest, firstRest * (1 << min(attempt - 1, 16)))
        let part = Double.random(in: 0...1)
        return max(bound * part, min(asked ?? .zero, longestRest * 3))
    }
}
