extension APIRoutes {
  static let knowledge = [
    APIRoute(
      operation: .listDocuments, method: "GET", path: "/api/v1/admin/knowledge",
      function: "knowledge", access: .admin, tag: .administration,
      summary: "The tenant's documents, by their ids.", parameters: [limit, cursor],
      answers: ok("DocumentList", "A part of the list.")),
    APIRoute(
      operation: .addDocuments, method: "POST", path: "/api/v1/admin/knowledge",
      function: "knowledge", access: .admin, tag: .administration,
      summary: "Adds 1 to 100 documents; one with the id of another takes its place.",
      body: "NewDocuments", answers: ok("AddedDocuments", "What became of each.")),
    APIRoute(
      operation: .removeDocument, method: "DELETE", path: "/api/v1/admin/knowledge/{id}",
      function: "knowledge", access: .admin, tag: .administration,
      summary: "Removes a document with its passages.", answers: gone),
    APIRoute(
      operation: .searchDocuments, method: "GET", path: "/api/v1/admin/knowledge/search",
      function: "knowledge", access: .admin, tag: .administration,
      summary: "The passages that a turn of yours would be given for a question.",
      parameters: [
        APIRoute.Parameter(
          name: "q", text: "The question.", schema: #"{"type":"string","minLength":1}"#,
          isRequired: true),
        APIRoute.Parameter(
          name: "type", text: "Only passages of these types, with commas between."),
        APIRoute.Parameter(name: "source", text: "Only passages of this source."),
        APIRoute.Parameter(name: "title", text: "Only passages of this title."),
        APIRoute.Parameter(name: "tags", text: "Only passages with all of these, commas between."),
        APIRoute.Parameter(
          name: "limit", text: "How many passages at the most.",
          schema: #"{"type":"integer","minimum":1,"maximum":50,"default":10}"#),
      ], answers: ok("FoundPassages", "The passages, best first, and how they were looked for.")),
    APIRoute(
      operation: .rebuildIndex, method: "POST", path: "/api/v1/admin/knowledge/rebuild",
      function: "knowledge", access: .admin, tag: .administration,
      summary: "Has the search index made anew from the table, soon.",
      answers: [APIRoute.Answer(status: 202, text: "It was asked for.", schema: "Accepted")]),
  ]
}
