/// Every HTTP route of the project.
enum APIRoutes {
  static let all: [APIRoute] =
    conversations + messages + context + administration + knowledge + cache + service

  // MARK: Parts that many routes share

  static let limit = APIRoute.Parameter(
    name: "limit", text: "How many elements at the most.",
    schema: #"{"type":"integer","minimum":1,"maximum":1000}"#)
  static let month = APIRoute.Parameter(
    name: "month", text: "`YYYY-MM` in UTC; this month when it is absent.",
    schema: #"{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}$"}"#)

  static let cursor = APIRoute.Parameter(
    name: "cursor", text: "`nextCursor` of the part before; good for the same caller and list.")
  private static let format = APIRoute.Parameter(
    name: "format", text: "The form of the export.",
    schema: #"{"type":"string","enum":["json","markdown"],"default":"json"}"#)
  private static let lastEvent = APIRoute.Parameter(
    name: "Last-Event-ID",
    text: "The `id` of the last event that arrived: the answer goes on behind it.", place: "header")
  private static let idempotency = APIRoute.Parameter(
    name: "Idempotency-Key",
    text:
      "1 to 128 characters of the client's own; the same key again gives the same answer, once.",
    place: "header")

  static func ok(_ schema: String, _ text: String) -> [APIRoute.Answer] {
    [APIRoute.Answer(status: 200, text: text, schema: schema)]
  }

  static let gone = [APIRoute.Answer(status: 204, text: "It is gone.")]
  private static let exported = [
    APIRoute.Answer(status: 200, text: "The export.", schema: "Export"),
    APIRoute.Answer(
      status: 200, text: "The export.", schema: "Markdown", type: "text/markdown"),
  ]

  // MARK: The table

  private static let conversations = [
    APIRoute(
      operation: .listConversations, method: "GET", path: "/api/v1/conversations",
      function: "conversations", access: .user, tag: .conversations,
      summary: "Your conversations, the newest first (50 unless `limit` says otherwise).",
      parameters: [
        limit, cursor,
        APIRoute.Parameter(
          name: "status", text: "Only conversations of this status.",
          schema: #"{"type":"string","enum":["active","archived","closed"]}"#),
      ],
      answers: ok("ConversationList", "A part of the list.")),
    APIRoute(
      operation: .createConversation, method: "POST", path: "/api/v1/conversations",
      function: "conversations", access: .user, tag: .conversations,
      summary: "Begins a conversation; without a title its first exchange gives it one.",
      body: "NewConversation",
      answers: [
        APIRoute.Answer(status: 201, text: "The conversation.", schema: "Conversation")
      ]),
    APIRoute(
      operation: .searchConversations, method: "GET", path: "/api/v1/conversations/search",
      function: "conversations", access: .user, tag: .conversations,
      summary: "Finds your conversations in which all words stand, in titles or in what was said; "
        + "or those that mean what you ask, where you allow it.",
      parameters: [
        APIRoute.Parameter(
          name: "q", text: "The words.",
          schema: #"{"type":"string","minLength":1,"maxLength":200}"#,
          isRequired: true),
        APIRoute.Parameter(
          name: "mode",
          text: "`meaning` needs `searchByMeaning` of `PUT /api/v1/settings`; it has no cursor.",
          schema: #"{"type":"string","enum":["words","meaning"],"default":"words"}"#),
        limit, cursor,
      ], answers: ok("SearchResult", "What was found.")),
    APIRoute(
      operation: .getConversation, method: "GET", path: "/api/v1/conversations/{id}",
      function: "conversations", access: .user, tag: .conversations,
      summary: "A conversation with its newest messages.", parameters: [limit],
      answers: ok("ConversationDetail", "The conversation.")),
    APIRoute(
      operation: .changeConversation, method: "PUT", path: "/api/v1/conversations/{id}",
      function: "conversations", access: .user, tag: .conversations,
      summary: "Changes title, status or metadata, or goes back to an earlier answer.",
      body: "ConversationChange", answers: ok("Conversation", "The conversation as it is now.")),
    APIRoute(
      operation: .deleteConversation, method: "DELETE", path: "/api/v1/conversations/{id}",
      function: "forget", access: .user, tag: .conversations,
      summary: "Deletes a conversation and everything that was said in it.", answers: gone),
    APIRoute(
      operation: .setMetadata, method: "PUT", path: "/api/v1/conversations/{id}/metadata/{key}",
      function: "conversations", access: .user, tag: .conversations,
      summary: "Keeps a JSON value with the conversation, under a name of up to 100 characters.",
      body: "MetadataValue", answers: ok("Conversation", "The conversation as it is now.")),
    APIRoute(
      operation: .removeMetadata, method: "DELETE",
      path: "/api/v1/conversations/{id}/metadata/{key}", function: "conversations", access: .user,
      tag: .conversations, summary: "Forgets a value of the conversation's metadata.",
      answers: gone),
    APIRoute(
      operation: .listSessions, method: "GET", path: "/api/v1/conversations/{id}/sessions",
      function: "conversations", access: .user, tag: .conversations,
      summary: "The sessions of a conversation: stretches without a long pause.",
      parameters: [limit, cursor],
      answers: ok("SessionList", "The sessions, the newest first.")),
    APIRoute(
      operation: .getSession, method: "GET",
      path: "/api/v1/conversations/{id}/sessions/{number}", function: "conversations",
      access: .user, tag: .conversations, summary: "A session with what it was about.",
      answers: ok("SessionDetail", "The session.")),
    APIRoute(
      operation: .setSession, method: "PUT",
      path: "/api/v1/conversations/{id}/sessions/{number}", function: "conversations",
      access: .user, tag: .conversations,
      summary: "Says how a session stands: escalated asks for a person, closed ends it.",
      body: "SessionChange", answers: ok("Session", "The session as it is now.")),
    APIRoute(
      operation: .exportConversation, method: "GET", path: "/api/v1/conversations/{id}/export",
      function: "conversations", access: .user, tag: .conversations,
      summary: "One conversation as JSON or Markdown.", parameters: [format, cursor],
      answers: exported),
    APIRoute(
      operation: .exportConversations, method: "GET", path: "/api/v1/export",
      function: "conversations", access: .user, tag: .conversations,
      summary: "All your conversations as JSON or Markdown, in parts of a few megabytes.",
      parameters: [format, cursor], answers: exported),
  ]

  private static let messages = [
    APIRoute(
      operation: .listMessages, method: "GET", path: "/api/v1/conversations/{id}/messages",
      function: "conversations", access: .user, tag: .messages,
      summary: "Messages of a conversation, oldest first; the cursor leads to older ones.",
      parameters: [
        limit, cursor,
        APIRoute.Parameter(
          name: "branches",
          text: "`all` also shows what edited and repeated questions took the place of.",
          schema: #"{"type":"string","enum":["current","all"],"default":"current"}"#),
      ], answers: ok("MessageList", "A part of the messages.")),
    APIRoute(
      operation: .setFeedback, method: "PUT",
      path: "/api/v1/conversations/{id}/messages/{messageId}/feedback",
      function: "conversations", access: .user, tag: .messages,
      summary: "Says what you think of an answer.", body: "NewFeedback",
      answers: ok("Feedback", "The feedback as it is kept.")),
    APIRoute(
      operation: .removeFeedback, method: "DELETE",
      path: "/api/v1/conversations/{id}/messages/{messageId}/feedback",
      function: "conversations", access: .user, tag: .messages,
      summary: "Takes your feedback back.", answers: gone),
    APIRoute(
      operation: .postMessage, method: "POST", path: "/api/v1/messages", function: "messages",
      access: .user, tag: .messages,
      summary: "Asks a question and waits for the whole answer.", parameters: [idempotency],
      body: "NewMessage", answers: ok("Reply", "The answer.")),
    APIRoute(
      operation: .postChat, method: "POST", path: "/api/v1/chat", function: "messages",
      access: .user, tag: .messages, summary: "The same as `POST /api/v1/messages`.",
      parameters: [idempotency], body: "NewMessage", answers: ok("Reply", "The answer.")),
    APIRoute(
      operation: .stopMessage, method: "POST", path: "/api/v1/messages/{messageId}/stop",
      function: "messages", access: .user, tag: .messages,
      summary: "Asks an answer that is on its way to end; what there is of it is kept.",
      answers: [
        APIRoute.Answer(
          status: 202, text: "The answer ends soon, if it has not.", schema: "Stopped")
      ]),
    APIRoute(
      operation: .decideConfirmation, method: "POST", path: "/api/v1/confirmations/{id}",
      function: "messages", access: .user, tag: .messages,
      summary: "Says yes or no to what an answer asked to confirm; the assistant answers to that.",
      body: "NewDecision", answers: ok("Reply", "The answer.")),
    APIRoute(
      operation: .streamChat, method: "POST", path: "/api/v1/chat/stream", function: "stream",
      access: .user, tag: .messages,
      summary: "Asks a question; the answer comes as server-sent events while it is made. "
        + "`GET /api/v1/config` tells the address (`streamURL`).",
      parameters: [idempotency, lastEvent], body: "NewMessage",
      answers: [
        APIRoute.Answer(
          status: 200, text: "Events: start, chunk, tool, then complete or error.",
          schema: "Events", type: "text/event-stream")
      ]),
  ]

  private static let context = [
    APIRoute(
      operation: .getContext, method: "GET", path: "/api/v1/context", function: "conversations",
      access: .user, tag: .context, summary: "What is remembered about you.",
      answers: ok("ContextEntries", "The entries.")),
    APIRoute(
      operation: .clearContext, method: "DELETE", path: "/api/v1/context",
      function: "conversations", access: .user, tag: .context,
      summary: "Forgets everything about you.", answers: gone),
    APIRoute(
      operation: .getSettings, method: "GET", path: "/api/v1/settings", function: "conversations",
      access: .user, tag: .context, summary: "What you decided about how you are served.",
      answers: ok("PersonSettings", "The settings.")),
    APIRoute(
      operation: .setSettings, method: "PUT", path: "/api/v1/settings", function: "conversations",
      access: .user, tag: .context,
      summary:
        "Decides whether your conversations may be searched by meaning: what was said is then "
        + "sent to the embedder, and its vectors are kept; taking it back deletes them.",
      body: "PersonSettings", answers: ok("PersonSettings", "The settings as they are now.")),
    APIRoute(
      operation: .setContext, method: "PUT", path: "/api/v1/context/{kind}/{key}",
      function: "conversations", access: .user, tag: .context,
      summary: "Remembers a preference, fact, entity or state (kind), under a name.",
      body: "NewContextEntry", answers: ok("ContextEntry", "The entry as it is kept.")),
    APIRoute(
      operation: .removeContext, method: "DELETE", path: "/api/v1/context/{kind}/{key}",
      function: "conversations", access: .user, tag: .context, summary: "Forgets an entry.",
      answers: gone),
  ]

  private static let administration = [
    APIRoute(
      operation: .adminConversations, method: "GET", path: "/api/v1/admin/chat/conversations",
      function: "admin", access: .admin, tag: .administration,
      summary: "The tenant's conversations, the newest first.", parameters: [limit, cursor],
      answers: ok("ConversationList", "A part of the list.")),
    APIRoute(
      operation: .adminEscalations, method: "GET", path: "/api/v1/admin/chat/escalations",
      function: "admin", access: .admin, tag: .administration,
      summary: "Conversations in which a person is waited for, the longest wait first.",
      parameters: [limit, cursor], answers: ok("ConversationList", "A part of the list.")),
    APIRoute(
      operation: .adminSetSession, method: "PUT",
      path: "/api/v1/admin/chat/conversations/{id}/session", function: "admin", access: .admin,
      tag: .administration,
      summary: "Says how a conversation's newest session stands: open gives it back to the "
        + "assistant, closed ends it, escalated lets a person take over.",
      body: "SessionChange", answers: ok("Session", "The session as it is now.")),
    APIRoute(
      operation: .adminConversationsOfUser, method: "GET",
      path: "/api/v1/admin/chat/conversations/user/{user}", function: "admin", access: .admin,
      tag: .administration, summary: "One user's conversations, the newest first.",
      parameters: [limit, cursor], answers: ok("ConversationList", "A part of the list.")),
    APIRoute(
      operation: .adminConversation, method: "GET", path: "/api/v1/admin/chat/conversations/{id}",
      function: "admin", access: .admin, tag: .administration,
      summary: "A conversation with its messages.", parameters: [limit, cursor],
      answers: ok("ConversationDetail", "The conversation.")),
    APIRoute(
      operation: .adminStatistics, method: "GET", path: "/api/v1/admin/chat/stats",
      function: "admin", access: .admin, tag: .administration,
      summary: "The tenant's conversations in numbers.",
      answers: ok("Statistics", "The numbers.")),
    APIRoute(
      operation: .adminUsage, method: "GET", path: "/api/v1/admin/usage",
      function: "admin", access: .admin, tag: .administration,
      summary: "What the tenant used in a month, by day, model and person, with budgets.",
      parameters: [month], answers: ok("UsageReport", "The month.")),
    APIRoute(
      operation: .adminVariants, method: "GET", path: "/api/v1/admin/variants",
      function: "admin", access: .admin, tag: .administration,
      summary:
        "How the versions of assistants did in a month: turns, failures, times, cost, feedback.",
      parameters: [month], answers: ok("VariantReport", "The month.")),
  ]

  private static let service = [
    APIRoute(
      operation: .listAgents, method: "GET", path: "/api/v1/agents", function: "web",
      access: .open, tag: .service,
      summary: "The assistants: titles, languages, abilities, example questions.",
      answers: ok("AgentList", "The assistants.")),
    APIRoute(
      operation: .getConfig, method: "GET", path: "/api/v1/config", function: "web", access: .open,
      tag: .service, summary: "Where the services are, for clients.",
      answers: ok("Config", "The configuration.")),
    APIRoute(
      operation: .getUsage, method: "GET", path: "/api/v1/usage", function: "conversations",
      access: .user, tag: .service,
      summary: "What you used today and this month, and your budgets.",
      answers: ok("OwnUsage", "Your use.")),
    APIRoute(
      operation: .getHealth, method: "GET", path: "/health", function: "health", access: .open,
      tag: .service, summary: "Says that the service is up; administrators can look deeper.",
      parameters: [
        APIRoute.Parameter(
          name: "deep", text: "1 also asks stores, model provider and search index.",
          schema: #"{"type":"string","enum":["0","1"],"default":"0"}"#)
      ],
      answers: ok("Health", "All is well.") + [
        APIRoute.Answer(status: 503, text: "A part is sick; it is named.", schema: "Health")
      ]),
    APIRoute(
      operation: .getOpenAPI, method: "GET", path: "/openapi.json", function: "web", access: .open,
      tag: .service, summary: "This document.", answers: ok("Anything", "The document.")),
    APIRoute(
      operation: .getDocs, method: "GET", path: "/docs", function: "web", access: .open,
      tag: .service, summary: "This document as a page, with every route to try.",
      answers: [
        APIRoute.Answer(status: 200, text: "The page.", schema: "Markup", type: "text/html")
      ]),
    APIRoute(
      operation: .getPage, method: "GET", path: "/", function: "web", access: .open, tag: .service,
      summary: "The chat page.",
      answers: [
        APIRoute.Answer(status: 200, text: "The page.", schema: "Markup", type: "text/html")
      ]),
  ]
}
