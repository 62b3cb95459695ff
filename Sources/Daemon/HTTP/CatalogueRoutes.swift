import FoundationEssentials
import Hummingbird
import MultipleSpawner

/// The form, plans, and what is on offer.
struct CatalogueRoutes: Sendable {
    let files: CatalogueFiles
    let orchestrator: Orchestrator

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/form", use: form)
        router.post("/v1/form", use: options)
        router.post("/v1/plan", use: plan)
        router.get("/v1/options", use: schema)
        router.get("/v1/resources", use: resources)
        router.get("/", use: status)
    }
}
