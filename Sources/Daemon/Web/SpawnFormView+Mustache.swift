import Mustache

// The library finds values by reflection, which takes most of the time of a form with a thousand machines. What stands in long
// lists hands its values over by itself.

extension SpawnFormView.Option: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "value": value
        case "label": label
        case "isSelected": isSelected
        default: nil
        }
    }
}

extension SpawnMenuView.Image: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "value": value
        case "label": label
        case "title": title
        case "isSelected": isSelected
        default: nil
        }
    }
}
