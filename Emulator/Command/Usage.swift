/// The texts of `--help`.
enum Usage {
  static func text(_ topic: Command.Topic?) -> String {
    switch topic {
    case nil: overview
    case .start: start
    case .invoke: invoke
    case .token: token
    case .version: "martlet version\n\nPrints the version."
    }
  }

  private static let overview = """
    martlet: a serverless cloud on your desk

    martlet start                       play the cloud that template.json describes
    martlet invoke ROUTE --event FILE   run one function with one event
    martlet token --user NAME           print a token to sign in with
    martlet version                     print the version

    `martlet COMMAND --help` explains a command.
    """

  private static let place = """
      --template FILE      the template (template.json)
      --dir FOLDER         where the state is kept (.martlet beside the template)
    """

  private static let start = """
    martlet start [--port N] [--service-port N] [--dir FOLDER | --state :memory:] [--json]

    Plays the cloud that the template describes, on this machine only: API Gateway's WebSocket and
    HTTP APIs on one port; DynamoDB, S3, Secrets Manager, Lambda and a stand-in for a language
    model on another. Functions run as they would in Lambda. Ctrl-C ends everything; a second
    Ctrl-C ends it at once.

      --port N             where the APIs and the page are (3000); 0 takes a free port
      --service-port N     where the services are (4566); 0 takes a free port
    \(place)
      --build FOLDER       where bootstrap lies (the template's Metadata.Martlet.Build)
      --state :memory:     keep nothing
      --durability KIND    normal (a killed program loses nothing) or full (nor does a power cut)
      --ttl-sweep SECONDS  how often expired items of tables are deleted (60; 0.2 at least)
      --script FILE        answers of the model stand-in, written in JSON
      --json               print one JSON line when ready:
                           gateway, websocket, services, page, token, pid

    Model providers are played by stand-ins. With the key or the address of one in the environment
    (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, GOOGLE_SERVICE_ACCOUNT,
    AWS_BEARER_TOKEN_BEDROCK, OPENAI_BASE_URL, …) the functions speak to that service; LLM_PROVIDER
    says who answers, such as anthropic,openai. docs/configuration.md has them all.
    """

  private static let invoke = """
    martlet invoke ROUTE --event FILE [--dir FOLDER | --state :memory:]

    Runs one function with one event and prints its response alone on standard output; its log,
    the REPORT line and frames it posts go to standard error. It works on the same state as
    `martlet start`, also while that runs.

    ROUTE is a handler's name (chat) or a function's name in the template (ChatFunction).

      --event FILE         the event as JSON; - reads standard input. In it MARTLET_TOKEN stands for
                           a fresh token of the user developer, who also owns the connection
                           that the event names, MARTLET_ADMIN_TOKEN for one with the role admin
    \(place)
      --build FOLDER       where bootstrap lies (the template's Metadata.Martlet.Build)
      --state :memory:     begin with empty stores and keep nothing

    Exit status: 0 the function answered, 1 it failed, 2 the command was wrong, 124 it timed out.
    """

  private static let token = """
    martlet token --user NAME [--role admin] [--tenant NAME] [--dir FOLDER]

    Prints a token that is good for 12 hours, and nothing else. Its key is part of the state, so
    this works before, during and after `martlet start`.

      --user NAME          whom the token names
      --role ROLE          user (the default) or admin
      --tenant NAME        the user's tenant (default)
    \(place)
    """
}
