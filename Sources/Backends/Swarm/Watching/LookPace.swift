/// How often a platform is looked at while somebody waits for it.
struct LookPace: Sendable, Hashable {
    /// The part of the platform's time that looking may take is one in so many.
    let share: Int
    /// The longest between two looks, whatever they cost.
    let longest: Duration

    /// The shortest between two looks.
    static let shortest = Duration.milliseconds(15)

    /// How long after the beginning of a look that took so long the next one begins.
    func pause(after took: Duration) -> Duration { min(max(took * share, Self.shortest), longest) }

    /// Where looking is how changes are known.
    static let usual = LookPace(share: 20, longest: .seconds(1))
    /// Where the platform tells of most changes by itself, and looking finds the rest.
    static let seldom = LookPace(share: 60, longest: .seconds(3))
    /// Where nobody asks for what is not there yet.
    static let often = LookPace(share: 4, longest: .seconds(1))
}
