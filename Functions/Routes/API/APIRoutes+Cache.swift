extension APIRoutes {
  static let cache = [
    APIRoute(
      operation: .getCache, method: "GET", path: "/api/v1/admin/cache", function: "admin",
      access: .admin, tag: .administration,
      summary: "How often the tenant's answers came out of the cache, by assistant and day.",
      parameters: [
        APIRoute.Parameter(
          name: "days", text: "Of how many days, today's included.",
          schema: #"{"type":"integer","minimum":1,"maximum":62,"default":30}"#)
      ],
      answers: ok("CacheReport", "The numbers.")),
    APIRoute(
      operation: .emptyCache, method: "DELETE", path: "/api/v1/admin/cache", function: "admin",
      access: .admin, tag: .administration, summary: "Empties the tenant's cache, at once.",
      answers: gone),
    APIRoute(
      operation: .emptyAssistantCache, method: "DELETE", path: "/api/v1/admin/cache/{assistant}",
      function: "admin", access: .admin, tag: .administration,
      summary: "Empties the cache of one assistant for the tenant, at once.", answers: gone),
  ]
}
